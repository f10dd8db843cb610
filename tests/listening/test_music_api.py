"""The catalogue over the API: who may, what it answers, what it refuses."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from integrations.http import patience
from listening.models import Album, Tag
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.resolving import resolve_plays
from sidetrack.actors import SITE
from sidetrack.models import JobRun
from tests.jobs import drain
from tests.listening.outside import NO_BUDGETS, ONCE
from tests.listening.plays import play

SPOTIFY = "6dVIqQ8qmQ5GBnJ9shOYGE"
MUSIC = "/api/v1/music"
OK_COMPUTER = {"title": "OK Computer", "artist": "Radiohead", "year": 1997, "spotify_id": SPOTIFY}

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(db) -> Album:
    return ensure_album(AlbumRef(title="Homogenic", artist="Björk", year=1997), by=SITE, source="test")[0]


def attrs(answer) -> list[str]:
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "validation_error"
    return [error["attr"] for error in answer.json()["errors"]]


def test_a_bot_ensures_an_album(bot):
    first = bot.post(f"{MUSIC}/albums", OK_COMPUTER)
    again = bot.post(f"{MUSIC}/albums/", {**OK_COMPUTER, "title": "ok computer"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["spotify_id"] == SPOTIFY
    assert first.json()["external_ids"] == {"spotify": SPOTIFY}
    shown = "id title artist artists year spotify_id musicbrainz_id external_ids cover_url genres"
    assert set(first.json()) == set(shown.split())


def test_a_member_may_add_albums_and_a_stranger_not(api, ann, carl):
    assert api(ann).post(f"{MUSIC}/albums", OK_COMPUTER).status_code == 201
    assert api(carl).post(f"{MUSIC}/albums", OK_COMPUTER).status_code == 403
    assert api(None).post(f"{MUSIC}/albums", OK_COMPUTER).status_code == 401


def test_a_token_needs_the_scope(make_token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('club:write')[1]}")
    assert client.post(f"{MUSIC}/albums", OK_COMPUTER).status_code == 403
    assert not Album.objects.exists()


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, None),
        ({"title": "X"}, "artist"),
        ({"artist": "X"}, "title"),
        ({"title": 5, "artist": "X"}, "title"),
        ({"title": ["X"], "artist": "X"}, "title"),
        ({"title": "X", "artist": {"name": "X"}}, "artist"),
        ({"title": "X", "artist": True}, "artist"),
        ({"title": "a\x00b", "artist": "X"}, "title"),
        ({"title": "\ud800", "artist": "X"}, "title"),
        ({"title": "x" * 301, "artist": "X"}, "title"),
        ({"title": "X", "artist": "X", "year": "soon"}, "year"),
        ({"title": "X", "artist": "X", "year": 1859}, "year"),
        ({"title": "X", "artist": "X", "year": 10**30}, "year"),
        ({"title": "X", "artist": "X", "year": 1997.5}, "year"),
        ({"title": "X", "artist": "X", "spotify_id": "nope"}, "spotify_id"),
        ({"title": "X", "artist": "X", "musicbrainz_id": "nope"}, "musicbrainz_id"),
        ({"title": "X", "artist": "X", "cover_url": "javascript:alert(1)"}, "cover_url"),
        ({"title": "X", "artist": "X", "url": "http://[bad"}, "url"),
        ({"title": "X", "artist": "X", "external_ids": {"nowhere": "1"}}, "external_ids"),
        ({"title": "X", "artist": "X", "external_ids": ["a"]}, "external_ids"),
        ({"title": "X", "artist": "X", "external_ids": {"upc": {"a": 1}}}, "external_ids.upc"),
        ({"id": 2**63}, "id"),
        ({"id": 2**62}, "id"),
        ({"id": 0}, "id"),
        ({"spotify_id": SPOTIFY}, "title"),
        ([], None),
        ("text", None),
        (5, None),
    ],
)
def test_odd_bodies_are_refused_by_their_field(bot, body, attr):
    answer = bot.post(f"{MUSIC}/albums", json.dumps(body), content_type="application/json")
    assert attrs(answer)[0] == attr
    assert not Album.objects.exists()


def test_nulls_are_as_good_as_nothing(bot):
    body = {**OK_COMPUTER, "id": None, "url": None, "cover_url": None, "musicbrainz_id": None, "external_ids": None}
    assert bot.post(f"{MUSIC}/albums", body, format="json").status_code == 201


def test_marks_that_turn_text_round_are_taken_out(bot):
    made = bot.post(f"{MUSIC}/albums", {"title": "<b>\u202eevil</b>\u200b", "artist": "X"}).json()
    assert made["title"] == "<b>evil</b>"


def test_an_album_shows_its_tracks(api, album):
    resolve_plays([play("Jóga", "Björk", "Homogenic")])
    answer = api(None).get(f"{MUSIC}/albums/{album.pk}")
    assert answer.status_code == 200
    assert [track["title"] for track in answer.json()["tracks"]] == ["Jóga"]


def test_a_track_shows_its_albums(api, album):
    found = resolve_plays([play("Jóga", "Björk", "Homogenic", isrc="GBAYE9700106")])[0]
    told = api(None).get(f"{MUSIC}/tracks/{found.track_id}/").json()
    assert (told["title"], told["isrc"]) == ("Jóga", "GBAYE9700106")
    assert [each["id"] for each in told["albums"]] == [album.pk]
    assert [each["name"] for each in told["artists"]] == ["Björk"]


@pytest.mark.parametrize("kind", ["albums", "tracks"])
@pytest.mark.parametrize(
    "pk", ["0", "999", "9223372036854775807", "9223372036854775808", "9999999999999999999", "x", "-1"]
)
def test_what_is_not_there_is_not_found(api, kind, pk):
    assert api(None).get(f"{MUSIC}/{kind}/{pk}").status_code == 404


def test_a_closed_club_hides_its_catalogue(api, ann, bot, carl, album, settings):
    settings.CLUB_PUBLIC = False
    addresses = [f"{MUSIC}/albums/{album.pk}", f"{MUSIC}/search?q=bjork"]
    for address in addresses:
        assert [api(who).get(address).status_code for who in (None, carl, ann)] == [404, 404, 200]
        assert bot.get(address).status_code == 200
    assert api(carl).post(f"{MUSIC}/albums", OK_COMPUTER).status_code == 404


def test_search_answers_albums_and_tracks(api, album):
    resolve_plays([play("Jóga", "Björk", "Homogenic")])
    albums = api(None).get(f"{MUSIC}/search", {"q": "bjork"}).json()
    tracks = api(None).get(f"{MUSIC}/search", {"q": "joga", "type": "track"}).json()
    assert [each["id"] for each in albums["results"]] == [album.pk]
    assert [each["title"] for each in tracks["results"]] == ["Jóga"]
    assert albums["sources"] == []


@pytest.mark.django_db(transaction=True)
def test_remote_search_says_which_source_failed(api, album, settings):
    settings.PROVIDER_RATES = NO_BUDGETS
    told = api(None).get(f"{MUSIC}/search", {"q": "bjork", "remote": "1"}).json()
    assert [each["id"] for each in told["results"]] == [album.pk]
    states = {each["source"]: each["state"] for each in told["sources"]}
    assert states == {"musicbrainz": "failed", "spotify": "unavailable", "deezer": "failed", "itunes": "failed"}
    assert all(each["detail"] for each in told["sources"])


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": " \u200b "}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "a", "type": "artist"}, "type"),
        ({"q": "a", "remote": "maybe"}, "remote"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "limit": "51"}, "limit"),
        ({"q": "a", "limit": "٣"}, "limit"),
        ({"q": "a", "limit": "-1"}, "limit"),
    ],
)
def test_odd_questions_are_refused_by_their_field(api, query, attr):
    assert attrs(api(None).get(f"{MUSIC}/search", query)) == [attr]


def test_searches_are_limited(api, ann, settings):
    settings.RATE_LIMIT_SEARCHES = 2
    answers = [api(ann).get(f"{MUSIC}/search", {"q": "a"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_refresh_is_queued_once_and_done(bot, api, ann, carl, album):
    Album.objects.filter(pk=album.pk).update(folded_title="out of date")
    first, again = (bot.post(f"{MUSIC}/albums/{album.pk}/refresh") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert JobRun.objects.filter(job__name="refresh_album").count() == 1
    with patience(ONCE):  # nobody answers
        drain()
    album.refresh_from_db()
    assert album.folded_title == "homogenic"
    assert Tag.objects.filter(kind="decade", name="1990s").exists()
    assert api(ann).post(f"{MUSIC}/albums/{album.pk}/refresh").status_code == 202
    assert api(carl).post(f"{MUSIC}/albums/{album.pk}/refresh").status_code == 403
    assert api(None).post(f"{MUSIC}/albums/{album.pk}/refresh").status_code == 401
    assert bot.post(f"{MUSIC}/albums/999/refresh").status_code == 404
