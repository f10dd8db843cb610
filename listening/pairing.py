"""Which albums of one list are which of another: candidates without looking at every pair, then one partner each.

Pure. `matching.decide` is the judge; here stands only which pairs are brought before it. Whatever it calls the same
has equal names but for spaces, or slips of the pen that leave word order and first letters, so the two keys by which
candidates are found miss none of those. Questions ("unsure") are looked for under one artist or one title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from listening.folding import fold_artist, fold_title
from listening.matching import LIKELY, SMALL_WORDS, Decision, Described, Verdict, decide

MOST_IN_BLOCK = 4_000_000
"""Pairs looked at under one key. Above it ("Various Artists" of two whole shops) only equal names and slips of the pen
are found there, no questions."""


@dataclass(frozen=True)
class Pair:
    """Places of two albums in their lists, and what was decided about them."""

    one: int
    other: int
    decision: Decision


@dataclass(frozen=True)
class _Keys:
    artist: str
    title: str

    @property
    def names(self) -> Hashable:
        return self.artist.replace(" ", ""), self.title.replace(" ", "")

    @property
    def initials(self) -> Hashable:
        return _initials(self.artist), _initials(self.title)


def pair(ours: Sequence[Described], theirs: Sequence[Described]) -> list[Pair]:
    """Each album with at most one partner, same before unsure, best first, in the order of `ours`.

    Equals go to the nearest year, then to the most alike as written, then to the earliest, so that the answer depends
    on nothing else.
    """
    found = [(Pair(a, b, decision), _rank(ours[a], theirs[b], decision)) for a, b, decision in judged(ours, theirs)]
    found.sort(key=lambda each: (each[1], each[0].one, each[0].other))
    taken_ours: set[int] = set()
    taken_theirs: set[int] = set()
    chosen = []
    for each, _ in found:
        if each.one not in taken_ours and each.other not in taken_theirs:
            taken_ours.add(each.one)
            taken_theirs.add(each.other)
            chosen.append(each)
    return sorted(chosen, key=lambda each: each.one)


def judged(ours: Sequence[Described], theirs: Sequence[Described]) -> Iterator[tuple[int, int, Decision]]:
    """Every pair that is the same or a question, once."""
    seen: set[tuple[int, int]] = set()
    for a, b in candidates(ours, theirs):
        if (a, b) not in seen:
            seen.add((a, b))
            decision = decide(ours[a], theirs[b])
            if decision.verdict is not Verdict.DIFFERENT:
                yield a, b, decision


def candidates(ours: Sequence[Described], theirs: Sequence[Described]) -> Iterator[tuple[int, int]]:
    """Pairs that could be the same or a question; some more than once."""
    mine, yours = [_keys(each) for each in ours], [_keys(each) for each in theirs]
    for ones, others in _blocks((keys.names for keys in mine), (keys.names for keys in yours)):
        yield from ((a, b) for a in ones for b in others)
    for ones, others in _blocks((keys.initials for keys in mine), (keys.initials for keys in yours)):
        yield from _near(mine, yours, ones, others)
    for name in ("artist", "title"):
        blocks = _blocks((getattr(keys, name) for keys in mine), (getattr(keys, name) for keys in yours))
        for ones, others in blocks:
            if len(ones) * len(others) <= MOST_IN_BLOCK:
                yield from _near(mine, yours, ones, others)


def _keys(album: Described) -> _Keys:
    return _Keys(fold_artist(album.artist), fold_title(album.title))


def _initials(folded: str) -> str:
    return " ".join(word[0] for word in folded.split() if word not in SMALL_WORDS)


def _blocks(mine: Iterable[Hashable], yours: Iterable[Hashable]) -> Iterator[tuple[list[int], list[int]]]:
    """Places in both lists that share a key."""
    ones, others = _by_key(mine), _by_key(yours)
    yield from ((places, others[key]) for key, places in ones.items() if key in others)


def _by_key(keys: Iterable[Hashable]) -> dict[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        places[key].append(place)
    return places


def _near(
    mine: Sequence[_Keys], yours: Sequence[_Keys], ones: Iterable[int], others: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Those that `decide` would not turn down for their names alone."""
    for a in ones:
        title, artist = mine[a].title, mine[a].artist
        for b in others:
            if fuzz.ratio(title, yours[b].title, score_cutoff=LIKELY) and (
                artist == yours[b].artist or fuzz.ratio(artist, yours[b].artist, score_cutoff=LIKELY)
            ):
                yield a, b


def _rank(one: Described, other: Described, decision: Decision) -> tuple[bool, float, int, float]:
    years = 1 if one.year is None or other.year is None else abs(one.year - other.year)
    written = fuzz.ratio(f"{one.title} {one.artist}".casefold(), f"{other.title} {other.artist}".casefold())
    return decision.verdict is not Verdict.SAME, -decision.score, years, -written
