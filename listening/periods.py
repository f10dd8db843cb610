"""The stretches of time that statistics are made of, in the listener's own days. Pure: the clock is passed in.

A length such as 7d goes back from now; `today`, `week`, `month` and `year` begin at midnight in the listener's
zone; a range is whole days there, both included. A day has 23, 24 or 25 hours, or whatever the zone makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sidetrack.errors import Invalid

LENGTHS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
CALENDAR = ("today", "week", "month", "year")
ALL, RANGE = "all", "range"
NAMED = (*LENGTHS, *CALENDAR, ALL)
USUAL = "30d"

_YEARS = range(2000, 2100)
_A_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From `start` (None: since ever) to before `end` (None: no end)."""

    key: str
    start: datetime | None
    end: datetime | None
    now: datetime
    zone: ZoneInfo

    @property
    def until(self) -> datetime:
        """Its end, or now where that comes first."""
        return min(self.end or self.now, self.now)

    @property
    def first_day(self) -> date | None:
        """In the listener's zone; None for all time."""
        return self.start.astimezone(self.zone).date() if self.start else None

    @property
    def last_day(self) -> date:
        """The last day that has begun; a range of days to come ends where it ends."""
        if self.end is not None and (self.end <= self.now or (self.start and self.start > self.now)):
            return self.end.astimezone(self.zone).date() - _DAY
        return self.now.astimezone(self.zone).date()

    def before(self) -> Period | None:
        """The period to compare with: as long as this one so far, right before it; None for all time.

        Of a week, month or year the same part of the one before: a Wednesday noon looks at Monday to Wednesday
        noon, not at a whole week.
        """
        if self.start is None:
            return None
        if self.key in CALENDAR:
            first = self.start.astimezone(self.zone).replace(tzinfo=None)
            gone = self.until.astimezone(self.zone).replace(tzinfo=None) - first
            earlier = datetime.combine(_one_earlier(self.key, first.date()), time())
            return self._between(_instant(earlier, self.zone), _instant(min(earlier + gone, first), self.zone))
        if self.key == RANGE and self.end is not None and self.end <= self.now:
            days = self.end.astimezone(self.zone).date() - self.start.astimezone(self.zone).date()
            first_day = self.start.astimezone(self.zone).date()
            return self._between(midnight(first_day - days, self.zone), self.start)
        return self._between(self.start - max(self.until - self.start, timedelta()), self.start)

    def _between(self, start: datetime, end: datetime) -> Period:
        return Period("before", start, end, self.now, self.zone)


def period_of(
    key: str, zone: ZoneInfo, now: datetime, *, first: date | None = None, last: date | None = None
) -> Period:
    """The period of this name, or the range of days where one is given. Raises Invalid naming what is wrong."""
    if first is not None or last is not None:
        if key not in ("", RANGE):
            raise Invalid("Give either a period or from and to.", attr="period", code="invalid_choice")
        return _range(first, last, zone, now)
    if key in LENGTHS:
        return Period(key, now - timedelta(days=LENGTHS[key]), None, now, zone)
    if key == ALL:
        return Period(key, None, None, now, zone)
    if key not in CALENDAR:
        raise Invalid(f"Use one of {', '.join(NAMED)}.", attr="period", code="invalid_choice")
    today = now.astimezone(zone).date()
    begin = _beginning(key, today)
    return Period(key, midnight(begin, zone), midnight(_next(key, begin), zone), now, zone)


def day_of(text: str, attr: str) -> date | None:
    """A day written 2025-11-24; None for nothing. Raises Invalid naming `attr`."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _A_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise Invalid("Write a day like 2025-11-24.", attr=attr, code="invalid")
    return day


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a day begins there; where midnight is left out, the first that is not."""
    return _instant(datetime.combine(day, time()), zone)


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _range(first: date | None, last: date | None, zone: ZoneInfo, now: datetime) -> Period:
    if first is not None and last is not None and last < first:
        raise Invalid("This is before the first day.", attr="to", code="invalid")
    start = midnight(first, zone) if first else None
    end = midnight(last + _DAY, zone) if last else None
    return Period(RANGE, start, end, now, zone)


