"""Geometry of the pictures: plain numbers in, coordinates out. Pure.

Templates in templates/charts/ draw them; sidetrack/templatetags/charts.py hands them over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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
    """Counts over time: runs of points ("x,y x,y"), single ones as dots, and what the axes say."""

    runs: tuple[str, ...]
    dots: tuple[str, ...]
    top: int
    points: tuple[tuple[date, int | None], ...]

    @property
    def first(self) -> date:
        return self.points[0][0]

    @property
    def last(self) -> date:
        return self.points[-1][0]

    @property
    def gaps(self) -> bool:
        return any(count is None for _, count in self.points)


def line(points: Sequence[tuple[date, int | None]], width: int = 1000, height: int = 100) -> Line:
    """A line over at least one point, each as far from the next; None is a gap in it."""
    span = max(1, len(points) - 1)
    top = max((count for _, count in points if count), default=0)
    pieces: list[list[str]] = [[]]
    for index, (_, count) in enumerate(points):
        if count is None:
            pieces.append([])
            continue
        x, y = width * index / span, height - (height - 4) * count / (top or 1)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
    return Line(
        runs=tuple(" ".join(piece) for piece in pieces if len(piece) > 1),
        dots=tuple(piece[0] for piece in pieces if len(piece) == 1),
        top=top,
        points=tuple(points),
    )


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHADES = 4
CELL = 13
"""Units of one hour in a heatmap."""


@dataclass(frozen=True)
class Cell:
    """One hour of one weekday. The more plays, the darker (`shade` 0 to SHADES) and the larger its square."""

    hour: int
    count: int
    shade: int
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class HeatRow:
    weekday: str
    middle: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heatmap:
    """Seven rows of 24 cells; `steps` are the least counts of each shade from 1 up, as far as they differ."""

    rows: tuple[HeatRow, ...]
    top: int
    total: int
    busiest: tuple[str, int] | None
    steps: tuple[tuple[int, int], ...]
    width: int
    height: int

    @property
    def by_hour(self) -> list[tuple[int, list[int]]]:
        """[(hour, counts from Monday)], for a table."""
        return [(hour, [row.cells[hour].count for row in self.rows]) for hour in range(24)]


def heatmap(counts: Mapping[tuple[int, int], int], left: int = 30, above: int = 18) -> Heatmap:
    """`counts` by (weekday from Monday 0, hour)."""
    top = max(counts.values(), default=0)
    rows = []
    for weekday, name in enumerate(WEEKDAYS):
        cells = []
        for hour in range(24):
            count = counts.get((weekday, hour), 0)
            shade = shade_of(count, top)
            size = CELL * (0.28 + 0.16 * shade)
            inset = (CELL - size) / 2
            x, y = left + hour * CELL + inset, above + weekday * CELL + inset
            cells.append(Cell(hour, count, shade, round(x, 1), round(y, 1), round(size, 1)))
        rows.append(HeatRow(name, above + weekday * CELL + CELL / 2, tuple(cells)))
    busiest = max(counts, key=lambda place: (counts[place], -place[0], -place[1]), default=None)
    steps = {shade_of(least, top): least for least in (top * n // SHADES + 1 for n in range(SHADES)) if least <= top}
    return Heatmap(
        rows=tuple(rows),
        top=top,
        total=sum(counts.values()),
        busiest=(WEEKDAYS[busiest[0]], busiest[1]) if busiest and top else None,
        steps=tuple(sorted(steps.items())),
        width=left + 24 * CELL,
        height=above + 7 * CELL,
    )


def shade_of(count: int, top: int) -> int:
    """0 for nothing, else 1 to SHADES in equal steps up to `top`; what was counted is never shown as nothing."""
    return -(-SHADES * count // top) if count > 0 and top > 0 else 0
