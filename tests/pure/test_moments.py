from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sidetrack.moments import full, hours_listened, minutes_and_seconds, spoken

NOW = datetime(2025, 11, 24, 14, 20, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=30), "in a moment"),
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(hours=-20), "yesterday at 18:20"),
        (timedelta(hours=20), "tomorrow at 10:20"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=-7), "17 Nov 2025"),
        (timedelta(days=400), "29 Dec 2026"),
    ],
)
def test_near_times_are_relative_and_far_ones_dates(gap: timedelta, words: str) -> None:
    assert spoken(NOW + gap, NOW) == words


def test_the_full_time_names_day_and_zone() -> None:
    assert full(NOW) == "Mon 24 Nov 2025, 14:20 CET"


def test_lengths_are_read_as_clocks() -> None:
    assert minutes_and_seconds(187_000) == "3:07"
    assert minutes_and_seconds(3_765_000) == "1:02:45"
    assert hours_listened(90 * 3600 * 1000) == "90 hours"
    assert hours_listened(41 * 60 * 1000) == "41 minutes"
