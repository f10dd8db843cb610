"""Which records of one listener are of the same play. Pure: plain values in, {duplicate: canonical} out.

Two records are of one play when they come from different sources, name the same track, and their times agree once
it is said what each source's stamp means (`MEANINGS`). Each record has at most one partner in another source, pairs
are made in the order of time, and all of a play point at the record of the source that knows it best (`RANK`).

The hard rule is that no real repeat is lost: in doubt two records stay two plays. Who hears a track again begins it
no sooner than the track is long, so times may differ by half its length and no more: a whole length away is the
play before or after. The answer depends on the set of records alone, never on ids or on the order of arrival.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

VERSION = 1
"""Goes up with every change of the rule; a job then matches everybody anew."""

# Thresholds, in milliseconds.
LEEWAY = 120_000
"""Most by which stamps may differ beyond what they mean: clocks, pauses, slow scrobblers."""
PAUSES = 240_000
"""The same where the later stamp may be late by pauses; these may also take three quarters of the play's length."""
UNKNOWN_LENGTH = 60_000
"""Taken for the length of a play that no record tells."""
CLOCKS = 3_000
"""Stamps this near agree however short the track."""
END_LEEWAY = 15_000
"""By how much the distance of a start from an end may differ from the length of the play."""
LONGEST_END = 20 * 60_000
"""Longer plays are not looked for by their end."""
_MINUTE = 60_000

START_REACH = PAUSES + _MINUTE
END_REACH = LONGEST_END + END_LEEWAY + _MINUTE
"""Records farther apart than this are never of one play."""


class Meaning(NamedTuple):
    """What the start stored for a source says: the play began up to `late` milliseconds after it.

    `may_be_end`: the stamp may also be the end of the play. `pauses`: it is late by the pauses of the play.
    """

    words: str
    late: int = 0
    may_be_end: bool = False
    pauses: bool = False


# In the order of rank: who knows the start best, the length played and the album.
MEANINGS = {
    "spotify_history": Meaning("end of the stream less the time played, so late by the pauses in it", pauses=True),
    "listenbrainz": Meaning("start"),
    "lastfm": Meaning("start as the scrobbler tells it, often some seconds off"),
    "librefm": Meaning("start as the scrobbler tells it"),
    "koito": Meaning("start as the scrobbler tells it"),
    "maloja": Meaning("start as the scrobbler tells it"),
    "scrobbler_log": Meaning("start by the player's own clock"),
    "other": Meaning("start as the client tells it"),
    "spotify": Meaning("start or end: Spotify's list of recent plays has told both", may_be_end=True),
    "spotify_account": Meaning(
        "minute of the end less the time played, so late by the pauses in it", late=_MINUTE, pauses=True
    ),
    "lastfm_minutes": Meaning("start, cut to the minute", late=_MINUTE),
    "manual": Meaning("start as the member remembers it"),
}
RANK = {source: rank for rank, source in enumerate(MEANINGS)}

# What a title may end with in one source and lack in another, beyond what folding takes away.
_ENDINGS = re.compile(
    r" (?:(?:single|original|radio|video|clean|explicit|standard) version|(?:radio|single|album) edit|original mix)$"
)


class Record(NamedTuple):
    """One source's record of a play. `start` in milliseconds, `artist` and `title` folded (listening/folding.py).

    `duration` is the track's length as this source tells it. `id` is only handed back.
    """

    id: int
    source: str
    source_key: str
    start: int
    ms_played: int | None
    duration: int | None
    artist_id: int
    artist: str
    title: str


class Agreement(NamedTuple):
    """How two records agree: `cost` orders, in milliseconds; `by_end`: one tells the start, the other the end."""

    cost: int
    by_end: bool


Edges = dict[tuple[int, int], Agreement]
Pairs = list[tuple[int, int]]

_END_COST = 10 * END_REACH
_NEIGHBOURS = 32
_MOST_CELLS = 250_000


