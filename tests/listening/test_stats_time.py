"""Days and hours are the listener's: the same plays in two zones, nights of changing clocks, both engines alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.types import Play
from listening.models import ListenEvent
from listening.periods import period_of
from listening.selectors.clock import clock
from listening.selectors.days import days, series
from listening.selectors.firsts import first_albums, first_artists, new_share
from listening.selectors.heard import Heard, heard
from listening.selectors.plays import recent
from listening.selectors.stats import summary, summary_of
from listening.selectors.streaks import streaks
from listening.services.listens import record_plays
from sidetrack.models import User
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


def hear(user: User, *moments: datetime, artist: str = "A", album: str | None = "X", ms: int | None = None) -> None:
    plays = [Play("T", artist, album, at, f"{artist}{at:%Y%m%d%H%M%S%f}", ms) for at in moments]
    record_plays(user, plays, source="lastfm")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_same_plays_fall_on_other_days_and_hours_of_two_listeners(db: None) -> None:
    kiri, ben = make_person("kiri", time_zone="Pacific/Auckland"), make_person("ben", time_zone="Europe/Berlin")
    now = at("2025-06-10 13:00")  # Wednesday the 11th at one in Auckland, Tuesday the 10th at three in Berlin
    for person in (kiri, ben):
        hear(person, at("2025-06-09 12:30"), at("2025-06-10 12:30"))
    assert days(heard(kiri, "7d", now=now)) == {date(2025, 6, 10): 1, date(2025, 6, 11): 1}
    assert days(heard(ben, "7d", now=now)) == {date(2025, 6, 9): 1, date(2025, 6, 10): 1}
    assert clock(heard(kiri, "7d", now=now)) == {(1, 0): 1, (2, 0): 1}
    assert clock(heard(ben, "7d", now=now)) == {(0, 14): 1, (1, 14): 1}
    assert summary(kiri, "today", now=now).listens == summary(ben, "today", now=now).listens == 1


def test_today_is_not_the_last_24_hours(db: None) -> None:
    ben = make_person("ben", time_zone="Europe/Berlin")
    now = at("2025-11-24 08:00")
    hear(ben, at("2025-11-23 22:59"), at("2025-11-23 23:00"), at("2025-11-24 07:00"))
    assert summary(ben, "today", now=now).listens == 2
    assert summary(ben, "7d", now=now).listens == 3


def test_a_week_starts_on_the_listeners_monday(db: None) -> None:
    kiri, ben = make_person("kiri", time_zone="Pacific/Auckland"), make_person("ben", time_zone="Europe/Berlin")
    for person in (kiri, ben):
        hear(person, at("2025-11-23 12:00"))  # Sunday noon in UTC, Monday in Auckland
    assert summary(kiri, "week", now=at("2025-11-24 12:00")).listens == 1
    assert summary(ben, "week", now=at("2025-11-24 12:00")).listens == 0


def test_half_past_two_comes_twice_in_autumn_and_never_in_spring(db: None) -> None:
    ben = make_person("ben", time_zone="Europe/Berlin")
    hear(ben, at("2025-10-26 00:30"), at("2025-10-26 01:30"), at("2025-10-26 02:30"))
    found = heard(ben, "7d", now=at("2025-10-27 12:00"))
    assert clock(found) == {(6, 2): 2, (6, 3): 1}
    assert days(found) == {date(2025, 10, 26): 3}
    hear(ben, at("2026-03-29 00:59:59"), at("2026-03-29 01:00"))
    assert clock(heard(ben, "7d", now=at("2026-03-30 12:00"))) == {(6, 1): 1, (6, 3): 1}


def test_the_last_microsecond_of_a_day_is_still_that_day(db: None) -> None:
    ben = make_person("ben", time_zone="Europe/Berlin")
    hear(ben, at("2025-11-23 22:59:59.999999"), at("2025-11-23 23:00"))
    assert days(heard(ben, "7d", now=at("2025-11-24 12:00"))) == {date(2025, 11, 23): 1, date(2025, 11, 24): 1}


def test_clocks_that_change_within_a_quarter_of_an_hour(db: None) -> None:
    cara = make_person("cara", time_zone="America/St_Johns")  # at one past midnight, until 2011
    hear(cara, at("2010-11-07 02:30:30"), at("2010-11-07 02:31:30"))
    assert clock(heard(cara, "7d", now=at("2010-11-08 12:00"))) == {(6, 0): 1, (5, 23): 1}


ZONES = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Chatham",
]
NOW = at("2014-06-11 10:00")
NIGHTS = [at(text) for text in ("2013-10-27 01:00", "2014-03-30 01:00", "2014-04-05 15:00", "2011-12-30 10:00")]
near = st.tuples(st.sampled_from(NIGHTS), st.integers(-7200, 7200)).map(lambda pair: pair[0] + timedelta(0, pair[1]))
any_time = st.datetimes(datetime(2010, 1, 1), datetime(2014, 6, 11)).map(lambda moment: moment.replace(tzinfo=UTC))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(near | any_time, min_size=1, max_size=25, unique=True),
    st.sampled_from(ZONES),
    st.sampled_from(["today", "week", "month", "year", "7d", "365d", "all"]),
)
def test_every_hour_and_day_is_what_the_zone_itself_says(ann: User, moments: Any, zone: str, key: str) -> None:
    ListenEvent.objects.all().delete()
    User.objects.filter(pk=ann.pk).update(time_zone=zone)
    ann.refresh_from_db()
    hear(ann, *moments)
    found = heard(ann, key, now=NOW)
    start, end = found.period.start, found.period.end
    inside = [each.astimezone(ann.zone) for each in moments if (not start or each >= start) and (not end or each < end)]
    assert clock(found) == Counter((each.weekday(), each.hour) for each in inside)
    assert days(found) == Counter(each.date() for each in inside)
    assert sum(plays or 0 for _, plays in series(found).points) == len(inside)
    assert found.all_days == Counter(each.astimezone(ann.zone).date() for each in moments)


def test_a_change_of_zone_changes_the_days_at_once(ann: User) -> None:
    hear(ann, at("2025-06-09 23:30"))
    assert list(days(heard(ann, "all", now=at("2025-06-10 12:00")))) == [date(2025, 6, 9)]
    User.objects.filter(pk=ann.pk).update(time_zone="Asia/Kolkata")
    ann.refresh_from_db()
    assert list(days(heard(ann, "all", now=at("2025-06-10 12:00")))) == [date(2025, 6, 10)]


def test_streaks_are_of_the_listeners_days(ann: User) -> None:
    hear(ann, at("2025-06-08 23:30"), at("2025-06-09 23:30"), at("2025-06-10 23:30"))
    found = streaks(heard(ann, "7d", now=at("2025-06-11 12:00")))
    assert found.current is not None
    assert (found.current.days, found.current.last) == (3, date(2025, 6, 10))
    User.objects.filter(pk=ann.pk).update(time_zone="Pacific/Auckland")
    ann.refresh_from_db()
    found = streaks(heard(ann, "7d", now=at("2025-06-11 12:00")))
    assert found.current is not None
    assert (found.current.days, found.current.last) == (3, date(2025, 6, 11))


def test_a_backdated_import_appears_everywhere_at_once(ann: User) -> None:
    now = at("2025-06-10 12:00")
    hear(ann, at("2025-06-09 10:00"), artist="New")
    assert [row.name for row in first_artists(heard(ann, "7d", now=now))] == ["New"]
    assert summary(ann, "30d", now=now).listens == 1
    hear(ann, at("2025-05-20 10:00"), at("2003-01-01 10:00"), artist="New")
    assert summary(ann, "30d", now=now).listens == 2
    assert summary(ann, "all", now=now).listens == 3
    assert first_artists(heard(ann, "7d", now=now)) == []
    assert date(2003, 1, 1) in days(heard(ann, "all", now=now))
    assert heard(ann, "7d", now=now).first_play == at("2003-01-01 10:00")


def test_first_listens_are_of_this_period_newest_first(ann: User) -> None:
    now = at("2025-06-10 12:00")
    hear(ann, at("2025-05-01 10:00"), at("2025-06-08 10:00"), artist="Old", album="O")
    hear(ann, at("2025-06-07 10:00"), at("2025-06-09 10:00"), artist="B", album="Y")
    hear(ann, at("2025-06-08 11:00"), artist="C", album=None)
    week = heard(ann, "7d", now=now)
    assert [(row.name, row.first_at) for row in first_artists(week)] == [
        ("C", at("2025-06-08 11:00")),
        ("B", at("2025-06-07 10:00")),
    ]
    assert [row.album.title for row in first_albums(week)] == ["Y"]
    share = new_share(week)
    assert share is not None
    assert (share.new, share.plays, share.percent) == (3, 4, 75)
    assert new_share(heard(ann, "all", now=now)) is None


def test_a_period_is_compared_with_the_one_before(ann: User) -> None:
    now = at("2025-06-10 12:00")
    hear(ann, *(now - timedelta(days=n) for n in (1, 2, 3)), ms=1000)
    hear(ann, *(now - timedelta(days=n) for n in (8, 9)))
    found = summary(ann, "7d", now=now)
    assert (found.listens, found.previous and found.previous.listens, found.change) == (3, 2, 50)
    assert (found.ms_played, found.sums.timed) == (3000, 3)
    assert summary(ann, "all", now=now).previous is None


def test_recent_plays_keep_to_a_period_and_name_every_source(ann: User) -> None:
    now = at("2025-06-10 12:00")
    hear(ann, at("2025-06-09 10:00"), at("2025-05-09 10:00"))
    first = ListenEvent.objects.order_by("-started_at")[0]
    record_plays(ann, [Play("T", "A", "X", first.started_at, "s")], source="spotify")
    ListenEvent.objects.filter(source="spotify").update(duplicate_of=first)
    found = recent(ann, period=period_of("7d", ann.zone, now), sources=True).listens
    assert [(row.id, row.sources) for row in found] == [(first.pk, ["Last.fm", "Spotify"])]


def test_a_range_counts_its_own_days_only(ann: User) -> None:
    now = at("2025-06-10 12:00")
    hear(ann, *(at(f"2025-06-0{n} 10:00") for n in range(1, 9)))
    chosen = Heard(ann, period_of("", ann.zone, now, first=date(2025, 6, 3), last=date(2025, 6, 4)))
    assert summary_of(chosen).listens == 2
    assert [plays for _, plays in series(chosen).points] == [1, 1]


PARTS: list[Callable[[Heard], Any]] = [summary_of, series, clock, streaks, first_artists, first_albums, new_share]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("key", ["7d", "all"])
def test_nothing_heard_is_answered_everywhere(ann: User, part: Callable[[Heard], Any], key: str) -> None:
    part(heard(ann, key))
