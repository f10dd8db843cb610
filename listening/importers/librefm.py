"""Libre.fm's export: CSV with at least Time, Artist and Track in any order and case, after comments.

`Time` is the start in seconds since 1970, or a date; without a zone it is UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, whole_second
from listening.importers.rows import (
    Importer,
    Reading,
    Skip,
    Unusable,
    believable,
    epoch_of,
    name_of,
    optional_name,
    told,
)
from listening.importers.tables import columns_of, table


def recognise(sample: bytes) -> bool:
    return {"time", "artist", "track"} <= columns_of(sample)


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    start = _moment(record.get("time"))
    artist = name_of(record.get("artist"), "artist")
    track = name_of(record.get("track"), "track", MAX_TRACK)
    return Play(
        track=track,
        artist=artist,
        album=optional_name(record.get("album"), "album"),
        started_at=believable(start, reading.latest),
        source_key=play_key(whole_second(start), artist, track),
    )


def _moment(value: object) -> datetime:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise Unusable("missing", "The time is missing.")
    number = told(text)
    if isinstance(number, int | float):
        return epoch_of(number, "time")
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unusable("not_a_time", "The time is neither seconds nor a date and time.") from None


LIBREFM = Importer(
    name="librefm",
    title="Libre.fm export",
    source="librefm",
    recognise=recognise,
    records=table,
    read=read,
)
