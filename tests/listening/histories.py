"""History files made for tests, and the real ones where they are to be had."""

from __future__ import annotations

import io
import json
import os
import zipfile
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
