"""Which records of a member are of the same play, written into `ListenEvent.duplicate_of`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime


def match_around(user_id: int, moments: Collection[datetime]) -> int:
    """Match anew every stretch of a member's listens that these starts of plays touch; returns the rows that changed.

    Call it after listens were stored, removed or given another track, in the same transaction, with the member's row
    locked. `moments` are the starts of the rows written or removed. Tells the totals what begins and ceases to count.
    """
    return 0
