"""Ratings in halves: "4.5", 4.5 and 4 become the whole numbers 9, 9 and 8 that are stored. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from sidetrack.errors import Invalid

LOWEST, HIGHEST = 2, 10
STEPS = [f"{halves / 2:.1f}" for halves in range(LOWEST, HIGHEST + 1)]
"""The nine ratings as shown: "1.0", "1.5", ..., "5.0"."""

_NUMBER = re.compile(r"[0-9]{1,2}(\.[0-9]{1,10})?", re.ASCII)


def halves_of(rating: object) -> int:
    """2 to 10 for a rating from 1.0 to 5.0 in half steps, given as text, number or Decimal.

    Raises Invalid naming `rating` for all else: 4.25, "4,5", 0, 5.5, NaN, infinity, true.
    """
    if isinstance(rating, bool) or not isinstance(rating, str | int | float | Decimal):
        raise _refused()
    text = str(rating).strip() if not isinstance(rating, int) or 0 < rating < 10 else "none"
    if not _NUMBER.fullmatch(text):
        raise _refused()
    doubled = Decimal(text) * 2
    if doubled != int(doubled) or not LOWEST <= doubled <= HIGHEST:
        raise _refused()
    return int(doubled)


def shown(halves: int) -> str:
    """9 -> "4.5"."""
    return f"{halves / 2:.1f}"


def _refused() -> Invalid:
    return Invalid("Rate from 1.0 to 5.0 in half steps, like 4.5.", attr="rating", code="invalid_rating")
