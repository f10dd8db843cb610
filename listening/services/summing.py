"""Sums of listens as rows of totals: added up, taken apart, and made by the database from all listens.

SQL of its own because the ORM can neither add to rows on conflict nor insert what it selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Count, Min, QuerySet, Sum

from listening.models import ListenEvent, ListenTotal
from listening.selectors.quarters import LocalHour
from listening.services.looking import rows_by_key

Kind = ListenTotal.Kind
Key = tuple[str, int]
THINGS = (Kind.ARTIST, Kind.ALBUM, Kind.TRACK)
_COLUMNS = {"kind": "text", "item": "bigint", "plays": "integer", "ms": "bigint", "first_at": "timestamptz"}


class Mistaken(Exception):
    """More was taken out than had been counted in."""


@dataclass
class Sums:
    """Of one thing, day or hour of the week."""

    plays: int = 0
    ms: int = 0
    first_at: datetime | None = None

    def add(self, plays: int, ms: int | None, at: datetime | None = None) -> None:
        self.plays += plays
        self.ms += ms or 0
        if at is not None and (self.first_at is None or at < self.first_at):
            self.first_at = at


def add_to_totals(user_id: int, sums: Mapping[Key, Sums]) -> None:
    """Rows that are there grow, others are made."""
    first = "MIN" if connection.vendor == "sqlite" else "LEAST"
    _write(
        user_id,
        sums,
        f"plays = t.plays + excluded.plays, ms = t.ms + excluded.ms, first_at = {first}(t.first_at, excluded.first_at)",
    )


def take_from_totals(user_id: int, sums: Mapping[Key, Sums]) -> None:
    """Rows shrink, those without plays go, and where the first play went the next one is looked up in the listens.

    Raises Mistaken, with nothing written, when the totals do not hold that much.
    """
    read = ["kind", "item", "plays", "ms", "first_at"]
    known = {row[:2]: row[2:] for row in rows_by_key(ListenTotal, read[:2], list(sums), read, where={"user": user_id})}
    left: dict[Key, Sums] = {}
    gone: dict[str, list[int]] = {}
    lost_first: dict[str, list[int]] = {}
    for key, less in sums.items():
        plays, ms, first_at = known.get(key, (0, 0, None))
        if plays < less.plays or ms < less.ms:
            raise Mistaken(f"{key}: {plays} plays, {less.plays} to take out")
        if plays == less.plays:
            gone.setdefault(key[0], []).append(key[1])
            continue
        left[key] = Sums(plays - less.plays, ms - less.ms, _aware(first_at))
        if less.first_at is not None and left[key].first_at == less.first_at:
            lost_first.setdefault(key[0], []).append(key[1])
    for kind, items in lost_first.items():
        since = min(first for item in items if (first := left[kind, item].first_at))
        for item, first_at in _firsts(user_id, kind, items, since):
            left[kind, item].first_at = first_at
    for kind, items in gone.items():
        ListenTotal.objects.filter(user=user_id, kind=kind, item__in=items).delete()
    _write(user_id, left, "plays = excluded.plays, ms = excluded.ms, first_at = excluded.first_at")


def insert_totals(user_id: int, kind: str) -> None:
    """One row for every artist, album or track among all canonical listens of a member, who has none of this kind."""
    table, listens, item = _table(ListenTotal), _table(ListenEvent), _quoted(f"{kind}_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (user_id, kind, item, plays, ms, first_at) "  # noqa: S608 - our own names
            f"SELECT %s, %s, {item}, COUNT(*), COALESCE(SUM(ms_played), 0), MIN(started_at) FROM {listens} "
            f"WHERE user_id = %s AND duplicate_of_id IS NULL AND {item} IS NOT NULL GROUP BY {item}",
            [user_id, kind, user_id],
        )


def recount(user_id: int, kind: str) -> dict[Key, Sums]:
    """What `insert_totals` would write."""
    listens = counted(user_id).exclude(**{kind: None}).order_by().values_list(kind)
    rows = listens.annotate(n=Count("*"), ms=Sum("ms_played"), first=Min("started_at"))
    return {(kind, item): Sums(plays, ms or 0, first) for item, plays, ms, first in rows.iterator()}


def sums_of_hours(hours: Iterable[LocalHour]) -> dict[Key, Sums]:
    """Days, and hours of the week."""
    sums: dict[Key, Sums] = {}
    for hour in hours:
        sums.setdefault((Kind.DAY.value, hour.day), Sums()).add(hour.plays, hour.ms)
        sums.setdefault((Kind.HOUR.value, hour.of_week), Sums()).add(hour.plays, hour.ms)
    return sums


def counted(user_id: int) -> QuerySet[ListenEvent]:
    return ListenEvent.objects.filter(user=user_id, duplicate_of=None)


def _firsts(user_id: int, kind: str, items: list[int], since: datetime) -> Iterable[tuple[int, datetime]]:
    later = counted(user_id).filter(started_at__gte=since, **{f"{kind}__in": items})
    return later.order_by().values_list(kind).annotate(first=Min("started_at"))


def _write(user_id: int, sums: Mapping[Key, Sums], on_conflict: str) -> None:
    if not sums:
        return
    moment = connection.ops.adapt_datetimefield_value
    rows = [(*key, of.plays, of.ms, of.first_at and moment(of.first_at)) for key, of in sorted(sums.items())]
    names = ", ".join(_COLUMNS)
    head = f"INSERT INTO {_table(ListenTotal)} AS t (user_id, {names})"
    tail = f"ON CONFLICT (user_id, kind, item) DO UPDATE SET {on_conflict}"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
            values = f"SELECT %s::bigint, * FROM UNNEST({arrays})"  # noqa: S608 - our own words
            cursor.execute(f"{head} {values} {tail}", [user_id, *(list(column) for column in zip(*rows, strict=True))])
        else:
            marks = ", ".join(["%s"] * (1 + len(_COLUMNS)))
            cursor.executemany(f"{head} VALUES ({marks}) {tail}", [(user_id, *row) for row in rows])


def _aware(at: datetime | None) -> datetime | None:
    """SQLite's own cursor leaves out that it is UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _table(model: type[ListenEvent] | type[ListenTotal]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
