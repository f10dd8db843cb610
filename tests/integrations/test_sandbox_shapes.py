"""The sandbox's objects against recorded answers of the real providers: the same keys, the same kinds of values.

The recordings lie outside of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import Clock, bearer, lastfm, spotify

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="The recorded answers (shared/data) are not here.")

GONE_AT_SPOTIFY = {
    # for apps in development mode since 2026-02
    "available_markets",
    "popularity",
    "label",
    "followers",
    "email",
    "country",
    "product",
    "explicit_content",
    # of an artist, no longer told
    "genres",
    # of a user, gone years ago
    "birthdate",
    # of an album in a list of another time
    "album_group",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=1, clock=Clock(), limited=False) as running:
        yield running


def recorded(path: str) -> Any:
    """The first JSON document of a file."""
    text = (DATA / path).read_text(encoding="utf-8").lstrip("\ufeff \n")
    return json.JSONDecoder().raw_decode(text)[0]


def kinds(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every place in a JSON value with the kind of what stands there: ("track[].artist.mbid", "text")."""
    if isinstance(value, dict):
        yield at, "object"
        for name, below in value.items():
            yield from kinds(below, f"{at}.{name}".lstrip("."))
    elif isinstance(value, list):
        yield at, "list"
        for below in value:
            yield from kinds(below, f"{at}[]")
    else:
        known = {str: "text", bool: "truth", int: "number", float: "number", type(None): "null"}
        yield at, known[type(value)]


def shape(value: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for at, kind in kinds(value):
        found.setdefault(at, set()).add(kind)
    return found


def test_lastfms_recent_tracks_have_the_recorded_shape(sandbox):
    """Key for key and kind for kind, both ways."""
    theirs = shape(recorded("music-stats-lastfm-json/recent_tracks.json"))
    ours = shape(lastfm(sandbox.url, "user.getRecentTracks", user="ben", limit=200).json())
    playing = {at for at in set(ours) | set(theirs) if "nowplaying" in at or at.endswith("track[].@attr")}
    assert {at: kind for at, kind in ours.items() if at not in playing} == {
        at: kind for at, kind in theirs.items() if at not in playing
    }


def spotify_says(sandbox: Sandbox, path: str) -> Any:
    token = spotify(sandbox.url, "ada")["access_token"]
    return requests.get(f"{sandbox.url}/spotify/v1{path}", headers=bearer(token), timeout=5).json()


def missing(theirs: Any, ours: Any) -> set[str]:
    """What was recorded and is not in ours, but for what is documented as gone."""
    have = shape(ours)
    gone = set()
    for at, found in shape(theirs).items():
        path = at.replace("[]", "").split(".")
        if set(path) & GONE_AT_SPOTIFY:
            continue
        if at not in have or not (have[at] - {"null"} <= found | {"null"} or found == {"null"}):
            gone.add(at)
    return gone


RECORDED = [
    ("spotify-web-api-java/player/GetCurrentUsersRecentlyPlayedTracksRequest.json", "/me/player/recently-played"),
    ("zmb3-spotify/player_recently_played.txt", "/me/player/recently-played"),
    ("spotify-web-api-java/users_profile/GetCurrentUsersProfileRequest.json", "/me"),
    ("spotify-web-api-java/albums/GetAlbumRequest.json", "/albums/{album}"),
    ("zmb3-spotify/find_album.txt", "/albums/{album}"),
    ("zmb3-spotify/find_album_tracks.txt", "/albums/{long}/tracks?limit=1"),
    ("spotify-web-api-java/albums/GetAlbumsTracksRequest.json", "/albums/{album}/tracks"),
    ("spotify-web-api-java/tracks/GetTrackRequest.json", "/tracks/{track}"),
    ("zmb3-spotify/find_track.txt", "/tracks/{track}"),
    ("spotify-web-api-java/artists/GetArtistRequest.json", "/artists/{artist}"),
    ("spotify-web-api-java/artists/GetArtistsAlbumsRequest.json", "/artists/{artist}/albums"),
    ("zmb3-spotify/search_tracks.txt", "/search?q=the&type=track&limit=10"),
    ("spotify-web-api-java/search/simplified/SearchAlbumsRequest.json", "/search?q=the&type=album&limit=10"),
]


@pytest.mark.parametrize(("file", "path"), RECORDED, ids=[file.rpartition("/")[2] for file, _ in RECORDED])
def test_spotifys_objects_have_what_was_recorded_but_what_it_took_away(sandbox, file, path):
    catalogue = sandbox.box.catalogue
    long = next(album for album in catalogue.albums if len(album.tracks) > 50)
    radiohead = catalogue.artists["Radiohead"]
    album = next(album for album in catalogue.albums if radiohead in album.artists)
    named = {
        "album": album.spotify,
        "long": long.spotify,
        "track": album.tracks[0].spotify,
        "artist": radiohead.spotify,
    }
    assert missing(recorded(file), spotify_says(sandbox, path.format(**named))) == set()


def test_what_is_missing_is_found(sandbox):
    ours = spotify_says(sandbox, "/me/player/recently-played")
    for row in ours["items"]:
        row.pop("played_at")
    theirs = recorded("zmb3-spotify/player_recently_played.txt")
    assert missing(theirs, ours) == {"items[].played_at"}


@pytest.mark.parametrize(
    "file", ["zmb3-spotify/get_playlist.txt", "spotify-web-api-java/playlists/GetPlaylistRequest.json"]
)
def test_a_playlist_has_what_was_recorded_under_its_new_names(sandbox, file):
    """What was `tracks` is `items` since 2026-02; rows have `item`, and `track` still."""
    theirs = recorded(file)
    theirs["items"] = theirs.pop("tracks")
    mine = spotify_says(sandbox, "/me/playlists")["items"][0]["id"]
    ours = spotify_says(sandbox, f"/playlists/{mine}")
    assert missing(theirs, ours) == set()
    assert all(row["item"] == row["track"] for row in ours["items"]["items"])


def test_a_list_of_playlists_has_what_was_recorded_under_its_new_names(sandbox):
    theirs = recorded("zmb3-spotify/current_users_playlists.txt")
    for row in theirs["items"]:
        row["items"] = row.pop("tracks")
    assert missing(theirs, spotify_says(sandbox, "/me/playlists")) == set()
