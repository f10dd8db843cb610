"""Ratings counted: the average and the nine half steps. Pure.

Ratings are whole halves throughout: 9 is 4.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from club.halves import HIGHEST, LOWEST, shown


def ratings_summary(halves: Iterable[int]) -> dict[str, Any]:
    """`{"average": "3.87"|None, "count": 3, "distribution": {"1.0": 0, ..., "5.0": 1}}`."""
    counts = Counter(halves)
    steps = {shown(step): counts[step] for step in range(LOWEST, HIGHEST + 1)}
    return {
        "average": average(sum(step * count for step, count in counts.items()), counts.total()),
        "count": counts.total(),
        "distribution": steps,
    }


def average(sum_of_halves: int, count: int) -> str | None:
    """The mean of `count` ratings to two places, half up ("3.87"); None where nobody rated."""
    if not count:
        return None
    # Half of 4.5 / 100 is exact in Decimal, so 3.125 becomes 3.13 and never 3.12.
    return str((Decimal(sum_of_halves) / (2 * count)).quantize(Decimal("0.01"), ROUND_HALF_UP))
