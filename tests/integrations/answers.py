"""Answers of providers, made up in the shapes of real ones, and the real ones where they are to be had."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.listening.histories import real

LATEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC) + timedelta(days=3650)
"""No made-up play is in the future of this."""
UTS = 1763186824


def uuid(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


def real_json(name: str) -> Any:
    """A recorded answer; the test is skipped where the folder is absent."""
    return json.loads(real(name))


def scrobble(n: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of `user.getRecentTracks`, a minute older for each n."""
    return {
        "name": f"Song {n}",
        "mbid": "",
        "url": "https://www.last.fm/music/x",
        "streamable": "0",
        "artist": {"mbid": uuid(1), "#text": "Tame Impala"},
        "album": {"mbid": uuid(2), "#text": "Lonerism"},
        "date": {"uts": str(UTS - 60 * n), "#text": "15 Nov 2025, 06:07"},
        "image": [{"size": "small", "#text": "https://lastfm.freetls.fastly.net/i/u/34s/a.png"}],
        **changes,
    }


def playing(**changes: Any) -> dict[str, Any]:
    row = scrobble(name="Playing", **{"@attr": {"nowplaying": "true"}}, **changes)
    del row["date"]
    return row


def recent(*tracks: Any, user: str = "Ann_Listens", page: int = 1, pages: int = 1, many: Any = None) -> dict[str, Any]:
    about = {"user": user, "page": str(page), "perPage": "200", "totalPages": str(pages), "total": "512"}
    return {"recenttracks": {"@attr": about, "track": list(tracks) if many is None else many}}


def listen(n: int = 0, **changes: Any) -> dict[str, Any]:
    """A listen of ListenBrainz, a minute older for each n."""
    return {
        "listened_at": UTS - 60 * n,
        "inserted_at": UTS + 5,
        "recording_msid": uuid(1000 + n),
        "user_name": "ann",
        "track_metadata": {
            "artist_name": "Röyksopp",
            "track_name": f"Some Resolve {n}",
            "release_name": "Profound Mysteries II",
            "additional_info": {"recording_mbid": uuid(30), "duration_ms": 402390, "submission_client": "navidrome"},
            "mbid_mapping": None,
        },
        **changes,
    }


def listens(*rows: Any, user: str = "ann") -> dict[str, Any]:
    return {"payload": {"count": len(rows), "user_id": user, "latest_listen_ts": UTS, "listens": list(rows)}}
