"""History files made for tests, and the real ones where they are to be had."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

START = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)

REAL_FILES = {
    "koito/Streaming_History_Audio_spotify_import_test.json": 17,
    "koito/listenbrainz_shoko1_123456789.zip": 19,
    "koito/listenbrainz_shoko1_1749780844.zip": 5,
    "koito/koito_export_test.json": 13,
    "koito/maloja_import_test.json": 38,
    "koito/recenttracks-shoko2-1749776100.json": 10,
    "music-stats-lastfm-json/recent_tracks.json": 200,
    "lastfm-to-csv/fixture.small.xml": 2,
    "lastfm-to-csv/fixture.xml": 10,
    "multi-scrobbler/listenbrainz/submitListensRequestMinimalExample.json": 1,
}
"""Files nobody here wrote, and the plays in them."""


def real(name: str) -> bytes:
    """A file nobody here wrote; the test is skipped where they are not."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("SIDETRACK_REAL_DATA") or default) / name
    if not path.exists():
        pytest.skip(f"no real data at {path}")
    return path.read_bytes()


def spotify_row(n: int, **changes: Any) -> dict[str, Any]:
    """One play of three minutes, a different one for each n."""
    return {
        "ts": (START + timedelta(minutes=4 * n)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ms_played": 180_000,
        "master_metadata_track_name": f"Song {n % 50}",
        "master_metadata_album_artist_name": f"Band {n % 10}",
        "master_metadata_album_album_name": f"Album {n % 25}",
        "spotify_track_uri": f"spotify:track:{n % 50:022d}",
        "episode_name": None,
        "reason_end": "trackdone",
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
        **changes,
    }


def spotify_file(rows: int) -> bytes:
    return json.dumps([spotify_row(n) for n in range(rows)], indent=1).encode()


def listenbrainz_line(n: int, **changes: Any) -> str:
    return json.dumps(
        {
            "listened_at": int(START.timestamp()) + 240 * n,
            "track_metadata": {
                "track_name": f"Song {n % 50}",
                "artist_name": f"Band {n % 10}",
                "release_name": f"Album {n % 25}",
                "recording_msid": f"00000000-0000-0000-0000-{n % 50:012d}",
                "mbid_mapping": None,
                "additional_info": {},
            },
            **changes,
        }
    )


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def environment() -> dict[str, str]:
    """What a process of its own needs to work on the test's database."""
    found = connections["default"].settings_dict
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "sidetrack.settings", "PYTHONPATH": os.getcwd()}
    if connection.vendor == "postgresql":
        host, port = found["HOST"] or "", str(found["PORT"] or "")
        user, password = found["USER"] or "", found["PASSWORD"] or ""
        place = f"{host}:{port}" if port and not host.startswith("/") else host.replace("/", "%2F")
        env["DATABASE_URL"] = f"postgres://{user}{':' + password if password else ''}@{place}/{found['NAME']}"
    else:
        env["DATABASE_URL"] = f"sqlite:///{found['NAME']}"
    return env


def scrobbles(rows: int) -> list[dict[str, Any]]:
    """The same plays that every file of `FORMATS` tells: one in four minutes."""
    start = int(START.timestamp())
    return [
        {"uts": start + 240 * n, "artist": f"Band {n % 10}", "album": f"Album {n % 25}", "track": f"Söng {n % 50}"}
        for n in range(rows)
    ]


def spotify_account_file(rows: int) -> bytes:
    return json.dumps(
        [
            {
                "endTime": f"{START + timedelta(minutes=4 * n):%Y-%m-%d %H:%M}",
                "artistName": f"Band {n % 10}",
                "trackName": f"Söng {n % 50}",
                "msPlayed": 180_000,
            }
            for n in range(rows)
        ]
    ).encode()


def listenbrainz_file(rows: int) -> bytes:
    return "\n".join(listenbrainz_line(n) for n in range(rows)).encode()


