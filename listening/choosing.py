"""Which of the albums that a catalogue offers is the one meant? Pure.

A provider's own score only says how a hit compares with its best one, so it is not looked at. Names, year and kind
decide (listening/matching.py); where two different albums fit equally well nobody guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.types import AlbumData
from listening.folding import fold_text, has_edition
from listening.matching import Described, Verdict, decide

EQUAL = 2.0
"""Points (of about 100) within which two candidates are equally good."""

_KINDS = {"album": 0.0, "": 1.0, "ep": 3.0, "single": 6.0, "broadcast": 8.0}
_OTHER_KIND = 5.0
"""Off for what is not a plain album: compilations, live records, remixes, soundtracks, ..."""


class Unsure(Exception):
    """Several may be meant, or the one that may be is only like it. The text is a sentence for people."""


def choose(wanted: Described, offered: Sequence[AlbumData], *, editions: bool = False) -> AlbumData | None:
    """The album meant, or None where none of them is. Raises Unsure.

    `editions`: does this catalogue list every edition by itself, as shops do? Then several that are one album here
    are no riddle, and the first of the best is taken.
    """
    verdicts = [(decide(wanted, described(data)).verdict, data) for data in offered]
    same = sorted(((points(wanted, data), data) for verdict, data in verdicts if verdict is Verdict.SAME), key=_first)
    if not same:
        if any(verdict is Verdict.UNSURE for verdict, _ in verdicts):
            raise Unsure("It has only something with a similar name.")
        return None
    (most, best), others = same[0], same[1:]
    rivals = [data for score, data in others if most - score < EQUAL and not _is_one(best, data, editions)]
    if rivals:
        raise Unsure(f"It has {len(rivals) + 1} albums that fit equally well.")
    return best


def described(data: AlbumData) -> Described:
    """An album as a provider tells it, for `matching`."""
    return Described.once(data.title, data.artist_credit, data.year, data.external_ids)


def points(wanted: Described, data: AlbumData) -> float:
    """How well it fits, at most 100: the nearness of the names, less what speaks against it."""
    score = decide(wanted, described(data)).score
    if fold_text(wanted.title) != fold_text(data.title):
        score -= 3.0  # an edition where the plain one may be there too
    return score - _year_off(wanted.year, data.year) - _KINDS.get(data.kind.casefold(), _OTHER_KIND)


def _first(scored: tuple[float, AlbumData]) -> float:
    return -scored[0]


def _year_off(wanted: int | None, told: int | None) -> float:
    if wanted is None:
        return 0.0
    return 2.0 if told is None else min(3.0 * abs(wanted - told), 20.0)


def _is_one(one: AlbumData, other: AlbumData, editions: bool) -> bool:
    """Two entries of one album: the same id, or, in a shop, editions of one name."""
    if any(one.external_ids.get(scheme) == value for scheme, value in other.external_ids.items()):
        return True
    if not editions:
        return False
    plain = one.year is None or other.year is None or abs(one.year - other.year) <= 1
    return (plain or has_edition(one.title) or has_edition(other.title)) and (
        decide(described(one), described(other)).verdict is Verdict.SAME
    )


def recognised(one: Described, others: Iterable[Described]) -> int | None:
    """The place of the first of `others` that is the same album as `one`."""
    return next((at for at, other in enumerate(others) if decide(one, other).verdict is Verdict.SAME), None)
