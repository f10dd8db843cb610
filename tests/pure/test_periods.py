"""Periods in the listener's own days: short days, long days, days that never were."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.periods import (
    LENGTHS,
    Period,
    Streak,
    day_of,
    exists,
    midnight,
    offsets,
    period_of,
    series_of,
    streaks_of,
)
from sidetrack.errors import Invalid

BERLIN, KOLKATA, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Chatham",
    "America/New_York",
]
moments = st.datetimes(datetime(2003, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def hours(period: Period) -> float:
    assert period.start is not None
    assert period.end is not None
    return (period.end - period.start).total_seconds() / 3600


def test_today_begins_at_midnight_and_is_not_the_last_24_hours() -> None:
    now = datetime(2025, 11, 24, 0, 30, tzinfo=UTC)  # half past one in Berlin, six in Kolkata
    assert period_of("today", BERLIN, now).start == datetime(2025, 11, 23, 23, tzinfo=UTC)
    assert period_of("today", KOLKATA, now).start == datetime(2025, 11, 23, 18, 30, tzinfo=UTC)
    assert period_of("today", ZoneInfo("America/New_York"), now).start == datetime(2025, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/Berlin", "2025-03-30", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("Australia/Lord_Howe", "2025-04-06", 24.5),
        ("Australia/Lord_Howe", "2025-10-05", 23.5),
        ("America/Sao_Paulo", "2018-11-04", 23),  # at midnight: the day begins at one
        ("Africa/Cairo", "2024-04-26", 23),
        ("Asia/Kolkata", "2025-03-30", 24),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(zone: str, day: str, length: float) -> None:
    where = ZoneInfo(zone)
    noon = datetime.combine(date.fromisoformat(day), time(12), where)
    period = period_of("today", where, noon)
    assert hours(period) == length
    assert period.first_day == period.last_day == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("key", "begin", "end"),
    [
        ("week", "2025-11-24", "2025-12-01"),
        ("month", "2025-11-01", "2025-12-01"),
        ("year", "2025-01-01", "2026-01-01"),
    ],
)
def test_weeks_begin_on_monday_in_the_listeners_zone(key: str, begin: str, end: str) -> None:
    now = datetime(2025, 11, 23, 23, 30, tzinfo=UTC)  # Monday in Berlin, still Sunday in UTC
    period = period_of(key, BERLIN, now)
    assert period.start == midnight(date.fromisoformat(begin), BERLIN)
    assert period.end == midnight(date.fromisoformat(end), BERLIN)
    if key == "week":
        assert period_of("week", ZoneInfo("UTC"), now).first_day == date(2025, 11, 17)


def test_a_range_is_whole_days_with_both_ends() -> None:
    now = datetime(2025, 11, 24, tzinfo=UTC)
    period = period_of("", BERLIN, now, first=date(2025, 10, 26), last=date(2025, 10, 26))
    assert (period.key, hours(period)) == ("range", 25)
    assert (period.first_day, period.last_day) == (date(2025, 10, 26), date(2025, 10, 26))
    assert period_of("", BERLIN, now, first=date(2025, 11, 1)).end is None
    assert period_of("range", BERLIN, now, last=date(2025, 11, 1)).start is None
    assert period_of("", BERLIN, now, first=date(2026, 1, 1), last=date(2026, 1, 5)).last_day == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["x", "2025-13-01", "20251124", "2025-W48-1", "0001-01-01", "9999-12-31", "2025-1-1"])
def test_what_is_no_day_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        day_of(text, "from")
    assert refusal.value.attr == "from"


def test_a_range_that_ends_before_it_begins_and_two_periods_at_once_are_refused() -> None:
    now = datetime(2025, 11, 24, tzinfo=UTC)
    with pytest.raises(Invalid) as refusal:
        period_of("", BERLIN, now, first=date(2025, 11, 2), last=date(2025, 11, 1))
    assert refusal.value.attr == "to"
    with pytest.raises(Invalid) as refusal:
        period_of("7d", BERLIN, now, first=date(2025, 11, 2))
    assert refusal.value.attr == "period"


def test_a_running_week_is_compared_with_the_same_part_of_the_week_before() -> None:
    now = datetime(2025, 11, 26, 11, tzinfo=UTC)  # Wednesday noon in Berlin
    before = period_of("week", BERLIN, now).before()
    assert before is not None
    assert (before.start, before.end) == (midnight(date(2025, 11, 17), BERLIN), datetime(2025, 11, 19, 11, tzinfo=UTC))


def test_the_last_days_of_march_are_compared_with_all_of_february() -> None:
    before = period_of("month", BERLIN, datetime(2025, 3, 31, 12, tzinfo=UTC)).before()
    assert before is not None
    assert (before.start, before.end) == (midnight(date(2025, 2, 1), BERLIN), midnight(date(2025, 3, 1), BERLIN))


def test_lengths_and_ranges_are_compared_with_as_much_right_before() -> None:
    now = datetime(2025, 11, 24, tzinfo=UTC)
    for key, days in LENGTHS.items():
        before = period_of(key, BERLIN, now).before()
        assert before is not None
        assert (before.start, before.end) == (now - timedelta(days=2 * days), now - timedelta(days=days))
    before = period_of("", BERLIN, now, first=date(2025, 10, 26), last=date(2025, 10, 27)).before()
    assert before is not None
    assert before.start == midnight(date(2025, 10, 24), BERLIN)
    assert period_of("all", BERLIN, now).before() is None


@given(moments, st.sampled_from(ZONES), st.sampled_from(["today", "week", "month", "year"]))
def test_now_lies_in_every_calendar_period_and_the_one_before_ends_where_it_begins(
    now: datetime, zone: str, key: str
) -> None:
    period = period_of(key, ZoneInfo(zone), now)
    before = period.before()
    assert period.start is not None
    assert period.end is not None
    assert before is not None
    assert before.end is not None
    # In St. John's clocks went back at one past midnight until 2011: that hour belongs to the day before.
    assert period.start <= now + timedelta(hours=1)
    assert now < period.end + timedelta(hours=1)
    assert before.end <= period.start


@given(moments, st.sampled_from(ZONES))
def test_offsets_say_what_the_zone_says_to_the_second(at: datetime, zone: str) -> None:
    at = at.replace(microsecond=0)
    where = ZoneInfo(zone)
    known = offsets(where, at - timedelta(days=400), at + timedelta(days=1))
    for moment in (at, *(each.start + timedelta(seconds=n) for each in known if each.start for n in (-1, 0, 1))):
        found = next(each.seconds for each in reversed(known) if each.start is None or each.start <= moment)
        said = moment.astimezone(where).utcoffset()
        assert said is not None
        assert found == said.total_seconds()


DAY = date(2025, 11, 24)


def days(*back: int) -> list[date]:
    return [DAY - timedelta(days=n) for n in back]


def test_a_streak_runs_until_today_or_yesterday() -> None:
    assert streaks_of(days(0, 1, 2), DAY, BERLIN).current == Streak(3, DAY - timedelta(2), DAY)
    assert streaks_of(days(1, 2), DAY, BERLIN).current == Streak(2, DAY - timedelta(2), DAY - timedelta(1))
    assert streaks_of(days(2, 3), DAY, BERLIN).current is None
    assert streaks_of([], DAY, BERLIN).longest is None


def test_of_equally_long_streaks_the_later_counts() -> None:
    found = streaks_of(days(3, 4, 9, 10), DAY, BERLIN)
    assert found.longest == Streak(2, DAY - timedelta(4), DAY - timedelta(3))


def test_a_day_that_never_was_breaks_no_streak() -> None:
    heard = [date(2011, 12, 29), date(2011, 12, 31)]
    assert not exists(date(2011, 12, 30), APIA)
    assert streaks_of(heard, date(2011, 12, 31), APIA).current == Streak(2, *heard)
    assert streaks_of(heard, date(2011, 12, 31), BERLIN).current == Streak(1, heard[1], heard[1])
    drawn = series_of({heard[0]: 1, heard[1]: 1}, heard[0], heard[1], heard[0], APIA)
    assert [day for day, _ in drawn.points] == heard


@given(st.sets(st.integers(min_value=0, max_value=60)))
def test_streaks_are_what_counting_day_by_day_gives(back: set[int]) -> None:
    found = streaks_of(days(*back), DAY, BERLIN)
    best = run = 0
    for n in range(61):
        run = run + 1 if n in back else 0
        best = max(best, run)
    assert (found.longest.days if found.longest else 0) == best
    current, n = 0, 0 if 0 in back else 1
    while n in back:
        current, n = current + 1, n + 1
    assert (found.current.days if found.current else 0) == current


@pytest.mark.parametrize(("length", "unit"), [(1, "day"), (90, "day"), (120, "week"), (365, "week"), (900, "month")])
def test_long_times_are_told_by_week_or_month_and_lose_no_play(length: int, unit: str) -> None:
    first = DAY - timedelta(days=length - 1)
    counts = {first: 3, DAY: 4}
    drawn = series_of(counts, first, DAY, first, BERLIN)
    assert drawn.unit == unit
    assert sum(plays or 0 for _, plays in drawn.points) == sum(counts.values())
    assert len(drawn.points) <= 106


def test_before_the_first_play_nothing_is_known_and_after_it_no_play_is_none() -> None:
    drawn = series_of({DAY: 1, DAY - timedelta(2): 1}, DAY - timedelta(4), DAY, DAY - timedelta(2), BERLIN)
    assert [plays for _, plays in drawn.points] == [None, None, 1, 0, 1]
    weekly = series_of({DAY: 1}, DAY - timedelta(13), DAY, DAY, BERLIN, "week")
    assert [plays for _, plays in weekly.points] == [None, None, 1]
