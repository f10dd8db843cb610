from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidetrack.charts import heatmap, histogram, line, percentages, shade_of, share

NOBODY = dict.fromkeys(("1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"), 0)


def test_nine_bars_stand_for_nine_half_steps() -> None:
    drawn = histogram(NOBODY, None, None)
    assert [bar.step for bar in drawn.bars] == ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"]
    assert all(bar.height == 0 for bar in drawn.bars)
    assert drawn.average_x is None


def test_the_tallest_bar_fills_the_room_and_the_others_are_in_proportion() -> None:
    drawn = histogram({**NOBODY, "4.5": 10, "3.0": 5}, Decimal("4.00"), Decimal("4.5"))
    heights = {bar.step: bar.height for bar in drawn.bars}
    assert heights["4.5"] == 2 * heights["3.0"] > 0
    assert [bar.step for bar in drawn.bars if bar.own] == ["4.5"]


def test_the_average_stands_over_the_bar_of_its_step() -> None:
    drawn = histogram({**NOBODY, "4.0": 1}, Decimal("4.00"), None)
    assert drawn.average_x == next(bar.middle for bar in drawn.bars if bar.step == "4.0")
    between = histogram({**NOBODY, "4.0": 1, "4.5": 1}, Decimal("4.25"), None)
    assert between.average_x == next(bar for bar in between.bars if bar.step == "4.5").x - 2


def test_a_small_share_is_still_seen_and_nothing_is_nothing() -> None:
    assert share(1, 100_000) == 4
    assert share(0, 10) == share(3, 0) == 0
    assert share(7, 7) == 1000


def test_a_day_nothing_is_known_of_breaks_the_line() -> None:
    first = date(2025, 3, 1)
    drawn = line([(first, 3), (first + timedelta(1), 0), (first + timedelta(2), None), (first + timedelta(3), 9)])
    assert len(drawn.runs) == 1
    assert len(drawn.dots) == 1
    assert drawn.top == 9
    assert drawn.gaps
    assert (drawn.first, drawn.last) == (first, first + timedelta(3))


def test_one_quiet_day_draws_without_dividing_by_nothing() -> None:
    drawn = line([(date(2025, 3, 1), 0)])
    assert drawn.dots == ("0.0,100.0",)
    assert not drawn.gaps


def test_a_heatmap_has_a_cell_for_every_hour_of_the_week() -> None:
    drawn = heatmap({(0, 8): 1, (4, 22): 40})
    assert [row.weekday for row in drawn.rows][::6] == ["Monday", "Sunday"]
    assert {len(row.cells) for row in drawn.rows} == {24}
    assert drawn.busiest == ("Friday", 22)
    assert (drawn.top, drawn.total) == (40, 41)
    assert dict(drawn.by_hour)[22] == [0, 0, 0, 0, 40, 0, 0]


def test_more_plays_are_darker_and_larger_and_one_play_is_never_nothing() -> None:
    cells = heatmap({(0, hour): count for hour, count in enumerate([0, 1, 400, 800])}).rows[0].cells[:4]
    assert [cell.shade for cell in cells] == [0, 1, 2, 4]
    assert sorted(cell.size for cell in cells) == [cell.size for cell in cells]
    assert all(cell.x >= 0 and cell.x + cell.size <= 30 + 24 * 13 for cell in cells)


@given(st.integers(min_value=1, max_value=10**7))
def test_the_key_of_a_heatmap_names_the_least_count_of_each_shade(top: int) -> None:
    steps = heatmap({(0, 0): top}).steps
    assert steps[-1][0] == 4
    for shade, least in steps:
        assert shade_of(least, top) == shade
        assert shade_of(least - 1, top) < shade


def test_an_empty_heatmap_has_no_busiest_hour() -> None:
    assert heatmap({}).busiest is None
    assert heatmap({}).steps == ()


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([1, 1, 1], [34, 33, 33]),
        ([1, 1, 1, 1, 1, 1], [17, 17, 17, 17, 16, 16]),
        ([2, 1], [67, 33]),
        ([199, 1], [100, 0]),
        ([1, 199], [1, 99]),
    ],
)
def test_what_is_missing_goes_to_the_largest_remainders(counts, shares):
    assert percentages(counts) == shares


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=9))
def test_percentages_sum_to_a_hundred_and_stay_within_one_of_the_truth(counts):
    shares = percentages(counts)
    total = sum(counts)
    assert sum(shares) == (100 if total else 0)
    for count, percent in zip(counts, shares, strict=True):
        assert not total or abs(percent - count * 100 / total) < 1


def test_the_shares_of_a_histogram_sum_to_a_hundred() -> None:
    drawn = histogram(NOBODY | {"1.0": 1, "3.0": 1, "4.5": 1}, None, None)
    assert [bar.percent for bar in drawn.bars if bar.count] == [34, 33, 33]
