"""Every field of the API gets what it should not take: a 4xx that names the field, and nothing stored."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from listening.models import Album, ListenEvent
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE
from tests.api import hostile as bad
from tests.api.hostile import changed, longer_than, names, tables, without

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.RATE_LIMIT_SERVICE = settings.RATE_LIMIT_WRITES = settings.RATE_LIMIT_SEARCHES = 1_000_000


@pytest.fixture
def club(ann, bea):
    """An open week with a nomination by Ann, another with one by Bea, and a decided one that Bea has rated."""
    now = timezone.now()
    kid_a, dummy, third = (
        ensure_album(AlbumRef(title=title, artist=artist), by=SITE, source="test")[0]
        for title, artist in (("Kid A", "Radiohead"), ("Dummy", "Portishead"), ("Third", "Portishead"))
    )
    open_week, other, decided = (
        Week.objects.create(number=number, label=f"Week {number}", date_discussion=now + timedelta(days=number))
        for number in (1, 2, 3)
    )
    nomination = Nomination.objects.create(week=open_week, user=ann, album=kid_a)
    elsewhere = Nomination.objects.create(week=other, user=bea, album=dummy)
    won = Nomination.objects.create(week=decided, user=bea, album=third)
    fields = {"poll_closed_at": now, "winner_album": third, "winner_nomination": won, "decided_by": "votes"}
    Week.objects.filter(pk=decided.pk).update(decided_at=now, **fields)
    rating = Rating.objects.create(week=decided, user=bea, album=third, halves=8, review="Cold and good.")
    return SimpleNamespace(
        week=open_week, other=other, decided=decided, nomination=nomination, elsewhere=elsewhere, rating=rating
    )


@pytest.fixture
def mod_bot(make_token):
    from rest_framework.test import APIClient

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('moderate', 'club:write')[1]}")
    return client


def refused(client, method, path, body, cases, *, wrapper=()):
    """Send `body` with each bad value in its place; every one is refused by name and stores nothing."""
    before, complaints = tables(), []
    for field, value in cases:
        sent = changed(body, field, value)
        answer = getattr(client, method)(f"/api/v1{path}", sent, format="json")
        if not 400 <= answer.status_code < 500:
            complaints.append(f"{field}={value!r:.60} answered {answer.status_code}")
        elif not any(named(field, attr) for attr in names(answer)):
            complaints.append(f"{field}={value!r:.60} is blamed on {names(answer)} ({answer.content[:150]})")
    if tables() != before:
        complaints.append("something was stored")
    assert complaints == []


def named(field, attr):
    """The field itself, what it stands in, or what stands in it; one of a pair may be named for both."""
    return bool(attr) and (attr == field or field.startswith(f"{attr}.") or attr.startswith(f"{field}."))


def each(field, *lists):
    return [(field, value) for values in lists for value in values]


ALBUM = {"title": "Blue Lines", "artist": "Massive Attack"}
ALBUM_CASES = [
    *each("album", [5, "Kid A", [], [1], True, {}, {"id": None}, {"title": "x"}, {"artist": "y"}]),
    *each("album.id", bad.WRONG_ID, bad.UNKNOWN_ID),
    *each("album.title", bad.WRONG_TEXT, longer_than(300), bad.BLANK),
    *each("album.artist", bad.WRONG_TEXT, longer_than(300), bad.BLANK),
    *each("album.year", bad.WRONG_YEAR),
    *each("album.spotify_id", [7, [], {}, "not an id", "x" * 300, "spotify:track:0" * 3, bad.NUL]),
    *each("album.musicbrainz_id", [7, [], {}, "not a uuid", "x" * 300, bad.NUL]),
    *each("album.url", bad.WRONG_URL),
    *each("album.cover_url", bad.WRONG_URL),
    *each("album.external_ids", [5, "x", [], {"spotify": []}, {"myspace": "x"}, {"upc": "x"}]),
]
USER_CASES = each("user", bad.WRONG_USER)


def test_week_fields(bot):
    body = {"number": 7, "date_discussion": "2026-11-30T19:00:00Z"}
    cases = [
        *each("number", bad.WRONG_NUMBER),
        *each("date_discussion", bad.WRONG_MOMENT, [None]),
        *each("label", bad.WRONG_TEXT, longer_than(120)),
        *each("nominations_close_at", bad.WRONG_MOMENT),
        *each("votes_close_at", bad.WRONG_MOMENT),
        *each("external", [5, "x", [], True, {"guild_id": "1"}, {"\x00": "1"}]),
        *each("external.thread_id", bad.WRONG_SNOWFLAKE),
        *each("external.category_id", bad.WRONG_SNOWFLAKE),
    ]
    refused(bot, "post", "/club/weeks", body, cases)
    for field in body:
        assert names(bot.post("/api/v1/club/weeks", without(body, field))) == [field]
    late = body | {"nominations_close_at": "2026-11-29T00:00:00Z", "votes_close_at": "2026-11-28T00:00:00Z"}
    assert bot.post("/api/v1/club/weeks", late).status_code == 400
    assert bot.post("/api/v1/club/weeks", body).status_code == 201


def test_changes_of_a_week(bot, club):
    cases = [
        *each("number", bad.WRONG_NUMBER),
        *each("date_discussion", bad.WRONG_MOMENT, [None]),
        *each("label", bad.WRONG_TEXT, longer_than(120)),
        *each("nominations_close_at", bad.WRONG_MOMENT),
        *each("votes_close_at", bad.WRONG_MOMENT),
        *each("external.thread_id", bad.WRONG_SNOWFLAKE),
        *each("close_poll", bad.WRONG_BOOL),
        *each("winner_nomination_id", bad.WRONG_ID, bad.UNKNOWN_ID, [club.elsewhere.pk]),
        *each("reason", bad.WRONG_TEXT, longer_than(500)),
        *USER_CASES,
    ]
    refused(bot, "patch", f"/club/weeks/{club.week.pk}", {"label": "Changed"}, cases)
    taken = bot.patch(f"/api/v1/club/weeks/{club.week.pk}", {"number": 2})
    assert (taken.status_code, names(taken)) == (409, ["number"])


def test_nomination_fields(bot, club, ann):
    body = {"user": {"id": ann.pk}, "album": ALBUM}
    cases = [
        *USER_CASES,
        *ALBUM_CASES,
        *each("pitch", bad.WRONG_TEXT, longer_than(4000)),
        *each("pitch_track_url", bad.WRONG_URL),
        *each("tags", [5, "rock", [], ["rock"], True]),
        *each(
            "tags.genres", [5, "rock", {}, [5], [[]], [None], [""], ["x" * 81], [bad.NUL], ["x"] * 11, ["a", "\u202e"]]
        ),
        *each("tags.decade", [1990, [], {}, "1992s", "the nineties", "9990s", "x" * 300, bad.NUL]),
        *each("tags.country", [44, [], {}, "ZZ", "G", "x" * 300, bad.NUL]),
        *each("message", [5, "1", [], {}, True]),
        *each("message.message_id", bad.WRONG_SNOWFLAKE, [None]),
        ("message", {"message_id": "1", "channel_id": "x"}),
    ]
    refused(bot, "post", f"/club/weeks/{club.week.pk}/nominations", body, cases)
    for field in body:
        assert names(bot.post(f"/api/v1/club/weeks/{club.week.pk}/nominations", without(body, field))) == [field]
    assert bot.post(f"/api/v1/club/weeks/{club.week.pk}/nominations", body).status_code == 201


def test_vote_fields(bot, club, ann):
    body = {"user": {"id": ann.pk}, "rank": 1, "nomination_id": club.nomination.pk}
    cases = [
        *USER_CASES,
        *each("rank", bad.WRONG_RANK),
        *each("nomination_id", bad.WRONG_ID, bad.UNKNOWN_ID, [None, club.elsewhere.pk]),
    ]
    path = f"/club/weeks/{club.week.pk}/votes"
    refused(bot, "post", path, body, cases)
    refused(bot, "post", path, {"user": {"id": ann.pk}, "rank": 2, "album": ALBUM}, [*ALBUM_CASES, ("album", ALBUM)])
    both = body | {"album": ALBUM}
    assert bot.post(f"/api/v1{path}", both).status_code == 400
    assert Vote.objects.count() == 0
    assert bot.post(f"/api/v1{path}", body).status_code == 201
    refused(
        bot, "post", f"{path}/withdraw", without(body, "nomination_id"), [*USER_CASES, *each("rank", bad.WRONG_RANK)]
    )


def test_rating_fields(bot, club, ann):
    body = {"user": {"id": ann.pk}, "rating": "4.5"}
    cases = [
        *USER_CASES,
        *each("rating", bad.WRONG_RATING),
        *each("favorite_track", bad.WRONG_TEXT, longer_than(300)),
        *each("review", bad.WRONG_TEXT, longer_than(10_000)),
    ]
    path = f"/club/weeks/{club.decided.pk}/ratings"
    refused(bot, "post", path, body, cases)
    assert names(bot.post(f"/api/v1{path}", without(body, "rating"))) == ["rating"]
    assert names(bot.post(f"/api/v1{path}", without(body, "user"))) == ["user"]
    early = bot.post(f"/api/v1/club/weeks/{club.week.pk}/ratings", body)
    assert (early.status_code, early.json()["type"]) == (409, "client_error")
    assert Rating.objects.count() == 1
    assert bot.post(f"/api/v1{path}", body).status_code == 201


def test_moderation_fields(mod_bot, club, mo):
    body = {"user": {"id": mo.pk}, "nomination_id": club.nomination.pk, "reason": "They asked."}
    cases = [
        *USER_CASES,
        *each("nomination_id", bad.WRONG_ID, bad.UNKNOWN_ID, [club.elsewhere.pk]),
        *each("reason", bad.WRONG_TEXT, bad.BLANK, longer_than(500)),
    ]
    path = f"/admin/weeks/{club.week.pk}/override-winner"
    refused(mod_bot, "post", path, body, cases)
    by_album = without(body, "nomination_id")
    refused(mod_bot, "post", path, by_album, each("album_id", bad.WRONG_ID, bad.UNKNOWN_ID))
    assert mod_bot.post(f"/api/v1{path}", by_album).status_code == 400
    reason = [*each("reason", bad.WRONG_TEXT, longer_than(500)), *USER_CASES]
    refused(mod_bot, "delete", f"/admin/reviews/{club.rating.pk}", {"user": {"id": mo.pk}}, reason)
    refused(mod_bot, "post", f"/admin/reviews/{club.rating.pk}/restore", {"user": {"id": mo.pk}}, reason)


def test_listens_are_refused_row_by_row(bot, ann):
    good = {"track": "Roads", "artist": "Portishead", "listened_at": "2026-01-05T20:00:00Z", "source": "manual"}
    cases = [
        *each("track", bad.WRONG_TEXT, bad.BLANK, longer_than(500)),
        *each("artist", bad.WRONG_TEXT, bad.BLANK, longer_than(300)),
        *each("album", bad.WRONG_TEXT, longer_than(300)),
        *each("listened_at", bad.WRONG_MOMENT, [None, "2099-01-01T00:00:00Z", "1999-12-31T00:00:00Z"]),
        *each("source", [5, [], {}, None, "", "myspace", bad.NUL]),
        *each("ms_played", [-1, "long", [], {}, True, 2**31, 2**63, 10**40]),
        *each("duration_ms", [-1, "long", [], {}, True, 2**63, 10**40]),
        *each("spotify_id", [5, [], {}, "x" * 300, bad.NUL]),
        *each("musicbrainz_id", [5, [], {}, "not a uuid", bad.NUL]),
        *each("isrc", [5, [], {}, "x" * 300, bad.NUL]),
    ]
    rows = [changed(good, field, value) for field, value in cases] + [None, 5, "x", [], {}]
    before = tables()
    answer = bot.post("/api/v1/listens/bulk", {"user": {"id": ann.pk}, "listens": rows}, format="json")
    assert answer.status_code == 200, answer.content[:300]
    said = answer.json()
    taken = sorted(set(range(len(rows))) - {each["index"] for each in said["rejected"]})
    assert [cases[index] for index in taken] == []
    assert (said["received"], said["inserted"], said["duplicates"]) == (len(rows), 0, 0)
    assert tables() == before
    mixed = bot.post(
        "/api/v1/listens/bulk", {"user": {"id": ann.pk}, "listens": [{}, good, good]}, format="json"
    ).json()
    assert (mixed["inserted"], mixed["duplicates"], [row["index"] for row in mixed["rejected"]]) == (1, 1, [0])


def test_too_many_listens_and_other_bodies_of_listens(bot, ann):
    row = {"track": "Roads", "artist": "Portishead", "listened_at": "2026-01-05T20:00:00Z", "source": "manual"}
    cases = [*each("listens", [[row] * 1001, 5, "x", {}, None, True]), *USER_CASES]
    refused(bot, "post", "/listens/bulk", {"user": {"id": ann.pk}, "listens": [row]}, cases)
    assert ListenEvent.objects.count() == 0


def test_hostile_text_is_kept_as_typed_without_its_tricks(bot, club, ann):
    title = "<script>alert(1)</script> \u202e\u2066evil\u200b @everyone"
    body = {"user": {"id": ann.pk}, "album": {"title": title, "artist": "'; DROP TABLE club_week;--"}, "pitch": title}
    answer = bot.post(f"/api/v1/club/weeks/{club.week.pk}/nominations", body).json()
    assert answer["album"]["title"] == answer["pitch"] == "<script>alert(1)</script> evil @everyone"
    assert Album.objects.get(pk=answer["album"]["id"]).artist_credit == "'; DROP TABLE club_week;--"


QUERIES = {
    "/club/weeks": {
        "from": ["x", "2026-13-01", "99999-01-01", bad.NUL],
        "to": ["x", bad.NUL],
        "has_winner": ["maybe"],
        "ordering": ["winner", "-x", "number;drop"],
        "limit": [],
        "page": ["0", "-1", "x", "9" * 30],
    },
    "/music/search": {"type": ["x"], "limit": ["x", "-1"], "q": [bad.NUL]},
    "/users/{ann}/listens/recent": {"limit": ["x", "0", "-1", "9" * 30], "cursor": ["x", "MQ==", "9" * 50, bad.NUL]},
    "/users/{ann}/summary": {"period": ["1d", "x", "", bad.NUL]},
}


@pytest.mark.parametrize("path", QUERIES)
def test_bad_query_parameters_are_named(path, api, ann, club):
    client = api(ann)
    for name, values in QUERIES[path].items():
        for value in values:
            answer = client.get(f"/api/v1{path.format(ann=ann.pk)}", {"q": "dummy", name: value})
            assert 400 <= answer.status_code < 500, (name, value, answer.status_code)
            assert answer.status_code == 404 or name in names(answer), (name, value, answer.content)


HUGE = [0, 2**31, 2**63 - 1, 2**63, 10**18 * 9 + 10**18, int("9" * 19)]


@pytest.mark.parametrize("number", HUGE)
def test_ids_in_addresses_that_nothing_has_are_404(bot, mod_bot, api, ann, mo, number):
    me = {"user": {"id": ann.pk}}
    calls = [
        (bot, "get", f"/club/weeks/{number}", None),
        (bot, "patch", f"/club/weeks/{number}", {"label": "x"}),
        (bot, "get", f"/club/weeks/{number}/nominations", None),
        (bot, "post", f"/club/weeks/{number}/nominations", me | {"album": ALBUM}),
        (bot, "delete", f"/club/weeks/{number}/nominations/{number}", me),
        (bot, "post", f"/club/weeks/{number}/votes", me | {"rank": 1, "nomination_id": 1}),
        (bot, "get", f"/club/weeks/{number}/votes/summary", None),
        (bot, "post", f"/club/weeks/{number}/ratings", me | {"rating": 4}),
        (bot, "get", f"/club/weeks/{number}/ratings", None),
        (bot, "get", f"/club/weeks/{number}/ratings/summary", None),
        (
            mod_bot,
            "post",
            f"/admin/weeks/{number}/override-winner",
            {"user": {"id": mo.pk}, "album_id": 1, "reason": "x"},
        ),
        (mod_bot, "delete", f"/admin/reviews/{number}", {"user": {"id": mo.pk}}),
        (mod_bot, "post", f"/admin/reviews/{number}/restore", {"user": {"id": mo.pk}}),
        (api(ann), "get", f"/users/{number}", None),
        (api(ann), "post", f"/users/{number}/follow", {}),
        (api(ann), "get", f"/users/{number}/summary", None),
        (api(ann), "get", f"/users/{number}/listens/recent", None),
        (api(ann), "get", f"/imports/{number}", None),
        (api(ann), "post", f"/imports/{number}/cancel", {}),
        (api(ann), "get", f"/music/albums/{number}", None),
        (api(ann), "get", f"/music/tracks/{number}", None),
        (bot, "post", f"/music/albums/{number}/refresh", {}),
        (api(ann), "get", f"/nothing/here/{number}", None),
    ]
    before = tables()
    answers = {
        f"{method} {path}": getattr(who, method)(f"/api/v1{path}", body).status_code
        for who, method, path, body in calls
    }
    assert {call: status for call, status in answers.items() if status != 404} == {}
    assert tables() == before


def test_other_members_objects_stay_theirs(api, club, ann, bea, mo):
    client, week = api(ann), f"/api/v1/club/weeks/{club.decided.pk}"
    as_bea = {"user": {"id": bea.pk}}
    before = tables()
    answers = [
        client.delete(f"/api/v1/club/weeks/{club.other.pk}/nominations/{club.elsewhere.pk}", {}),
        client.post(f"{week}/ratings", as_bea | {"rating": 1}),
        client.delete(f"{week}/ratings", as_bea),
        client.post(
            f"/api/v1/club/weeks/{club.week.pk}/votes", as_bea | {"rank": 1, "nomination_id": club.nomination.pk}
        ),
        client.post(f"/api/v1/club/weeks/{club.week.pk}/nominations", as_bea | {"album": ALBUM}),
        client.post(f"/api/v1/admin/weeks/{club.week.pk}/override-winner", {"nomination_id": 1, "reason": "mine"}),
        client.delete(f"/api/v1/admin/reviews/{club.rating.pk}", {"reason": "jealous"}),
        client.patch(week, {"label": "mine"}),
        client.post("/api/v1/club/weeks", {"number": 9, "date_discussion": "2026-11-30T19:00:00Z"}),
        client.post("/api/v1/listens/bulk", as_bea | {"listens": []}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert tables() == before