def _beginning(key: str, day: date) -> date:
    if key == "week":
        return day - timedelta(days=day.weekday())
    return {"today": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[key]


def _next(key: str, begin: date) -> date:
    return _beginning(key, begin + {"today": 1, "week": 7, "month": 31, "year": 366}[key] * _DAY)


def _one_earlier(key: str, begin: date) -> date:
    return _beginning(key, begin - _DAY)


@dataclass(frozen=True)
class Offset:
    """From `start` (None: since ever) clocks there are `seconds` ahead of UTC."""

    start: datetime | None
    seconds: int


def offsets(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Offset, ...]:
    """How far clocks are ahead of UTC from `start` to `end`, earliest first; to the second, whatever the zone does."""
    found = [Offset(None, _ahead(start, zone))]
    step = timedelta(days=7)  # no zone changed its clocks and back within a week
    at = start
    while at < end:
        later = min(at + step, end)
        if _ahead(later, zone) != found[-1].seconds:
            turn = _turn(at, later, zone)
            found.append(Offset(turn, _ahead(turn, zone)))
            at = turn
        else:
            at = later
    return tuple(found)


def _turn(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second of another offset; `low` has the old one, `high` the new."""
    before = _ahead(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > low else middle
        if _ahead(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _ahead(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def exists(day: date, zone: ZoneInfo) -> bool:
    """Samoa had no 30 December 2011."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


@dataclass(frozen=True)
class Streak:
    """Days in a row with a play on each."""

    days: int
    first: date
    last: date


@dataclass(frozen=True)
class Streaks:
    """The run of days that reaches today or yesterday, and the longest of all; None where there is none."""

    current: Streak | None
    longest: Streak | None


def streaks_of(days: Sequence[date], today: date, zone: ZoneInfo) -> Streaks:
    """`days` with a play, in the listener's zone. A day not yet over breaks no streak; of equals the later counts."""
    runs = list(_runs(sorted(set(days)), zone))
    longest = max(runs, key=lambda run: (run.days, run.last), default=None)
    current = runs[-1] if runs and _follows(runs[-1].last, today, zone) else None
    return Streaks(current, longest)


def _runs(days: Sequence[date], zone: ZoneInfo) -> Iterator[Streak]:
    begin = 0
    for place, day in enumerate(days):
        if place + 1 == len(days) or not _follows(day, days[place + 1], zone):
            yield Streak(place + 1 - begin, days[begin], day)
            begin = place + 1


def _follows(day: date, later: date, zone: ZoneInfo) -> bool:
    """`later` is the next day or none later, or only a day that never was lies between."""
    gap = (later - day).days
    return gap <= 1 or (gap == 2 and not exists(day + _DAY, zone))


MOST_POINTS = {"day": 100, "week": 2 * 53}


@dataclass(frozen=True)
class Series:
    """Plays per day, week (from Monday) or month, each by its first day; None where nothing is known yet."""

    unit: str
    points: tuple[tuple[date, int | None], ...]


def series_of(
    counts: dict[date, int], first: date, last: date, known_from: date | None, zone: ZoneInfo, unit: str = ""
) -> Series:
    """Counts by day as a series from `first` to `last`, in the finest unit that stays readable unless one is given.

    `known_from` is the day of the first play ever known; before it nothing is known, after it no play is 0 plays.
    """
    unit = unit or _readable((last - first).days + 1)
    kept: dict[date, int | None] = {}
    day = first
    while day <= last:
        if exists(day, zone):
            place = _unit_of(day, unit)
            plays = counts.get(day, 0) if known_from is not None and day >= known_from else None
            sofar = kept.get(place)
            kept[place] = sofar if plays is None else plays + (sofar or 0)
        day += _DAY
    return Series(unit, tuple(kept.items()))


def _readable(days: int) -> str:
    if days <= MOST_POINTS["day"]:
        return "day"
    return "week" if days <= 7 * MOST_POINTS["week"] else "month"


def _unit_of(day: date, unit: str) -> date:
    return day if unit == "day" else _beginning(unit, day)
