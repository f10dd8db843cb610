"""Answers of Spotify that others recorded: what our reading makes of them. Skipped where the folder is absent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.http import Patience, patience
from integrations.providers import spotify
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.fake_provider import JSON, FakeProvider, Reply

DATA = Path(os.environ.get("SIDETRACK_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (DATA / "zmb3-spotify").is_dir(), reason=f"no recorded answers in {DATA}"),
]

ACCESS = Access(token=Secret("member-token"))
HASTE = Patience(attempts=1, total=10.0, pause=0.5, connect=2.0, read=5.0, waits_for_budget=5.0)
IDS = ["0sNOF9WDwhWunNAHPD3Baj", "5l3zEmMrOhOzG8d8s83GOL"]


@pytest.fixture
def there(settings: Any) -> Iterator[FakeProvider]:
    with FakeProvider() as provider, patience(HASTE):
        settings.SPOTIFY_API_URL = provider.url
        groups = ("", ".search", ".artist_albums", ".playlists", ".account")
        settings.PROVIDER_RATES = [f"spotify{group}=1000/1" for group in groups]
        settings.REDIS_URL = ""
        yield provider


def recorded(name: str, number: int = 0) -> Reply:
    """The answer in a file; some hold two."""
    text, at, found = (DATA / name).read_text(encoding="utf-8"), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = json.JSONDecoder().raw_decode(text, at)
        found.append(document)
    return Reply(200, json.dumps(found[number]), type=JSON)


def test_recently_played(there: FakeProvider):
    there.on("*", recorded("zmb3-spotify/player_recently_played.txt"))
    page = spotify.recently_played(ACCESS, limit=20)
    assert len(page.plays) == 20
    assert not page.skipped
    assert page.full
    assert page.next_cursor == "1495842394544"
    assert len({play.source_key for play in page.plays}) == 20
    newest = page.plays[0]
    assert (newest.artist, newest.track, newest.album) == ("Disturbed", "The Sound Of Silence", "Immortalized")
    assert newest.external_ids["isrc"] == "USRE11500180"


def test_recently_played_without_albums(there: FakeProvider):
    there.on("*", recorded("spotify-web-api-java/player/GetCurrentUsersRecentlyPlayedTracksRequest.json"))
    page = spotify.recently_played(ACCESS)
    assert [(play.track, play.album) for play in page.plays] == [("Disciples", None), ("Let It Happen", None)]


@pytest.mark.parametrize("number", [0, 1])
def test_both_albums_of_one_file(number: int, there: FakeProvider):
    there.on("*", recorded("zmb3-spotify/find_album.txt", number))
    album = spotify.album(ACCESS, IDS[0])
    assert (album.title, album.artist_credit, album.released) == ("She's So Unusual", "Cyndi Lauper", "1983")
    assert [track.number for track in album.tracks] == list(range(1, 14))
    assert album.external_ids == {"spotify": IDS[0], "upc": "5099749994324"}


def test_albums_dated_to_the_month_the_day_and_the_first_of_january(there: FakeProvider):
    there.on("/albums", recorded("zmb3-spotify/find_albums.txt"))
    albums = spotify.albums(ACCESS, IDS)
    assert [(album.title, album.released, len(album.tracks)) for album in albums] == [
        ("The Best Of Keane (Deluxe Edition)", "2013-11-08", 38),
        ("Strangeland", "2012-01-01", 18),
        ("Night Train", "2010-01-01", 9),
        ("Mirrored", "2007-03", 11),
    ]


def test_a_soundtrack_by_several(there: FakeProvider):
    there.on("*", recorded("beets/spotify/album_info.json"))
    album = spotify.album(ACCESS, IDS[1])
    assert (album.kind, album.artist_credit, len(album.tracks)) == ("compilation", "Various Artists", 24)
    assert len({track.artist_credit for track in album.tracks}) > 3


@pytest.mark.parametrize("name", ["multiartist_album", "multiartist_track"])
def test_several_artists_are_named_in_order(name: str, there: FakeProvider):
    there.on("*", recorded(f"beets/spotify/{name}.json"))
    found = spotify.album(ACCESS, IDS[0]) if name.endswith("album") else spotify.track(ACCESS, IDS[0])
    assert len(found.artists) > 1
    assert found.artist_credit == ", ".join(artist.name for artist in found.artists)
    # Those who recorded the track wrote ids of their own into it: what can be no id is not taken for one.
    assert all(bool(artist.external_ids) == name.endswith("album") for artist in found.artists)


def test_numbers_with_a_point(there: FakeProvider):
    there.on("*", recorded("zmb3-spotify/find_track_with_floats.txt"))
    track = spotify.track(ACCESS, "1zHlj4dQ8ZAtrayhuDDmkY")
    assert (track.title, track.disc, track.number, track.duration_ms) == ("Timber", 1, 1, 204053)


def test_tracks_of_which_one_is_unknown(there: FakeProvider):
    there.on("/tracks", recorded("zmb3-spotify/find_tracks_notfound.txt"))
    assert [track.title for track in spotify.tracks(ACCESS, IDS)] == ["Mr. Brightside"]


def test_japanese_names_and_a_search_without_hits(there: FakeProvider):
    there.on("*", recorded("beets/spotify/japanese_track_request.json"), recorded("beets/spotify/missing_request.json"))
    (track,) = spotify.search_tracks(ACCESS, "思想犯")
    assert (track.title, track.artist_credit, track.album) == ("思想犯", "ヨルシカ", "盗作")
    assert spotify.search_tracks(ACCESS, "duifhjslkef") == []


def test_a_search_for_albums(there: FakeProvider):
    there.on("*", recorded("spotify-web-api-java/search/simplified/special/SearchAlbumsSpecialRequest.json"))
    found = spotify.search_albums(ACCESS, "muse")
    assert [(album.title, album.year) for album in found[:4]] == [
        ("Absolution", 2004),
        ("Drones", 2015),
        ("Muse", 2015),
        ("Origin of Symmetry", 2001),
    ]


def test_an_artists_albums(there: FakeProvider):
    there.on("*", recorded("spotify-web-api-java/artists/GetArtistsAlbumsRequest.json"))
    page = spotify.artist_albums(ACCESS, "1vCWHaC5f2uS3yhpwWbIA6")
    assert page.items
    assert page.next_cursor


def test_audio_features(there: FakeProvider):
    there.on("*", recorded("spotify-web-api-java/tracks/GetAudioFeaturesForSeveralTracksRequest.json"))
    found = spotify.audio_features(ACCESS, IDS)
    assert [(one.tempo, one.key, one.mode) for one in found] == [(123.99, 7, 1), (96.083, 1, 1), (115.7, 4, 1)]


@pytest.mark.parametrize(
    ("name", "can_be_added"),
    [
        ("zmb3-spotify/playlist_items_tracks.json", [True, True]),
        ("zmb3-spotify/playlist_items_episodes.json", [False] * 4),
        ("zmb3-spotify/playlist_items_episodes_and_tracks.json", [False, False, True, True]),
        ("zmb3-spotify/playlist_tracks.txt", [True] * 40),
        ("spotify-web-api-java/playlists/GetPlaylistsItemsRequest_Episode.json", [False]),
    ],
)
def test_what_is_in_a_playlist(name: str, can_be_added: list[bool], there: FakeProvider):
    there.on("*", recorded(name), Reply(200, {"items": [], "next": None}))
    assert [bool(item.uri) for item in spotify.items(ACCESS, "37i9dQZF1DX4sWSpwq3LiO")] == can_be_added


@pytest.mark.parametrize("name", ["zmb3-spotify/current_users_playlists.txt", "zmb3-spotify/playlists_for_user.txt"])
def test_lists_of_playlists(name: str, there: FakeProvider):
    there.on("*", recorded(name), Reply(200, {"items": [], "next": None}))
    found = spotify.my_playlists(ACCESS)
    assert len(found) in (5, 7)
    assert all(one.snapshot_id and one.owner_id and one.total is not None for one in found)


def test_who_somebody_was_before_account_ids(there: FakeProvider):
    there.on("*", recorded("spotify-web-api-java/users_profile/GetCurrentUsersProfileRequest.json"))
    profile = spotify.who(ACCESS)
    assert (profile.id, profile.name, profile.email) == ("wizzler", "JM Wizzler", "")
