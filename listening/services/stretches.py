"""Reads the stretches of a member's listens around some moments, every record in them, in a handful of queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from listening.duplicates import Record
from listening.models import ListenEvent, Track
from listening.services.looking import rows_by_key

Span = tuple[datetime, datetime]

_READ = ["pk", "source", "source_key", "started_at", "ms_played", "duration_ms"]
_READ += ["track", "artist", "album", "duplicate_of", "kept_apart"]


class Row(NamedTuple):
    """A listen as far as matching and counting need it."""

    id: int
    source: str
    source_key: str
    started_at: datetime
    ms_played: int | None
    duration_ms: int | None
    track_id: int
    artist_id: int
    album_id: int | None
    duplicate_of: int | None = None
    kept_apart: bool = False


def sources_of(user_id: int) -> list[str]:
    """The sources a member has listens of: one probe of an index each."""
    table, user, source, key = _names("user", "source", "source_key")
    probe = f"SELECT 1 AS found FROM {table} WHERE {user} = %s AND {source} = s.name"  # noqa: S608 - our own names
    if connection.vendor == "postgresql":
        # In the order of the index: of a member with a great part of all listens it would read all for each source.
        first = f"ORDER BY {key} LIMIT 1"
        sql = f"SELECT s.name FROM UNNEST(%s::text[]) AS s(name) CROSS JOIN LATERAL ({probe} {first}) p"  # noqa: S608
        values: list[Any] = [ListenEvent.Source.values, user_id]
    else:
        sql = f"SELECT s.name FROM (SELECT value AS name FROM json_each(%s)) s WHERE EXISTS ({probe})"  # noqa: S608
        values = [json.dumps(ListenEvent.Source.values), user_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [name for (name,) in cursor.fetchall()]


def spans_around(moments: Iterable[datetime], reach: timedelta) -> list[Span]:
    """The times within `reach` of the moments, as few spans as that makes."""
    spans: list[Span] = []
    for moment in sorted(moments):
        low, high = moment - reach, moment + reach
        if spans and low <= spans[-1][1]:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


def rows_within(user_id: int, spans: Sequence[Span]) -> list[Row]:
    """Canonical listens begun within the spans (which do not overlap), and all records taken for duplicates of them."""
    canonical = _canonical_within(user_id, spans)
    return canonical + [_row(row) for row in _duplicates_of([row.id for row in canonical])]


def tracks_of(rows: Iterable[Row]) -> dict[int, tuple[str, str]]:
    """Folded artist and folded title of the tracks of these rows."""
    read = ["pk", "folded_artist", "folded_title"]
    found = rows_by_key(Track, ["id"], {(row.track_id,) for row in rows}, read)
    return {pk: (artist, title) for pk, artist, title in found}


def record_of(row: Row, artist: str, title: str) -> Record:
    """The row as the rule wants it."""
    start = int(row.started_at.timestamp() * 1000)
    played, length = row.ms_played, row.duration_ms
    return Record(row.id, row.source, row.source_key, start, played, length, row.artist_id, artist, title)


@contextmanager
def by_index() -> Iterator[None]:
    """Keeps PostgreSQL from reading all listens for some: with figures of yesterday it takes a thousand for many."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        yield
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


def _duplicates_of(ids: list[int]) -> list[tuple[Any, ...]]:
    if connection.vendor != "postgresql":
        return rows_by_key(ListenEvent, ["duplicate_of"], {(pk,) for pk in ids}, _READ)
    table, duplicate = _names("duplicate_of")
    columns = ", ".join(_names(*_READ)[1:])
    with by_index(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} WHERE {duplicate} = ANY(%s::bigint[])", [ids])  # noqa: S608
        return list(cursor.fetchall())


def _canonical_within(user_id: int, spans: Sequence[Span]) -> list[Row]:
    """By the covering index of canonical listens, one range of it a span."""
    table, user, started, duplicate = _names("user", "started_at", "duplicate_of")
    columns = ", ".join(_names(*_READ)[1:])
    moment = connection.ops.adapt_datetimefield_value
    ends = [(moment(low), moment(high)) for low, high in spans]
    rule = f"{user} = %s AND {duplicate} IS NULL AND {started} >= k.low AND {started} <= k.high"
    if connection.vendor == "postgresql":
        inner = f"SELECT {columns} FROM {table} WHERE {rule} OFFSET 0"  # noqa: S608 - names of our own models
        wanted = "UNNEST(%s::timestamptz[], %s::timestamptz[]) AS k(low, high)"
        sql = f"SELECT t.* FROM {wanted} CROSS JOIN LATERAL ({inner}) t"  # noqa: S608
        values: list[Any] = [[low for low, _ in ends], [high for _, high in ends], user_id]
    else:
        each = "(SELECT json_extract(value, '$[0]') AS low, json_extract(value, '$[1]') AS high FROM json_each(%s)) k"
        sql = f"SELECT {columns} FROM {each} CROSS JOIN {table} WHERE {rule}"  # noqa: S608
        values = [json.dumps(ends), user_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_row(row) for row in cursor.fetchall()]


def _row(values: Sequence[Any]) -> Row:
    started: datetime = values[3]
    if started.tzinfo is None:  # SQLite has no zones
        return Row._make((*values[:3], started.replace(tzinfo=UTC), *values[4:-1], bool(values[-1])))
    return Row._make(values)


def _names(*fields: str) -> list[str]:
    """The table, then the columns, quoted."""
    meta = ListenEvent._meta
    found: list[Any] = [meta.pk if name == "pk" else meta.get_field(name) for name in fields]
    return [connection.ops.quote_name(name) for name in (meta.db_table, *(field.column for field in found))]
