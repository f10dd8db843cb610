"""Reading from Spotify: who, plays, albums, search, features; consent and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import caches
from django.utils import timezone

from integrations.capabilities import ASK_AGAIN, is_open, note_closed
from integrations.errors import BadAnswer, Expired, Forbidden, MustReconnect, NotThere, Rejected
from integrations.http import Patience, patience
from integrations.models import Capability
from integrations.providers import spotify
from integrations.providers.spotify.probing import CAPABILITIES
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.fake_provider import FakeProvider, Reply, Seen
from tests.integrations.subjects import TRACK, play, plays

pytestmark = pytest.mark.django_db

ACCESS = Access(token=Secret("member-token"))
HASTE = Patience(attempts=2, total=10.0, pause=0.5, connect=2.0, read=5.0, waits_for_budget=5.0)
CLOSED = Reply(403, {"error": {"status": 403, "message": "Forbidden"}})


@pytest.fixture
def there(settings: Any) -> Iterator[FakeProvider]:
    with FakeProvider() as provider, patience(HASTE):
        settings.SPOTIFY_API_URL = f"{provider.url}/v1"
        settings.SPOTIFY_ACCOUNTS_URL = provider.url
        settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET = "id", "secret"
        groups = ("", ".search", ".artist_albums", ".playlists", ".account")
        settings.PROVIDER_RATES = [f"spotify{group}=1000/1" for group in groups]
        settings.REDIS_URL = ""
        yield provider


def spotify_id(number: int) -> str:
    return f"{number:022d}"


def track(number: int, **changes: Any) -> dict[str, Any]:
    artists = [{"id": spotify_id(9), "name": "Tame Impala"}]
    return {"id": spotify_id(number), "name": f"Track {number}", "type": "track", "artists": artists, **changes}


def album(number: int = 1, tracks: int = 0, total: int | None = None) -> dict[str, Any]:
    rows = [track(index, track_number=index) for index in range(1, tracks + 1)]
    return {
        "id": spotify_id(number),
        "name": f"Album {number}",
        "album_type": "album",
        "artists": [{"id": spotify_id(9), "name": "Tame Impala"}],
        "release_date": "2012-10-05",
        "release_date_precision": "day",
        "external_ids": {"upc": "00602537187041"},
        "images": [
            {"url": "https://i.scdn.co/image/big", "width": 1280, "height": 1280},
            {"url": "https://i.scdn.co/image/right", "width": 640, "height": 640},
            {"url": "https://i.scdn.co/image/small", "width": 64, "height": 64},
        ],
        "total_tracks": total if total is not None else tracks,
        "tracks": {"items": rows, "limit": 50, "offset": 0, "total": total if total is not None else tracks},
    }


# --- who


def test_an_account_is_known_by_its_account_id_and_the_former_id_is_told(there: FakeProvider):
    there.on("/v1/me", Reply(200, {"account_id": "acc_1", "id": "wizzler", "display_name": "  JM \u202eWizzler "}))
    profile = spotify.who(ACCESS)
    assert (profile.id, profile.former_ids, profile.name) == ("acc_1", ("wizzler",), "JM Wizzler")
    assert there.requests[0].headers["authorization"] == "Bearer member-token"
    assert there.requests[0].query == {}


def test_an_older_answer_without_an_account_id_without_a_name_is_known_by_its_id(there: FakeProvider):
    there.on("/v1/me", Reply(200, {"id": "wizzler", "display_name": None}))
    profile = spotify.who(ACCESS)
    assert (profile.id, profile.former_ids, profile.name) == ("wizzler", (), "wizzler")
    assert not profile.email


def test_an_answer_that_names_nobody_is_bad(there: FakeProvider):
    there.on("/v1/me", Reply(200, {"display_name": "x"}))
    with pytest.raises(BadAnswer):
        spotify.who(ACCESS)


# --- plays


def test_a_play_is_typed_and_keeps_its_key_when_read_again(there: FakeProvider):
    again = play(played_at="2026-11-20T01:53:20.456000+00:00", context={"type": "album"})
    there.on("/v1/me/player/recently-played", Reply(200, plays(play())), Reply(200, plays(again)))
    first, second = (spotify.recently_played(ACCESS).plays[0] for _ in range(2))
    assert first == second
    assert (first.track, first.artist, first.album) == ("Heat Waves", "Glass Animals", "Dreamland")
    assert first.started_at == datetime(2026, 11, 20, 1, 53, 20, 456000, UTC)
    assert first.duration_ms == 238805
    assert first.ms_played is None
    assert first.external_ids == {
        "spotify": TRACK,
        "spotify_album": "0KTj6k94XrH0c6IEMfxeWV",
        "isrc": "GBUM72000433",
    }


def test_null_tracks_podcasts_and_local_files_are_skipped_and_the_others_kept(there: FakeProvider):
    whole = play()["track"]
    rows = [
        play(track=None),
        None,
        play(track={**whole, "type": "episode", "uri": "spotify:episode:x"}),
        play(track={**whole, "id": None, "is_local": True, "uri": "spotify:local:a:b:c:1"}),
        play(track={**whole, "name": " \u200b "}),
        play(track={**whole, "artists": []}),
        play(played_at="yesterday"),
        play(played_at="1970-01-01T00:00:00Z"),
        play(played_at=(timezone.now() + timedelta(days=2)).isoformat()),
        play(),
        play(track={**whole, "album": None}, played_at="2026-11-20T02:00:00Z"),
    ]
    there.on("/v1/me/player/recently-played", Reply(200, plays(*rows)))
    page = spotify.recently_played(ACCESS)
    assert [one.album for one in page.plays] == [None, "Dreamland"]
    assert len(page.skipped) == 9
    assert {"a podcast or audiobook", "a local file", "it names no track"} <= {row.why for row in page.skipped}


def test_the_end_of_the_50_has_null_cursors(there: FakeProvider):
    there.on("/v1/me/player/recently-played", Reply(200, {"items": [], "next": None, "cursors": None}))
    page = spotify.recently_played(ACCESS, before_ms=1763600000123)
    assert (page.plays, page.next_cursor, page.full) == ([], "", False)


def test_50_rows_are_a_full_page_even_where_some_are_skipped(there: FakeProvider):
    rows = [play(track=None)] + [play(played_at=f"2026-11-20T01:00:{second:02d}Z") for second in range(49)]
    there.on("/v1/me/player/recently-played", Reply(200, plays(*rows)))
    page = spotify.recently_played(ACCESS, after_ms=1763600000123)
    assert page.full
    assert page.next_cursor == "1763600000123"
    assert page.plays == sorted(page.plays, key=lambda one: one.started_at, reverse=True)
    assert there.requests[0].query == {"limit": ["50"], "after": ["1763600000123"]}


def test_seconds_are_not_taken_for_milliseconds(there: FakeProvider):
    with pytest.raises(ValueError, match="milliseconds"):
        spotify.recently_played(ACCESS, after_ms=1763600000)
    assert not there.requests


def test_204_is_a_page_without_plays(there: FakeProvider):
    there.on("/v1/me/player/recently-played", Reply(204))
    assert spotify.recently_played(ACCESS).plays == []


# --- albums and tracks


def test_an_album_of_more_than_50_tracks_has_them_all(there: FakeProvider):

    def more(seen: Seen) -> Reply:
        offset = int(seen.param("offset"))
        rows = [track(number) for number in range(offset + 1, min(offset + 50, 120) + 1)]
        return Reply(200, {"items": rows, "limit": 50, "offset": offset, "total": 120, "next": "https://elsewhere/"})

    there.on(f"/v1/albums/{spotify_id(1)}", Reply(200, album(1, 50, total=120)))
    there.on(f"/v1/albums/{spotify_id(1)}/tracks", more)
    found = spotify.album(ACCESS, spotify_id(1))
    assert [one.title for one in found.tracks] == [f"Track {number}" for number in range(1, 121)]
    assert found.tracks_total == 120
    assert (found.year, found.kind, found.artist_credit) == (2012, "album", "Tame Impala")
    assert found.cover_url == "https://i.scdn.co/image/right"
    assert found.external_ids == {"spotify": spotify_id(1), "upc": "00602537187041"}


def test_an_album_whose_total_promises_too_much_ends_with_an_empty_page(there: FakeProvider):
    there.on(f"/v1/albums/{spotify_id(1)}", Reply(200, album(1, 2, total=9)))
    there.on(f"/v1/albums/{spotify_id(1)}/tracks", Reply(200, {"items": [], "total": 9}))
    assert len(spotify.album(ACCESS, spotify_id(1)).tracks) == 2


@pytest.mark.parametrize("hostile", ["", "..", "../me", "a/b", "a?b", "a b", "x" * 65, "é"])
def test_an_id_that_can_be_none_is_not_asked_for(hostile: str, there: FakeProvider):
    for ask in (spotify.album, spotify.track, spotify.playlist, spotify.items):
        with pytest.raises(NotThere):
            ask(ACCESS, hostile)
    assert not there.requests


def test_many_albums_are_read_at_once_where_the_app_may(there: FakeProvider):
    there.on("/v1/albums", Reply(200, {"albums": [album(1), None, album(3)]}))
    found = spotify.albums(ACCESS, [spotify_id(1), spotify_id(2), spotify_id(3)])
    assert [one.title for one in found] == ["Album 1", "Album 3"]
    assert len(there.requests) == 1
    assert Capability.objects.get().is_open


def test_where_batches_are_closed_albums_are_read_one_by_one_and_it_is_remembered(there: FakeProvider):
    there.on("/v1/albums", CLOSED)
    for number in (1, 3):
        there.on(f"/v1/albums/{spotify_id(number)}", Reply(200, album(number)))
    wanted = [spotify_id(1), spotify_id(2), spotify_id(3)]
    for _ in range(2):
        assert [one.title for one in spotify.albums(ACCESS, wanted)] == ["Album 1", "Album 3"]
    assert len(there.seen("/v1/albums")) == 1
    assert not is_open("spotify", "albums_batch")


def test_a_member_without_a_scope_or_off_the_list_closes_nothing(there: FakeProvider):
    there.on("/v1/tracks", Reply(403, "User not registered in the Developer Dashboard"))
    with pytest.raises(Forbidden) as caught:
        spotify.tracks(ACCESS, [spotify_id(1), spotify_id(2)])
    assert caught.value.reason == "allowlist"
    assert is_open("spotify", "tracks_batch")
    assert not Capability.objects.exists()


def test_a_closed_capability_is_asked_again_after_a_week(there: FakeProvider):
    there.on("/v1/tracks", Reply(200, {"tracks": [track(1), track(2)]}))
    note_closed("spotify", "tracks_batch")
    Capability.objects.update(ask_again_at=timezone.now() - timedelta(seconds=1))
    caches["local"].clear()
    assert len(spotify.tracks(ACCESS, [spotify_id(1), spotify_id(2)])) == 2
    kept = Capability.objects.get()
    assert (kept.is_open, kept.ask_again_at) == (True, None)
    assert timedelta(days=7) == ASK_AGAIN


# --- search


def _only_ten(seen: Seen) -> Reply:
    if int(seen.param("limit")) > 10:
        return Reply(400, {"error": {"status": 400, "message": "Invalid limit"}})
    return Reply(200, {"albums": {"items": [album(1), None], "total": 1}})


def test_a_restricted_app_searches_in_tens_and_remembers_it(there: FakeProvider):
    there.on("/v1/search", _only_ten)
    for _ in range(2):
        assert [one.title for one in spotify.search_albums(ACCESS, "lonerism", 50)] == ["Album 1"]
    assert [seen.param("limit") for seen in there.requests] == ["50", "10", "10"]
    assert not is_open("spotify", "search_50")


def test_a_search_that_is_refused_for_another_reason_teaches_nothing_of_its_size(there: FakeProvider):
    there.on("/v1/search", Reply(400, {"error": {"status": 400, "message": "No search query"}}))
    with pytest.raises(Rejected):
        spotify.search_albums(ACCESS, "", 50)
    assert is_open("spotify", "search_50")


def test_tracks_are_found_by_isrc(there: FakeProvider):
    there.on("/v1/search", Reply(200, {"tracks": {"items": [track(1, external_ids={"isrc": "gb-um7-20-00433"})]}}))
    assert spotify.search_tracks(ACCESS, "isrc:GBUM72000433")[0].external_ids["isrc"] == "GBUM72000433"


def test_an_artists_albums_come_in_pages(there: FakeProvider):
    following = Reply(200, {"items": [album(2)], "next": None, "total": 2})
    there.on(
        f"/v1/artists/{spotify_id(9)}/albums", Reply(200, {"items": [album(1)], "next": "x", "total": 2}), following
    )
    first = spotify.artist_albums(ACCESS, spotify_id(9))
    second = spotify.artist_albums(ACCESS, spotify_id(9), cursor=first.next_cursor)
    assert (first.items[0].title, second.items[0].title, second.next_cursor) == ("Album 1", "Album 2", "")
    assert there.requests[1].param("offset") == "1"


# --- features


def test_features_are_typed_and_gaps_stay_gaps(there: FakeProvider):
    row = {"id": TRACK, "tempo": 0, "key": -1, "mode": 1, "energy": 0.5, "valence": 7, "loudness": -12.7}
    there.on("/v1/audio-features", Reply(200, {"audio_features": [row, None]}))
    (found,) = spotify.audio_features(ACCESS, [TRACK, spotify_id(2)])
    assert (found.asked_id, found.mode, found.energy, found.loudness) == (TRACK, 1, 0.5, -12.7)
    assert (found.tempo, found.key, found.valence) == (None, None, None)


def test_closed_features_are_asked_for_once_and_disconnect_nobody(there: FakeProvider):
    there.on("/v1/audio-features", CLOSED)
    for _ in range(3):
        with pytest.raises(Forbidden) as caught:
            spotify.audio_features(ACCESS, [TRACK])
        assert caught.value.reason == "closed"
    assert len(there.requests) == 1


# --- consent and tokens


def test_the_address_of_consent_asks_for_what_is_wanted(settings: Any):
    settings.SPOTIFY_CLIENT_ID = "id"
    url = spotify.authorize_url("st/ate", "chal", ["user-read-recently-played", "x"], "http://127.0.0.1:8000/cb?a=b")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["id"],
        "redirect_uri": ["http://127.0.0.1:8000/cb?a=b"],
        "scope": ["user-read-recently-played x"],
        "state": ["st/ate"],
        "code_challenge_method": ["S256"],
        "code_challenge": ["chal"],
    }


def test_a_code_is_exchanged_with_its_verifier_and_the_apps_secret_in_the_header(there: FakeProvider):
    body = {"access_token": "BQ", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "AQ", "scope": "a b"}
    there.on("/api/token", Reply(200, body))
    tokens = spotify.exchange("code", "verifier", "http://127.0.0.1/cb")
    assert (tokens.access_token, tokens.refresh_token) == (Secret("BQ"), Secret("AQ"))
    assert (tokens.expires_in, tokens.scopes) == (3600, ("a", "b"))
    (seen,) = there.requests
    assert seen.headers["authorization"] == "Basic aWQ6c2VjcmV0"
    assert seen.form["code_verifier"] == ["verifier"]
    assert "secret" not in str(tokens)
    assert "BQ" not in repr(tokens)


def test_a_refresh_without_a_new_refresh_token_brings_none(there: FakeProvider):
    there.on("/api/token", Reply(200, {"access_token": "BQ", "expires_in": 3600, "scope": ""}))
    assert not spotify.refresh(Secret("AQ")).refresh_token
    assert there.requests[0].form == {"grant_type": ["refresh_token"], "refresh_token": ["AQ"]}


def test_a_token_answer_without_a_token_is_bad(there: FakeProvider):
    there.on("/api/token", Reply(200, {"token_type": "Bearer"}))
    with pytest.raises(BadAnswer):
        spotify.refresh(Secret("AQ"))


def test_a_used_code_says_to_connect_again(there: FakeProvider):
    there.on("/api/token", Reply(400, {"error": "invalid_grant", "error_description": "Invalid authorization code"}))
    with pytest.raises(MustReconnect) as caught:
        spotify.exchange("code", "verifier", "http://127.0.0.1/cb")
    assert "connect it again" in caught.value.sentence


def test_the_apps_own_token_is_asked_for_once_and_anew_when_it_is_not_taken(there: FakeProvider):
    tokens = iter(["one", "two"])
    there.on("/api/token", lambda _: Reply(200, {"access_token": next(tokens), "expires_in": 3600}))
    there.on("/v1/search", Reply(200, {"albums": {"items": []}}), Reply(401, {}), Reply(200, {"albums": {"items": []}}))
    for _ in range(2):
        spotify.as_app(lambda access: spotify.search_albums(access, "x"))
    assert [seen.headers["authorization"] for seen in there.seen("/v1/search")] == [
        "Bearer one",
        "Bearer one",
        "Bearer two",
    ]
    assert len(there.seen("/api/token")) == 2


def test_a_members_expired_token_is_said_so(there: FakeProvider):
    there.on("/v1/me", Reply(401, {"error": {"status": 401, "message": "The access token expired"}}))
    with pytest.raises(Expired):
        spotify.who(ACCESS)


# --- probing


def test_probing_finds_out_all_capabilities_of_a_restricted_app(there: FakeProvider):
    there.on("/api/token", Reply(200, {"access_token": "app", "expires_in": 3600}))
    there.on("/v1/search", _only_ten)
    there.on(f"/v1/artists/{spotify_id(9)}/albums", _only_ten)
    for path in ("/v1/albums", "/v1/tracks", "/v1/audio-features"):
        there.on(path, CLOSED)
    spotify.probe_capabilities()
    assert set(Capability.objects.filter(is_open=False).values_list("name", flat=True)) == set(CAPABILITIES)
