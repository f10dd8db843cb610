"""Spotify's account data: `StreamingHistory_music_0.json` and older `StreamingHistory0.json`, the last twelve months.

`endTime` is the end of the stream in UTC, to the minute; no album, no ids, and no word on why a stream ended.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from integrations.keys import source_key
from integrations.types import Play
from integrations.values import MAX_TRACK
from listening.importers.records import records
from listening.importers.rows import Importer, Reading, Skip, Unusable, believable, milliseconds_of, name_of, told
from listening.importers.spotify import SHORT_MS, start_of


def recognise(sample: bytes) -> bool:
    return b'"endTime"' in sample and b'"msPlayed"' in sample


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    if "podcastName" in record or "episodeName" in record:
        return Skip("podcast")
    if "audiobookName" in record:
        return Skip("audiobook")
    if record.get("trackName") == "Unknown Track" and record.get("artistName") == "Unknown Artist":
        return Skip("no track named")
    ms_played = milliseconds_of(told(record.get("msPlayed")), "time played")
    if ms_played < SHORT_MS:
        return Skip("played for less than 30 seconds")
    ended = _minute(record.get("endTime"))
    track = name_of(record.get("trackName"), "track", MAX_TRACK)
    artist = name_of(record.get("artistName"), "artist")
    return Play(
        track=track,
        artist=artist,
        album=None,
        started_at=believable(start_of(ended, ms_played), reading.latest),
        source_key=source_key(int(ended.timestamp()), artist, track, ms_played),
        ms_played=ms_played,
    )


def _minute(text: object) -> datetime:
    """ "2024-01-05 14:23" in UTC."""
    if text is None:
        raise Unusable("missing", "The time is missing.")
    if isinstance(text, str) and len(text) == len("2024-01-05 14:23"):
        with suppress(ValueError):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    raise Unusable("not_a_time", "The time is not written like 2024-01-05 14:23.")


SPOTIFY_ACCOUNT = Importer(
    name="spotify_account",
    title="Spotify account data",
    source="spotify_account",
    recognise=recognise,
    records=records,
    read=read,
)