def match(records: Iterable[Record]) -> dict[int, int]:
    """{id of a duplicate: id of its canonical record}. Give neither records kept apart nor two listeners' at once."""
    found: dict[int, int] = {}
    titles: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        titles[heading(record.title)].append(record)
    for same in titles.values():
        found.update(match_title(same))
    return found


@lru_cache(maxsize=50_000)
def heading(title: str) -> str:
    """A folded title without what only some sources add."""
    return _ENDINGS.sub("", title)


def match_title(records: list[Record]) -> dict[int, int]:
    """`match` for records of one heading.

    Source by source, best first: each record joins the play of a better one, or stands for a play itself.
    """
    if len(records) < 3:
        return _match_two(*records) if len(records) == 2 else {}
    found: dict[int, int] = {}
    sources: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=_by_content):
        sources[record.source].append(record)
    plays: list[Record] = []
    for source in sorted(sources, key=RANK.__getitem__):
        own = sources[source]
        pairs = _pairs(plays, own)
        found.update({own[other].id: plays[one].id for one, other in pairs})
        joined = {other for _, other in pairs}
        plays = sorted([*plays, *(own[at] for at in range(len(own)) if at not in joined)], key=_by_content)
    return found


def _match_two(one: Record, other: Record) -> dict[int, int]:
    """What nearly all titles come to: nobody else could be meant."""
    if RANK[one.source] > RANK[other.source]:
        one, other = other, one
    if one.source == other.source or abs(one.start - other.start) > END_REACH or not agreement(one, other):
        return {}
    return {other.id: one.id}


def _by_content(record: Record) -> tuple[int, int, str]:
    return record.start, RANK[record.source], record.source_key


def _pairs(plays: Sequence[Record], own: Sequence[Record]) -> Pairs:
    """Which of `own` (one source) belongs to which play, each to one at most; both in order of time."""
    edges = _edges(plays, own)
    pairs = [pair for part in _parts(edges) for pair in _best(part)]
    return _undoubted(pairs, edges, plays, own) if any(edges[pair].by_end for pair in pairs) else pairs


def _undoubted(pairs: Pairs, edges: Edges, plays: Sequence[Record], own: Sequence[Record]) -> Pairs:
    """On one repeat a source tells starts or ends, not both: the fewer of them may be the plays before or after."""
    times = sorted(record.start for record in (*plays, *own))
    begun = times[:1] + [later for time, later in pairwise(times) if later - time > START_REACH]
    repeats: dict[tuple[int, str], tuple[Pairs, Pairs]] = defaultdict(lambda: ([], []))
    for one, other in pairs:
        repeat = bisect_right(begun, own[other].start), plays[one].source
        repeats[repeat][edges[one, other].by_end].append((one, other))
    return [pair for starts, ends in repeats.values() for pair in (ends if len(ends) > len(starts) else starts)]


def _edges(plays: Sequence[Record], own: Sequence[Record]) -> Edges:
    edges: Edges = {}
    if not plays or not own:
        return edges
    starts = [play.start for play in plays]
    reach = END_REACH if any(MEANINGS[each.source].may_be_end for each in (*plays, own[0])) else START_REACH
    for other, record in enumerate(own):
        middle = bisect_left(starts, record.start)
        first = max(bisect_left(starts, record.start - reach), middle - _NEIGHBOURS)
        last = min(bisect_right(starts, record.start + reach), middle + _NEIGHBOURS)
        for one in range(first, last):
            if agreed := agreement(plays[one], record):
                edges[one, other] = agreed
    return edges


