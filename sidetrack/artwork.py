"""Made-up covers: a two-tone pattern seeded from title and artist, for albums whose picture is not known.

Pure: the same title and artist give the same picture everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

SIZE = 60
"""Side of the drawing's own square; the page scales it."""

PAIRS = (
    ("#1f3a5f", "#f2a65a"),
    ("#7a1f2b", "#f3d9b1"),
    ("#0f4c3a", "#e8c547"),
    ("#e4572e", "#2b1d2e"),
    ("#f0c808", "#1d2f6f"),
    ("#3d2c5e", "#ff8a80"),
    ("#d8e2dc", "#264653"),
    ("#14213d", "#9ad1d4"),
    ("#b5446e", "#fbe3c8"),
    ("#2a6f77", "#f6d0b1"),
    ("#efe6d5", "#b3261e"),
    ("#263d42", "#d9a441"),
    ("#5c8001", "#fbeec1"),
    ("#432818", "#bfd7b5"),
    ("#f4b6c2", "#3a3042"),
    ("#22223b", "#c9ada7"),
)
"""Ground and ink of a sleeve."""


class Dice:
    """Small whole numbers drawn in order from the digest of a text."""

    def __init__(self, text: str) -> None:
        self.bytes = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        self.at = 0

    def upto(self, limit: int) -> int:
        """0 to limit - 1."""
        value = self.bytes[self.at % len(self.bytes)]
        self.at += 1
        return value % limit


def grooves(dice: Dice) -> str:
    x, y = 15 + dice.upto(31), 15 + dice.upto(31)
    step = 5 + dice.upto(4)
    rings = "".join(f'<circle cx="{x}" cy="{y}" r="{step * n}"/>' for n in range(2, 10))
    return f'<g fill="none" stroke-width="{step // 2}">{rings}</g><circle cx="{x}" cy="{y}" r="{step}" stroke="none"/>'


def stripes(dice: Dice) -> str:
    width = 3 + dice.upto(8)
    angle = (0, 30, 45, 90, 135, 150)[dice.upto(6)]
    bars = "".join(f"M{at} -40V100" for at in range(-40, 101, width * 2))
    return f'<path d="{bars}" stroke-width="{width}" transform="rotate({angle} 30 30)"/>'


def sun(dice: Dice) -> str:
    radius, x, horizon = 12 + dice.upto(9), 22 + dice.upto(17), 34 + dice.upto(10)
    lines = "".join(f"M0 {y}H60" for y in range(horizon + 3, 60, 4))
    return (
        f'<path d="M{x - radius} {horizon}A{radius} {radius} 0 0 1 {x + radius} {horizon}Z" stroke="none"/>'
        f'<path d="{lines}" stroke-width="1.6"/>'
    )


def dots(dice: Dice) -> str:
    side = 3 + dice.upto(4)
    step, grow = SIZE / side, dice.upto(2)
    middle = [(step * (n + 0.5)) for n in range(side)]
    marks = "".join(
        f'<circle cx="{x:.3g}" cy="{y:.3g}" r="{step * (0.18 + 0.24 * (row if grow else column) / (side - 1)):.3g}"/>'
        for row, y in enumerate(middle)
        for column, x in enumerate(middle)
    )
    return f'<g stroke="none">{marks}</g>'


def quarters(dice: Dice) -> str:
    """Quarter circles on a grid of three, each turned its own way."""
    turns = (
        "M0 0H20A20 20 0 0 1 0 20Z",
        "M20 0V20A20 20 0 0 1 0 0Z",
        "M20 20H0A20 20 0 0 1 20 0Z",
        "M0 20V0A20 20 0 0 1 20 20Z",
    )
    tiles = "".join(
        f'<path d="{turns[dice.upto(4)]}" transform="translate({x} {y})"/>' for y in (0, 20, 40) for x in (0, 20, 40)
    )
    return f'<g stroke-width=".3">{tiles}</g>'  # the hairline hides the seams


def hills(dice: Dice) -> str:
    ridges = []
    for row in range(9):
        y = 14 + row * 5
        peak, height = 12 + dice.upto(36), 3 + dice.upto(11)
        ridges.append(f"M4 {y}H{peak - 8}Q{peak} {y - height * 2} {peak + 8} {y}H56")
    return f'<path d="{"".join(ridges)}" fill="none" stroke-width="1.5"/>'


def arches(dice: Dice) -> str:
    x, step = 18 + dice.upto(25), 6 + dice.upto(5)
    rings = "".join(f'<circle cx="{x}" cy="60" r="{step * n}"/>' for n in range(2, 11))
    return f'<g fill="none" stroke-width="{step / 2:g}">{rings}</g><circle cx="{x}" cy="60" r="{step}" stroke="none"/>'


def shards(dice: Dice) -> str:
    x, y = 18 + dice.upto(25), 18 + dice.upto(25)
    edge = [(0, 0), (30, 0), (60, 0), (60, 30), (60, 60), (30, 60), (0, 60), (0, 30)]
    first = dice.upto(2)
    cuts = "".join(
        f"M{x} {y}L{edge[n][0]} {edge[n][1]}L{edge[(n + 1) % 8][0]} {edge[(n + 1) % 8][1]}Z" for n in range(first, 8, 2)
    )
    return f'<path d="{cuts}" stroke="none"/>'


PATTERNS: tuple[Callable[[Dice], str], ...] = (grooves, stripes, sun, dots, quarters, hills, arches, shards)


def sleeve(title: str, artist: str) -> str:
    """The inside of an `<svg viewBox="0 0 60 60">`: presentation attributes only, so any CSP allows it."""
    dice = Dice(f"{artist.casefold()}\n{title.casefold()}")
    ground, ink = PAIRS[dice.upto(len(PAIRS))]
    pattern = PATTERNS[dice.upto(len(PATTERNS))](dice)
    return f'<path fill="{ground}" d="M0 0h60v60H0z"/><g fill="{ink}" stroke="{ink}">{pattern}</g>'
