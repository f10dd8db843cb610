"""Which records of a member are of the same play, written into `ListenEvent.duplicate_of`.

The rule is pure (listening/duplicates.py) and local: what lies out of its reach changes nothing. So after a write only
the titles heard near it are matched anew, together with as much before and after as belongs to them.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from listening.duplicates import END_REACH, MEANINGS, START_REACH, Record, heading, match_title
from listening.models import ListenEvent
from listening.services.looking import rows_by_key
from listening.services.stretches import (
    Row,
    Span,
    by_index,
    record_of,
    rows_within,
    sources_of,
    spans_around,
    tracks_of,
)
from listening.services.totals import Counted, count_in, count_out

Run = list[tuple[Row, Record]]
"""Records of one title, each within reach of the one before."""

_FIRST_LOOK = 3
"""How many reaches around a moment are read at once; more only where a title goes on and on."""


def match_around(user_id: int, moments: Collection[datetime], *, gone: Collection[str] = ()) -> int:
    """Match anew every stretch of a member's listens that these starts of plays touch; returns the rows that changed.

    Call it after listens were removed or given another track, in the same transaction, with the member's row locked.
    `moments` are the starts of the rows written or removed, `gone` the sources of those removed: the last of a source
    reached as far as its others did. Tells the totals what begins and ceases to count.
    """
    sources = sources_of(user_id) if moments else []
    if len(sources) < 2:  # nor can anything be a duplicate still
        return 0
    rows, found = _matched(user_id, moments, [*sources, *gone], [])
    return _change(user_id, [(row, found.get(row.id)) for row in rows if found.get(row.id) != row.duplicate_of])


class Foreseen(NamedTuple):
    """What will be the same play once new listens are stored: of each of them the stored listen that it repeats, and
    the stored ones that change, with what they repeat then (below 0: the new listen of this `id`)."""

    duplicate_of: list[int | None]
    changes: list[tuple[Row, int | None]]


def foresee(user_id: int, source: str, new: Sequence[Row]) -> Foreseen:
    """Match listens of one source before they are stored, so that most are written once and for good.

    `new` have ids below 0. Call it with the member's row locked, then store them, then `fulfil`.
    """
    nothing = Foreseen([None] * len(new), [])
    sources = sources_of(user_id)
    if not set(sources) - {source}:
        return nothing
    rows, found = _matched(user_id, [row.started_at for row in new], [*sources, source], new)
    stored = [row for row in rows if row.id > 0]
    return Foreseen(
        [found.get(row.id) for row in new],
        [(row, found.get(row.id)) for row in stored if found.get(row.id) != row.duplicate_of],
    )


def fulfil(user_id: int, source: str, new: Sequence[Row], foreseen: Foreseen) -> None:
    """Write what storing the new listens changes of the others, now that the new ones have ids."""
    wanted = {canonical for _, canonical in foreseen.changes if canonical is not None and canonical < 0}
    keys = {row.id: row.source_key for row in new if row.id in wanted}
    where = {"user": user_id, "source": source}
    stored = rows_by_key(
        ListenEvent, ["source_key"], {(key,) for key in keys.values()}, ["source_key", "pk"], where=where
    )
    ids = dict(stored)
    real = {new_id: ids[key] for new_id, key in keys.items()}
    _change(user_id, [(row, real.get(to, to) if to is not None else None) for row, to in foreseen.changes])


def _matched(
    user_id: int, moments: Collection[datetime], sources: Collection[str], new: Sequence[Row]
) -> tuple[list[Row], dict[int, int]]:
    """The stored and new rows of all runs that the moments touch, and which of them repeat which."""
    ends = any(MEANINGS[source].may_be_end for source in sources)
    reach = timedelta(milliseconds=END_REACH if ends else START_REACH)
    touched, looked = spans_around(moments, reach), _FIRST_LOOK
    while True:
        read = spans_around(moments, reach * looked)
        all_rows = [*rows_within(user_id, read), *new]
        runs = [run for run in _runs(all_rows, reach) if any(_span_of(touched, row.started_at) for row, _ in run)]
        if all(_is_whole(run, read, reach) for run in runs):
            break
        looked *= 4
    found: dict[int, int] = {}
    for run in runs:
        found.update(match_title([record for row, record in run if not row.kept_apart]))
    return [row for run in runs for row, _ in run], found


def _runs(rows: Sequence[Row], reach: timedelta) -> Iterator[Run]:
    """The runs in which two sources meet, or met before a track changed."""
    if len({row.source for row in rows}) < 2:
        return
    tracks = tracks_of(rows)
    headings = {pk: heading(title) for pk, (_, title) in tracks.items()}
    titles: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        titles[headings[row.track_id]].append(row)
    for heard in titles.values():
        first = heard[0].source
        # Of one source, and yet a duplicate: it was of another's title until now.
        if all(row.source == first and row.duplicate_of is None for row in heard):
            continue
        heard.sort(key=attrgetter("started_at"))
        run: Run = []
        for row in heard:
            if run and row.started_at - run[-1][0].started_at > reach:
                yield run
                run = []
            run.append((row, record_of(row, *tracks[row.track_id])))
        yield run


def _span_of(spans: Sequence[Span], moment: datetime) -> Span | None:
    at = bisect_right(spans, moment, key=lambda span: span[0]) - 1
    return spans[at] if at >= 0 and moment <= spans[at][1] else None


def _is_whole(run: Run, read: Sequence[Span], reach: timedelta) -> bool:
    """Does nothing that was not read belong to the run?

    A record is read with the play it repeats, so what lies a reach away may be missing where that play begins yet
    another reach farther.
    """
    first, last = run[0][0].started_at, run[-1][0].started_at
    span = _span_of(read, first)
    return span is not None and span[0] <= first - 2 * reach and last + 2 * reach <= span[1]


def _change(user_id: int, changes: Sequence[tuple[Row, int | None]]) -> int:
    """Write of stored rows what they repeat from now on, and tell the totals."""
    if changes:
        _write([(row.id, canonical) for row, canonical in changes])
        count_out(user_id, [counted_of(row) for row, _ in changes if row.duplicate_of is None])
        count_in(user_id, [counted_of(row) for row, canonical in changes if canonical is None])
    return len(changes)


def counted_of(row: Row) -> Counted:
    """The row as the totals count it."""
    return Counted(row.artist_id, row.album_id, row.track_id, row.started_at, row.ms_played)


def _write(canonical: Sequence[tuple[int, int | None]]) -> None:
    """One statement, however many rows: (listen, the one it is a duplicate of or None)."""
    quote, meta = connection.ops.quote_name, ListenEvent._meta
    table, column = quote(meta.db_table), quote("duplicate_of_id")
    if connection.vendor == "postgresql":
        wanted = "UNNEST(%s::bigint[], %s::bigint[]) AS k(id, canonical)"
        values: list[Any] = [list(each) for each in zip(*canonical, strict=True)]
    else:
        wanted = "(SELECT json_extract(value, '$[0]') id, json_extract(value, '$[1]') canonical FROM json_each(%s)) k"
        values = [json.dumps(canonical)]
    with by_index(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = k.canonical FROM {wanted} WHERE {table}.id = k.id", values)  # noqa: S608
