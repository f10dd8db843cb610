"""Are two albums the same? Plain values in, a verdict with its reason out; no database.

Ids decide first. Equal folded names are the same album unless ids and years, or years alone, speak against it.
Names that are only near count as the same from a stated similarity on, and only where each word that differs looks
like a slip of the pen: no other number, code ("b12") or single letter ("Album A", "Album B"), and no other word
("Love Songs", "Live Songs").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from listening.folding import fold_artist, fold_title, has_edition

SURE = 90.0
"""From this similarity on (rapidfuzz `ratio`, 0 to 100, of folded names) two names are the same unasked. The figures
behind it are in tests/pure/test_matching.py."""

LIKELY = 80.0
"""From here up to SURE it is a question for a person, never merged."""

SHORTEST = 8
"""Names with fewer letters must be equal: "Low" and "Low." are, "Red" and "Reds" are not."""

MOST_SLIPS = 2
SMALL_WORDS = {"a", "an", "and", "of", "the"}

_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip


class Verdict(Enum):
    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Described:
    """An album as somebody describes it. `ids` are sets of ids by scheme: editions give an album several."""

    title: str
    artist: str
    year: int | None = None
    ids: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def once(cls, title: str, artist: str, year: int | None, ids: Mapping[str, str]) -> Described:
        """By somebody who knows one id of each scheme."""
        return cls(title, artist, year, {scheme: frozenset({value}) for scheme, value in ids.items()})


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    reason: str
    score: float = 100.0


def decide(one: Described, other: Described) -> Decision:
    """Same, different or unsure, and why. Symmetric."""
    if any(one.ids[scheme] & other.ids.get(scheme, frozenset()) for scheme in one.ids):
        return Decision(Verdict.SAME, "they share an id")
    title = _similarity(fold_title(one.title), fold_title(other.title))
    artist = _similarity(fold_artist(one.artist), fold_artist(other.artist))
    if title == artist == 100.0:
        return _namesakes(one, other)
    return _near(one, other, min(title, artist))


def numbers(folded: str) -> list[str]:
    """The numbers of a folded name in order; "ii", "2" and "two" are one."""
    return [number for word in folded.split() if (number := _number(word))]


def _namesakes(one: Described, other: Described) -> Decision:
    """Equal names: one album unless it cannot be."""
    apart = _years_apart(one, other)
    if apart is None or has_edition(one.title) or has_edition(other.title):
        return Decision(Verdict.SAME, "equal names")
    if _conflict(one, other, "musicbrainz") and apart >= 1:
        return Decision(Verdict.DIFFERENT, "other release groups of other years")
    if apart > 1 and any(_conflict(one, other, scheme) for scheme in one.ids):
        return Decision(Verdict.DIFFERENT, "other ids and other years")
    if apart > 2:
        return Decision(Verdict.DIFFERENT, f"{apart} years apart")
    return Decision(Verdict.SAME, "equal names")


def _near(one: Described, other: Described, score: float) -> Decision:
    if score < LIKELY:
        return Decision(Verdict.DIFFERENT, "other names", score)
    if _all_numbers(one) != _all_numbers(other):
        return Decision(Verdict.DIFFERENT, "other numbers in the names", score)
    apart = _years_apart(one, other)
    if apart is not None and apart > 1:
        return Decision(Verdict.DIFFERENT, "near names, other years", score)
    if score < SURE or not _slips(one, other):
        return Decision(Verdict.UNSURE, "near names", score)
    if any(_conflict(one, other, scheme) for scheme in one.ids):
        return Decision(Verdict.UNSURE, "near names, other ids", score)
    return Decision(Verdict.SAME, "names equal but for a letter", score)


def _slips(one: Described, other: Described) -> bool:
    return _is_slip(fold_title(one.title), fold_title(other.title)) and _is_slip(
        fold_artist(one.artist), fold_artist(other.artist)
    )


def _similarity(one: str, other: str) -> float:
    if one.replace(" ", "") == other.replace(" ", ""):
        return 100.0
    score = fuzz.ratio(one, other)
    return score if min(len(one), len(other)) >= SHORTEST else min(score, SURE - 1)


def _years_apart(one: Described, other: Described) -> int | None:
    return None if one.year is None or other.year is None else abs(one.year - other.year)


def _conflict(one: Described, other: Described, scheme: str) -> bool:
    mine, theirs = one.ids.get(scheme), other.ids.get(scheme)
    return bool(mine and theirs and not mine & theirs)


def _all_numbers(album: Described) -> tuple[list[str], list[str]]:
    return numbers(fold_title(album.title)), numbers(fold_artist(album.artist))


def _is_slip(one: str, other: str) -> bool:
    """Do the words that differ look like slips of the pen? At most two may, or one small word may be missing."""
    mine, theirs = one.split(), other.split()
    if len(mine) != len(theirs):
        return _without_small(mine) == _without_small(theirs)
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if a != b]
    return len(pairs) <= MOST_SLIPS and all(_is_misspelled(a, b) for a, b in pairs)


def _is_misspelled(one: str, other: str) -> bool:
    """One letter too few, too many or changed with the next in a word of five; in one of seven also another letter.
    Never the first letter, which people get right: "Winner" is not "Dinner"."""
    if one[0] != other[0] or not (one.isalpha() and other.isalpha()) or OSA.distance(one, other) != 1:
        return False
    replaced = len(one) == len(other) and sorted(one) != sorted(other)
    return max(len(one), len(other)) >= (7 if replaced else 5)


def _without_small(words: list[str]) -> list[str]:
    return [word for word in words if word not in SMALL_WORDS]


def _number(word: str) -> str:
    digits = re.sub(r"\D", "", word)
    if digits:
        return digits
    if word in _NUMBER_WORDS:
        return _NUMBER_WORDS[word]
    return str(_roman(word)) if _ROMAN.fullmatch(word) else ""


def _roman(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    later = [*values[1:], 0]
    return sum(-value if value < following else value for value, following in zip(values, later, strict=True))