def lastfm_track(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A track of `user.getRecentTracks`."""
    return {
        "artist": {"mbid": "", "#text": row["artist"]},
        "name": row["track"],
        "album": {"mbid": "", "#text": row["album"]},
        "mbid": "",
        "date": {"uts": str(row["uts"]), "#text": "somewhen"},
        **changes,
    }


def lastfm_page(*tracks: Any) -> dict[str, Any]:
    return {"recenttracks": {"track": list(tracks), "@attr": {"user": "x", "page": "1", "total": str(len(tracks))}}}


def lastfm_json(rows: int) -> bytes:
    return json.dumps(lastfm_page(*map(lastfm_track, scrobbles(rows)))).encode()


def lastfm_tracks(rows: int) -> bytes:
    return json.dumps([lastfm_track(row) for row in scrobbles(rows)]).encode()


def lastfm_xml_track(row: dict[str, Any]) -> str:
    return (
        f'<track> <artist mbid="">{row["artist"]}</artist>\n<name>{row["track"]}</name><mbid></mbid>'
        f'<album mbid="">{row["album"]}</album><date uts="{row["uts"]}">22 May 2014, 20:11</date></track>'
    )


def lastfm_xml(rows: int) -> bytes:
    tracks = "\n".join(map(lastfm_xml_track, scrobbles(rows)))
    return f'<?xml version="1.0"?><lfm status="ok"><recenttracks user="x">{tracks}</recenttracks></lfm>'.encode()


def csv_file(header: list[str], rows: list[list[Any]], **dialect: Any) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, **dialect)
    writer.writerows([header, *rows] if header else rows)
    return text.getvalue().encode()


def lastfmstats_csv(rows: int, **dialect: Any) -> bytes:
    dialect = {"delimiter": ";", "quoting": csv.QUOTE_NONNUMERIC, **dialect}
    table = [[row["artist"], row["album"], "", row["track"], f"{row['uts']}000"] for row in scrobbles(rows)]
    return b"\xef\xbb\xbf" + csv_file(["Artist", "Album", "AlbumId", "Track", "Date#x"], table, **dialect)


def lastfmstats_json(rows: int) -> bytes:
    told = [{**row, "albumId": "", "date": row["uts"] * 1000} for row in scrobbles(rows)]
    return json.dumps({"username": "x", "scrobbles": told}).encode()


UTS_COLUMNS = ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"]


def lastfm_uts_csv(rows: int) -> bytes:
    told = [[row.get(name, "") for name in UTS_COLUMNS] for row in scrobbles(rows)]
    return csv_file(UTS_COLUMNS, told, quoting=csv.QUOTE_ALL)


def lastfm_uts_json(rows: int) -> bytes:
    told = [{name: str(row.get(name, "")) for name in UTS_COLUMNS} for row in scrobbles(rows)]
    return json.dumps(told, indent=1).encode()


def lastfm_minutes(rows: int) -> bytes:
    return "".join(
        f"{row['artist']},{row['album']},{row['track']},{datetime.fromtimestamp(row['uts'], UTC):%d %b %Y, %H:%M}\n"
        for row in scrobbles(rows)
    ).encode()


def librefm_csv(rows: int) -> bytes:
    told = [[row["uts"], row["artist"], row["track"], row["album"]] for row in scrobbles(rows)]
    return b"# Scrobbles of x\n" + csv_file(["Time", "Artist", "Track", "Album"], told)


def maloja_file(rows: int) -> bytes:
    told = [
        {
            "time": row["uts"],
            "track": {"artists": [row["artist"]], "title": row["track"], "album": {"albumtitle": row["album"]}},
        }
        for row in scrobbles(rows)
    ]
    return json.dumps({"maloja": {"export_time": 1}, "scrobbles": told}, indent=1).encode()


def koito_file(rows: int) -> bytes:
    def named(name: str) -> dict[str, Any]:
        return {"mbid": None, "aliases": [{"alias": name, "is_primary": True}]}

    told = [
        {
            "listened_at": datetime.fromtimestamp(row["uts"], UTC).isoformat(),
            "track": named(row["track"]),
            "album": named(row["album"]),
            "artists": [named(row["artist"])],
        }
        for row in scrobbles(rows)
    ]
    return json.dumps({"version": "1", "listens": told}).encode()


def scrobbler_log(rows: int, zone: str = "UTC") -> bytes:
    lines = [f"{r['artist']}\t{r['album']}\t{r['track']}\t1\t180\tL\t{r['uts']}\t" for r in scrobbles(rows)]
    return "\n".join(["#AUDIOSCROBBLER/1.1", f"#TZ/{zone}", "#CLIENT/Rockbox", *lines]).encode()


FORMATS: dict[str, Callable[[int], bytes]] = {
    "spotify_extended": spotify_file,
    "spotify_account": spotify_account_file,
    "listenbrainz_export": listenbrainz_file,
    "lastfm_pages": lastfm_json,
    "lastfm_tracks": lastfm_tracks,
    "lastfm_xml": lastfm_xml,
    "lastfmstats_csv": lastfmstats_csv,
    "lastfmstats_json": lastfmstats_json,
    "lastfm_uts_csv": lastfm_uts_csv,
    "lastfm_uts_json": lastfm_uts_json,
    "lastfm_minutes": lastfm_minutes,
    "librefm": librefm_csv,
    "maloja": maloja_file,
    "koito": koito_file,
    "scrobbler_log": scrobbler_log,
}
"""A maker of a file of so many plays for each kind of file, by the name of its importer."""
