"""Plays by local day and hour, the same on both engines: the database counts quarters of an hour, a zone's clock is
read here.

Zones are whole quarters away from UTC since long before the first listen, and a database without a time zone of its
own would turn every row by a call into Python. A quarter in which the clock changes (03:31 UTC in St. John's until
2011) is looked at play by play.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Func, IntegerField, Q, QuerySet, Sum

from listening.models import ListenEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = EPOCH.toordinal()
_QUARTER, _HOUR, _DAY = 900, 3600, 86_400


class LocalHour(NamedTuple):
    """One hour of one day on the listener's clock; `day` is a proleptic ordinal."""

    day: int
    hour: int
    plays: int
    ms: int

    @property
    def of_week(self) -> int:
        """24 * weekday (Monday 0) + hour."""
        return hour_of_week(self.day, self.hour)


def hour_of_week(day: int, hour: int) -> int:
    return (day - 1) % 7 * 24 + hour


def local_hours(listens: QuerySet[ListenEvent], zone: ZoneInfo) -> Iterator[LocalHour]:
    """What these listens sum up to, hour by hour, in no order; an hour may come in several parts. Two queries at most.

    `listens` must not be sliced.
    """
    quarters = listens.order_by().annotate(quarter=_Quarter("started_at")).values_list("quarter")
    changing = []
    clock = _Clock(zone)
    for quarter, plays, ms in quarters.annotate(plays=Count("*"), ms=Sum("ms_played")).iterator():
        offset = clock.offset_in(quarter)
        if offset is None:
            changing.append(quarter)
        else:
            yield LocalHour(*_place(quarter * _QUARTER + offset), plays, ms or 0)
    if changing:
        rows = listens.filter(_inside(changing)).order_by().values_list("started_at", "ms_played")
        for at, ms in rows.iterator():
            local = at.astimezone(zone)
            yield LocalHour(local.toordinal(), local.hour, 1, ms or 0)


class _Quarter(Func):
    """Whole quarters of an hour since 1970."""

    output_field = IntegerField()
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 900)::bigint"
        return super().as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Without the fraction of a second, which SQLite would round.
        template = "CAST(STRFTIME('%%%%s', SUBSTR(%(expressions)s, 1, 19)) AS INTEGER) / 900"
        return super().as_sql(compiler, connection, template=template, **extra)


class _Clock:
    """The offsets of a zone, looked up once a day of UTC."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.days: dict[int, int | None] = {}

    def offset_in(self, quarter: int) -> int | None:
        """Seconds ahead of UTC all through this quarter; None where they change within it."""
        day = quarter * _QUARTER // _DAY
        if day not in self.days:
            self.days[day] = self._through(day * _DAY, _DAY)
        offset = self.days[day]
        return self._through(quarter * _QUARTER, _QUARTER) if offset is None else offset

    def _through(self, start: int, length: int) -> int | None:
        first, last = self._at(start), self._at(start + length - 1)
        return first if first == last else None

    def _at(self, second: int) -> int:
        local = (EPOCH + timedelta(seconds=second)).astimezone(self.zone)
        return (local.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1) - second


def _place(local: int) -> tuple[int, int]:
    return _EPOCH_DAY + local // _DAY, local % _DAY // _HOUR


def _inside(quarters: Iterable[int]) -> Q:
    inside = Q()
    for quarter in quarters:
        start = EPOCH + timedelta(seconds=quarter * _QUARTER)
        inside |= Q(started_at__gte=start, started_at__lt=start + timedelta(seconds=_QUARTER))
    return inside
