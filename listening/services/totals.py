"""Totals of all time, kept equal to a recount by everything that writes listens."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple


class Counted(NamedTuple):
    """A canonical listen, as far as it is counted."""

    artist_id: int
    album_id: int | None
    track_id: int
    started_at: datetime
    ms_played: int | None


def count_in(user_id: int, rows: Collection[Counted]) -> None:
    """These listens began to count: they were stored, or are no longer taken for another's record of a play.

    Call it in the transaction of that write, with the member's row locked. Does nothing for members without totals.
    """


def count_out(user_id: int, rows: Collection[Counted]) -> None:
    """These listens count no longer: they were deleted, or are taken for a record of another's play."""
