"""How long a provider asks us to stay away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.retry_after import LONGEST, retry_after_of

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("5", 5.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("0.35", 0.35),
        ("74214", 74_214.0),
        ("172801", LONGEST),
        ("9" * 30, LONGEST),
        (date(90), 90.0),
        (date(-90), 0.0),
        (date(10 * 86_400), LONGEST),
        ("Thu, 05 Nov 2026 12:01:00 -0000", 60.0),
        ("Thu, 05 Nov 2026 13:01:00 +0100", 60.0),
    ],
)
def test_seconds_and_dates_are_read(told, seconds):
    assert retry_after_of({"retry-after": told}, NOW) == seconds


@pytest.mark.parametrize(
    "told",
    ["", "soon", "-5", "1e5", "inf", "nan", "5 s", "5,5", "0x10", "٣", "1_0", "9" * 5000, "5;", "Thu, 99 Nov 2026"],
)
def test_nonsense_says_nothing(told):
    assert retry_after_of({"retry-after": told}, NOW) is None


def test_a_header_that_is_missing_says_nothing():
    assert retry_after_of({}, NOW) is None


def test_the_name_is_read_in_any_letters():
    assert retry_after_of({"Retry-After": "7"}, NOW) == 7


def test_a_date_is_counted_from_the_answers_own_clock():
    """Ours may be an hour off."""
    assert retry_after_of({"retry-after": date(3600 + 30), "date": date(3600)}, NOW) == 30


@given(st.text(max_size=60))
def test_whatever_is_told_the_pause_is_bounded(told):
    found = retry_after_of({"retry-after": told}, NOW)
    assert found is None or 0 <= found <= LONGEST
