"""Plays made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from integrations.types import Play

_numbers = count()


def play(track: str, artist: str, album: str | None = None, *, duration_ms: int | None = None, **ids: str) -> Play:
    """A play of its own; `ids` are its external ids."""
    number = next(_numbers)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return Play(track, artist, album, at, f"key {number}", None, duration_ms, ids)
