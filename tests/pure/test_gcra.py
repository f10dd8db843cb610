"""The arithmetic of token buckets, and what operators may set."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from integrations.budgets import DOCUMENTED, Budget, budgets
from integrations.throttle.gcra import MICRO, Turn, buckets_of, decide

CALLS = st.lists(
    st.tuples(
        st.sampled_from([("spotify", ""), ("spotify", "search"), ("spotify", "playlists")]),
        st.sampled_from([None, 1]),
        st.integers(0, 3 * MICRO),
        st.sampled_from([0, 2 * MICRO, 30 * MICRO]),
    ),
    max_size=60,
)


@how(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CALLS, st.integers(1, 5), st.integers(1, 5))
def test_in_no_stretch_of_time_do_more_go_than_the_budget_lets(calls, burst, narrow):
    known = {
        "spotify": Budget(3, 1.0, burst),
        "spotify.search": Budget(2, 1.0, narrow),
        "spotify.account": Budget(3, 2.0, narrow),
    }
    now, tats, went = 0, {}, {}
    for (provider, group), account, pause, longest in calls:
        now += pause
        wanted = buckets_of(known, provider, group, account)
        turn, after = decide(wanted, [tats.get(one.key, 0) for one in wanted], now, longest)
        for one, tat in zip(wanted, after, strict=True):
            if turn.taken:
                tats[one.key] = tat
                went.setdefault(one, []).append(now + turn.wait)
        assert turn.wait <= longest or not turn.taken
    for one, times in went.items():
        times.sort()
        for first in range(len(times)):
            for last in range(first, len(times)):
                most = (one.room // one.step + 1) + (times[last] - times[first]) // one.step
                assert last - first + 1 <= most


def test_every_documented_budget_gives_a_bucket():
    for name, budget in DOCUMENTED.items():
        provider, _, group = name.partition(".")
        wanted = buckets_of(
            DOCUMENTED, provider, "" if group == "account" else group, 7 if group == "account" else None
        )
        assert wanted[-1].key == provider
        assert len(wanted) == (2 if group else 1)
        assert wanted[0].step >= budget.interval * MICRO


@pytest.mark.parametrize(
    "entry", ["spotfy=1/1", "spotify", "spotify=", "spotify=0/1", "spotify=-1/1", "spotify=1/0", "spotify=a/b",
              "spotify=1/nan", "spotify=1/inf", "spotify=1/1e9", "=1/1", "spotify=1.5/1"],
)  # fmt: skip
def test_a_wrong_rate_is_named(entry):
    with pytest.raises(ValueError, match=r"provider|spotify|allows"):
        budgets([entry])


def test_own_rates_stand_in_the_place_of_documented_ones():
    found = budgets(["spotify=10/20", "spotify.search=3/30"])
    assert found["spotify"] == Budget(10, 20, 10)
    assert found["spotify.search"] == Budget(3, 30, 3)
    assert found["deezer"] == DOCUMENTED["deezer"]


def test_rounding_is_never_ours():
    """Three in a second have 333,334 microseconds between them."""
    (bucket,) = buckets_of({"spotify": Budget(3, 1.0, 2)}, "spotify")
    assert (bucket.step, bucket.room) == (333_334, 333_334)


def test_who_waits_for_the_provider_has_a_place_and_who_waits_for_a_group_has_none():
    known = {"spotify": Budget(1, 1.0, 1), "spotify.search": Budget(1, 10.0, 1)}
    wanted = buckets_of(known, "spotify", "search")
    assert decide(wanted, [0, 5 * MICRO], 0, 9 * MICRO) == (Turn(True, 5 * MICRO), [15 * MICRO, 6 * MICRO])
    assert decide(wanted, [5 * MICRO, 0], 0, 9 * MICRO) == (Turn(False, 5 * MICRO), [5 * MICRO, 0])
    assert decide(wanted, [0, 5 * MICRO], 0, 4 * MICRO) == (Turn(False, 5 * MICRO), [0, 5 * MICRO])
