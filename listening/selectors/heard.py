"""A member's plays of one period, and how they fall into the member's own days and hours.

What every statistic starts from. Only canonical listens (no `duplicate_of`) count, and every query over
them is answered by the covering index `listen_by_user_time`. What is of all time comes from the member's
totals where they have some (listening/selectors/totals.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, QuerySet, Value, When
from django.utils import timezone

from listening.models import ListenEvent
from listening.periods import ALL, USUAL, Period, offsets, period_of
from listening.selectors.totals import Totals, totals_of
from sidetrack.models import User

HOUR, DAY = 3600, 24
_DAY_ONE = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Heard:
    """`user` is the listener: days and hours are theirs, whoever looks."""

    user: User
    period: Period

    @property
    def plays(self) -> QuerySet[ListenEvent]:
        return plays_in(self.user, self.period)

    @property
    def today(self) -> date:
        return self.period.now.astimezone(self.period.zone).date()

    @cached_property
    def ever(self) -> Totals | None:
        """The member's totals of all time, if they have some. One query."""
        return totals_of(self.user)

    @property
    def totals(self) -> Totals | None:
        """Totals that answer for this period."""
        return self.ever if self.period.key == ALL else None

    @cached_property
    def first_play(self) -> datetime | None:
        """The start of their first play ever known, whatever the period."""
        return plays_in(self.user, None).order_by("started_at", "id").values_list("started_at", flat=True).first()

    @cached_property
    def hours(self) -> dict[int, int]:
        """Plays by local hour, counted since the beginning of 1970 on the listener's clock. Two queries.

        An hour that comes twice in a night of autumn is one hour here, the one left out in spring is not there.
        """
        if self.first_play is None:
            return {}
        return dict(_grouped(self.plays, self._local_seconds(), HOUR))

    @cached_property
    def all_days(self) -> dict[date, int]:
        """Plays by day of all time, whatever the period. Three queries at most."""
        kept = self.ever.days() if self.ever else None
        if kept is not None:
            return kept
        if self.first_play is None:
            return {}
        days = _grouped(plays_in(self.user, None), self._local_seconds(since_ever=True), DAY * HOUR)
        return {numbered_day(day): plays for day, plays in days}

    def _local_seconds(self, *, since_ever: bool = False) -> Any:
        """Seconds since 1970 on the listener's clock.

        The few changes of the clock are worked out here and written into the query, so that both engines count alike
        by plain arithmetic; their own ways to a local time differ in speed (SQLite calls Python for each row) and,
        with different time zone databases, in the answer.
        """
        start = self.first_play or self.period.now
        if not since_ever and self.period.start is not None:
            start = max(start, self.period.start)
        end = max(self.period.now, start) + timedelta(days=1)
        known = offsets(self.period.zone, start, end)
        whens = [When(started_at__lt=later.start, then=Value(each.seconds)) for each, later in pairwise(known)]
        ahead = Case(*whens, default=Value(known[-1].seconds), output_field=IntegerField()) if whens else None
        return _Seconds("started_at") + (ahead if ahead is not None else Value(known[-1].seconds))


def by_id(plays: QuerySet[ListenEvent], what: str) -> QuerySet[Any, Any]:
    """Plays as groups of one `artist`, `album` or `track`, by the name of `item`.

    The sum with nought keeps SQLite from walking through everybody's listens along that key's own index.
    """
    if what == "album":
        plays = plays.exclude(album=None)
    return plays.order_by().annotate(item=F(f"{what}_id") + 0).values("item")


def heard(user: User, period: str = USUAL, *, now: datetime | None = None) -> Heard:
    """The plays of a named period (listening/periods.py). Raises Invalid for another name."""
    return Heard(user, period_of(period, user.zone, now or timezone.now()))


def plays_in(user: User, period: Period | None) -> QuerySet[ListenEvent]:
    """The canonical plays of a member in a period (None: of all time)."""
    plays = ListenEvent.objects.filter(user=user, duplicate_of=None)
    if period is not None and period.start is not None:
        plays = plays.filter(started_at__gte=period.start)
    if period is not None and period.end is not None:
        plays = plays.filter(started_at__lt=period.end)
    return plays


def numbered_day(number: int) -> date:
    """The day so many days after 1 January 1970."""
    return date.fromordinal(_DAY_ONE + number)


class _Seconds(Func):
    """Whole seconds since 1970 of a moment in UTC."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        # To the second: strftime would round the last half millisecond of an hour into the next.
        template = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="floor(date_part('epoch', %(expressions)s))::bigint", **extra)


def _grouped(plays: QuerySet[ListenEvent], seconds: Any, size: int) -> QuerySet[Any, Any]:
    """(number of the piece of `size` seconds, plays). No play is older than 1970, so cutting off is rounding down."""
    piece = Func(seconds, Value(size), template="(%(expressions)s)", arg_joiner=" / ", output_field=IntegerField())
    return plays.order_by().annotate(piece=piece).values_list("piece").annotate(n=Count(F("id")))