def agreement(one: Record, other: Record) -> Agreement | None:
    """Can these two records of one title, from two sources, be of one play?"""
    if not (one.artist_id == other.artist_id or related(one.artist, other.artist)):
        return None
    first, second = MEANINGS[one.source], MEANINGS[other.source]
    apart = other.start - one.start
    # Both began at one time: second less first lies between -second.late and first.late.
    spread = (first.late + second.late) // 2
    later = (2 * apart - first.late + second.late) // 2
    paused = (second if later > 0 else first).pauses and not (first.pauses and second.pauses)
    off, most = abs(later), PAUSES if paused else LEEWAY
    length = _length(one, other)
    if off <= min(spread + most, max(length * 3 // 4 if paused else length // 2, spread + CLOCKS)):
        return Agreement(max(0, off - spread), by_end=False)
    if first.may_be_end or second.may_be_end:
        after = later if second.may_be_end else -later
        ends = [abs(after - length) for length in _lengths(one, other) if length <= LONGEST_END]
        if ends and min(ends) <= END_LEEWAY + spread:
            return Agreement(_END_COST + min(ends), by_end=True)
    return None


def why(counts: Record, other: Record) -> str:
    """What made the rule take `other` for another record of the play `counts`, for the listener to read."""
    agreed = agreement(counts, other)
    if agreed is None:
        return "the rule has changed since; both are looked at again tonight"
    apart = abs(other.start - counts.start)
    if agreed.by_end:
        return "one tells when it began, the other when it ended"
    if agreed.cost == 0 and apart >= 1000:
        return "the same minute, which is all that is told"
    return "the same second" if apart < 1000 else f"{_spoken(round(apart / 1000))} apart"


def _spoken(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    parts = [(minutes, "minute"), (rest, "second")]
    return " and ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number)


@lru_cache(maxsize=50_000)
def related(one: str, other: str) -> bool:
    """Folded credits of the same artist: equal, one beginning the other ("queen", "queen and david bowie"), or the
    same words in another order."""
    if one == other or f"{one} ".startswith(f"{other} ") or f"{other} ".startswith(f"{one} "):
        return True
    return set(one.split()) == set(other.split())


def _length(one: Record, other: Record) -> int:
    """How long after one play the next of this track can begin: the shorter time that is told."""
    told = [ms for ms in (one.ms_played, other.ms_played) if ms]
    return min(told or _lengths(one, other) or [UNKNOWN_LENGTH])


def _lengths(one: Record, other: Record) -> list[int]:
    return [ms for ms in (one.ms_played, other.ms_played, one.duration, other.duration) if ms]


def _parts(edges: Edges) -> list[Edges]:
    """Edges that share a record, directly or through others, together."""
    leader: dict[tuple[str, int], tuple[str, int]] = {}

    def find(node: tuple[str, int]) -> tuple[str, int]:
        while leader.setdefault(node, node) != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for one, other in edges:
        leader[find(("play", one))] = find(("own", other))
    parts: dict[tuple[str, int], Edges] = defaultdict(dict)
    for (one, other), edge in edges.items():
        parts[find(("play", one))][one, other] = edge
    return list(parts.values())


def _best(edges: Edges) -> Pairs:
    """Most pairs, then least cost, in the order of time on both sides."""
    if len(edges) == 1:
        return list(edges)
    ones, others = sorted({one for one, _ in edges}), sorted({other for _, other in edges})
    if len(ones) * len(others) > _MOST_CELLS:
        return _in_order(edges)
    return _aligned(ones, others, edges)


def _aligned(ones: list[int], others: list[int], edges: Edges) -> Pairs:
    """The best alignment of two sequences, as of two texts."""
    worth: Callable[[Agreement], int] = lambda edge: 10**12 - edge.cost  # noqa: E731
    table = [[0] * (len(others) + 1)]
    for one in ones:
        above, row = table[-1], [0]
        for at, other in enumerate(others):
            best = max(above[at + 1], row[at])
            if edge := edges.get((one, other)):
                best = max(best, above[at] + worth(edge))
            row.append(best)
        table.append(row)
    pairs, i, j = [], len(ones), len(others)
    while i and j:
        if table[i][j] == table[i - 1][j]:
            i -= 1
        elif table[i][j] == table[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((ones[i], others[j]))
    return pairs


def _in_order(edges: Edges) -> Pairs:
    """Far more records at one time than anybody plays: the first with the first that agrees."""
    pairs, last = [], -1
    taken: set[int] = set()
    for one, other in sorted(edges):
        if one not in taken and other > last:
            taken.add(one)
            pairs.append((one, other))
            last = other
    return pairs
