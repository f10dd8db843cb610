"""The same scrobble or listen, by API and from a file, is one record: its key and all else are equal.

Of Last.fm and ListenBrainz this holds for every row, invented or recorded, and what one refuses the other refuses.
It is not so of Spotify, on purpose: its history file tells the end of a play and how long it lasted, its API the
start (or the end) of one with a finer clock. They are two sources, whose plays are matched by time and not by key.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.providers import lastfm, listenbrainz
from integrations.types import Play, SkippedRow
from listening.importers import lastfm as lastfm_files
from listening.importers import listenbrainz as listenbrainz_files
from listening.importers.rows import Importer, Reading
from tests.integrations.answers import LATEST, UTS, listen, real_json, scrobble, uuid
from tests.listening.histories import real

READING = Reading(latest=LATEST)
(LASTFM_FILE,) = (one for one in lastfm_files.IMPORTERS if one.name == "lastfm_pages")
LISTENBRAINZ_FILE = listenbrainz_files.LISTENBRAINZ

NAMES = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="aé\u0301 \u200b\ufeff\u202e\x00\n\t\x85Å\u212b", max_size=12),
    st.sampled_from([None, 7, True, [], {}, "x" * 300, "x" * 301, "x" * 501, "x" * 3000, "\ud800", "  a  b "]),
)
TIMES = st.one_of(
    st.sampled_from([None, "", 0, "0", UTS, str(UTS), UTS + 0.5, f"{UTS}.75", f" {UTS} ", True, "1e9", "inf", 1e300]),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
)
IDS = st.sampled_from([None, "", uuid(1), uuid(2).upper(), "x", 5, "GBUM72000433", "gb-um7-20-00433", []])


def same(row: Any, api: Play | SkippedRow, file: Importer) -> bool:
    """Are both the same play, or both none?"""
    told = file.row(row, READING)
    return api == told if isinstance(told, Play) else isinstance(api, SkippedRow)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES, NAMES, TIMES, IDS, IDS, st.booleans(), st.booleans())
def test_any_scrobble_has_one_key(track, artist, album, uts, artist_id, album_id, extended, bare_date):
    key = "name" if extended else "#text"
    row = scrobble(
        name=track,
        artist={key: artist, "mbid": artist_id},
        album={"#text": album, "mbid": album_id},
        date=uts if bare_date else {"uts": uts},
    )
    assert same(row, lastfm.play_of(row, LATEST), LASTFM_FILE)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES, NAMES, TIMES, IDS, IDS, TIMES, st.booleans())
def test_any_listen_has_one_key(track, artist, album, at, one_id, another_id, length, matched):
    info = {
        "recording_mbid": one_id,
        "release_mbid": another_id,
        "isrc": one_id,
        "duration_ms": length,
        "duration": length,
        "duration_played": length,
        "artist_mbids": [another_id],
        "spotify_id": "https://open.spotify.com/track/02MWAaffLxlfxAUY7c5dvx?si=1",
    }
    match = {
        "recording_mbid": another_id,
        "recording_name": track,
        "release_mbid": another_id,
        "release_group_mbid": one_id,
        "artists": [{"artist_mbid": one_id, "artist_credit_name": artist}],
    }
    said = {"track_name": track, "artist_name": artist, "release_name": album, "additional_info": info}
    row = listen(listened_at=at, track_metadata={**said, "mbid_mapping": match if matched else None})
    assert same(row, listenbrainz.play_of(row, LATEST), LISTENBRAINZ_FILE)


def test_two_plays_that_differ_have_two_keys():
    keys = {lastfm.play_of(scrobble(n, name=name), LATEST).source_key for n in (0, 1) for name in ("A", "a", "B")}
    assert len(keys) == 6


def test_recorded_scrobbles_are_the_same_by_api_and_from_a_file():
    page = real_json("music-stats-lastfm-json/recent_tracks.json")["recenttracks"]["track"]
    (saved,) = real_json("koito/recenttracks-shoko2-1749776100.json")
    rows = [*page, *saved["track"]]
    assert len(rows) == 210
    for row in rows:
        assert isinstance(lastfm.play_of(row, LATEST), Play)
        assert same(row, lastfm.play_of(row, LATEST), LASTFM_FILE)


def test_recorded_listens_are_the_same_by_api_and_from_an_export():
    rows = [row for name in ("123456789", "1749780844") for row in exported(f"koito/listenbrainz_shoko1_{name}.zip")]
    assert len(rows) == 24
    for row in rows:
        assert isinstance(listenbrainz.play_of(row, LATEST), Play)
        assert same(row, listenbrainz.play_of(row, LATEST), LISTENBRAINZ_FILE)


def exported(name: str) -> list[Any]:
    """The listens of an export. One recorded zip has bytes in front of it, which its table does not count."""
    content = real(name)
    with zipfile.ZipFile(io.BytesIO(content[content.index(b"PK\x03\x04") :])) as archive:
        files = [one for one in archive.namelist() if one.startswith("listens/") and one.endswith(".jsonl")]
        return [json.loads(line) for one in files for line in archive.read(one).splitlines() if line.strip()]
