"""Ratings counted: the average, the nine half steps, and percentages that sum to 100. Pure.

Ratings are whole halves throughout: 9 is 4.5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
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


def percentages(counts: Sequence[int]) -> list[int]:
    """Whole percentages of the total that sum to exactly 100 (to 0 where there is nothing).

    Largest remainder (Hamilton): shares are cut, and what is missing goes to the largest remainders,
    the earlier first where they are equal.
    """
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    whole = [count * 100 // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda place: (-(counts[place] * 100 % total), place))
    for place in by_remainder[: 100 - sum(whole)]:
        whole[place] += 1
    return whole
