"""Geometry of the pictures: plain numbers in, coordinates out. Pure.

Templates in templates/charts/ draw them; sidetrack/templatetags/charts.py hands them over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

STEPS = tuple(Decimal(5 * n).scaleb(-1) for n in range(2, 11))
"""1.0 to 5.0 in halves."""


@dataclass(frozen=True)
class Bar:
    """One half-step of a histogram, in the drawing's units."""

    step: str
    count: int
    percent: int
    x: float
    y: float
    width: float
    height: float
    own: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Histogram:
    """Nine bars on a ground `width` by `height`; `average_x` where the average stands."""

    bars: tuple[Bar, ...]
    average_x: float | None
    base: float
    width: int
    height: int


def histogram(
    distribution: Mapping[str, int], average: Decimal | None, own: Decimal | None, width: int = 360, height: int = 190
) -> Histogram:
    """`distribution` counts by "1.0" to "5.0"; the average stands between the bars it lies between."""
    pitch = width / len(STEPS)
    base, room = height - 36.0, height - 36.0 - 22
    tallest = max(distribution.values(), default=0) or 1
    counts = [distribution.get(str(step), 0) for step in STEPS]
    bars = []
    for index, (step, count, percent) in enumerate(zip(STEPS, counts, percentages(counts), strict=True)):
        tall = round(room * count / tallest, 2)
        bars.append(
            Bar(
                str(step),
                count,
                percent,
                round(index * pitch + 2, 2),
                round(base - tall, 2),
                round(pitch - 4, 2),
                tall,
                own == step,
            )
        )
    average_x = None if average is None else round(float(average - 1) * 2 * pitch + pitch / 2, 2)
    return Histogram(tuple(bars), average_x, base, width, height)


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


def share(value: int, whole: int, width: int = 1000) -> int:
    """Length of a bar of `value` where `whole` fills `width`; a value above nought is never invisible."""
    if value <= 0 or whole <= 0:
        return 0
    return max(4, min(width, round(width * value / whole)))


@dataclass(frozen=True)
class Line:
    """Plays per day: runs of points ("x,y x,y"), single days as dots, and what the axes say."""

    runs: tuple[str, ...]
    dots: tuple[str, ...]
    top: int
    first: date
    last: date
    days: tuple[tuple[date, int | None], ...]

    @property
    def gaps(self) -> bool:
        return any(plays is None for _, plays in self.days)


def day_line(
    counts: Sequence[tuple[date, int | None]], first: date, last: date, width: int = 1000, height: int = 100
) -> Line:
    """A line over the days `first` to `last`. A day that is absent, or None, is a gap in the line."""
    known = dict(counts)
    span = max(1, (last - first).days)
    days = tuple((first + timedelta(n), known.get(first + timedelta(n))) for n in range((last - first).days + 1))
    top = max((plays for _, plays in days if plays), default=0)
    pieces: list[list[str]] = [[]]
    for index, (_, plays) in enumerate(days):
        if plays is None:
            pieces.append([])
            continue
        x, y = width * index / span, height - (height - 4) * plays / (top or 1)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
    return Line(
        runs=tuple(" ".join(piece) for piece in pieces if len(piece) > 1),
        dots=tuple(piece[0] for piece in pieces if len(piece) == 1),
        top=top,
        first=first,
        last=last,
        days=days,
    )
