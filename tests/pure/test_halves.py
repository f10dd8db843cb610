"""Halves from 1.0 to 5.0 and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.halves import STEPS, halves_of, shown
from sidetrack.errors import Invalid


@pytest.mark.parametrize("given_as", ["4.5", 4.5, Decimal("4.5"), "4.50", " 4.5 "])
def test_a_half_step_is_taken_in_every_spelling(given_as):
    assert halves_of(given_as) == 9


def test_the_nine_steps_come_back_as_they_went_in():
    assert [shown(halves_of(step)) for step in STEPS] == STEPS
    assert STEPS[0] == "1.0"
    assert STEPS[-1] == "5.0"
    assert [halves_of(number) for number in (1, 2, 3, 4, 5)] == [2, 4, 6, 8, 10]


REFUSED = [
    4.25, "4,5", 0, "0.5", 5.5, 6, -1, "-4.5", True, False, None, "", "four", [], {}, "NaN", float("nan"),
    float("inf"), 1e999, -1e999, 1e-300, "1e0", "4.", ".5", "+4", "٤", Decimal("NaN"), Decimal("sNaN"),
    Decimal("1E+999999"), 10**5000, 4.50000000001, "4.5000000000000000000001",
]  # fmt: skip


@pytest.mark.parametrize("given_as", REFUSED, ids=lambda value: type(value).__name__)
def test_anything_else_is_refused_naming_the_rating(given_as):
    with pytest.raises(Invalid) as refusal:
        halves_of(given_as)
    assert refusal.value.attr == "rating"


@given(st.one_of(st.floats(), st.text(), st.decimals(), st.integers()))
def test_what_is_taken_lies_on_the_scale(given_as):
    try:
        halves = halves_of(given_as)
    except Invalid:
        return
    assert shown(halves) in STEPS
    assert Decimal(str(given_as).strip()) == Decimal(halves) / 2
