"""Reading a history from bytes, for tests."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from integrations.types import Play
from listening.importers.files import History, open_history
from listening.importers.rows import Reading, Reject, Row, Skip

LATEST = datetime(2026, 11, 21, tzinfo=UTC)


def opened(data: bytes) -> History:
    return open_history(io.BytesIO(data), len(data))


def rows_of(data: bytes, zone: tzinfo = UTC) -> list[Row]:
    return list(opened(data).rows(Reading(LATEST, zone)))


def play(row: Row) -> Play:
    assert isinstance(row, Play), row
    return row


def told(rows: Iterable[Row]) -> list[tuple[datetime, str, str, str | None]]:
    """What each play says, without its key."""
    return [(row.started_at, row.artist, row.track, row.album) for row in map(play, rows)]


def kinds(rows: Iterable[Row]) -> list[str]:
    """ "play", the reason of a skip, or the code of a reject."""
    return [row.reason if isinstance(row, Skip) else row.code if isinstance(row, Reject) else "play" for row in rows]
