from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.histogram import average, ratings_summary
from club.selectors.names import cut


@pytest.mark.parametrize(
    ("halves", "shown"),
    [
        ([], None),
        ([2], "1.00"),
        ([10, 10], "5.00"),
        ([9, 8], "4.25"),
        ([2, 2, 3], "1.17"),
        ([6, 6, 6, 6, 6, 6, 6, 8], "3.13"),  # 3.125: half up, not to the even 3.12
        ([6, 6, 6, 7], "3.13"),
        ([7, 8, 8], "3.83"),
    ],
)
def test_the_average_is_rounded_half_up_to_two_places(halves, shown):
    assert average(sum(halves), len(halves)) == shown


def test_the_distribution_has_all_nine_half_steps():
    summary = ratings_summary([9, 9, 2])
    assert summary["count"] == 3
    assert list(summary["distribution"]) == ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"]
    assert list(summary["distribution"].values()) == [1, 0, 0, 0, 0, 0, 0, 2, 0]


def test_a_week_nobody_rated_has_no_average():
    assert ratings_summary([])["average"] is None


@given(st.lists(st.integers(min_value=2, max_value=10), min_size=1, max_size=50))
def test_the_distribution_counts_every_rating_once(halves):
    summary = ratings_summary(halves)
    assert sum(summary["distribution"].values()) == summary["count"] == len(halves)
    assert 1 <= float(summary["average"]) <= 5


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("one two three four", 10, "one two…"),
        ("one two, three four", 10, "one two…"),
        ("onelongwordwithoutend", 10, "onelongwo…"),
        ("", 10, ""),
    ],
)
def test_a_long_review_is_cut_at_a_word(text, length, shown):
    assert cut(text, length) == shown


@given(st.text(max_size=400), st.integers(min_value=5, max_value=200))
def test_a_cut_review_is_never_longer_and_begins_like_the_whole(text, length):
    shown = cut(text, length)
    assert len(shown) <= length
    assert text.startswith(shown.removesuffix("…"))
