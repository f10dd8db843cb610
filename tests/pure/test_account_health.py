"""How an account fares after each kind of answer, as docs/account-health.md tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import (
    BadAnswer,
    Busy,
    ComeBackLater,
    Expired,
    Forbidden,
    Misconfigured,
    MustReconnect,
    NotThere,
    Rejected,
    Unavailable,
)
from integrations.health import Outcome, Standing, after, gap, outcome_of
from integrations.models import LinkedAccount

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.GOOD),
        (Unavailable("spotify", "."), Outcome.FAILED),
        (BadAnswer("spotify", "."), Outcome.FAILED),
        (Busy("spotify", "."), Outcome.FAILED),
        (Expired("spotify", "."), Outcome.FAILED),
        (Forbidden("spotify", ".", reason="premium"), Outcome.FAILED),
        (Forbidden("spotify", ".", reason="allowlist"), Outcome.SHUT_OUT),
        (MustReconnect("spotify", "."), Outcome.LOST),
        (ComeBackLater("spotify", ".", until=NOW), Outcome.NEUTRAL),
        (Forbidden("spotify", ".", reason="closed"), Outcome.NEUTRAL),
        (Forbidden("spotify", ".", reason="scope"), Outcome.NEUTRAL),
        (Forbidden("spotify", ".", reason="owner"), Outcome.NEUTRAL),
        (Forbidden("spotify", ".", reason="private"), Outcome.NEUTRAL),
        (Forbidden("spotify", "."), Outcome.NEUTRAL),
        (NotThere("spotify", "."), Outcome.NEUTRAL),
        (Rejected("spotify", "."), Outcome.NEUTRAL),
        (Misconfigured("spotify", "."), Outcome.NEUTRAL),
    ],
    ids=lambda value: getattr(value, "reason", None) or type(value).__name__ if value else "good",
)
def test_what_each_answer_means_for_the_account(error, outcome):
    assert outcome_of(error) is outcome


def test_every_reason_of_a_refusal_is_decided():
    decided = {"closed", "scope", "allowlist", "premium", "owner", "private", "unknown"}
    assert set(Forbidden.REASONS) == decided


FAILING = Standing("ok", 2)
DEGRADED = Standing("degraded", 7)
QUARANTINED = Standing("quarantined", 8, NOW)
WAITING = Standing("quarantined", 8, NOW + timedelta(minutes=1))
LOST = Standing("needs_reconnect", 4)


@pytest.mark.parametrize(
    ("standing", "outcome", "next_one"),
    [
        (Standing(), Outcome.FAILED, Standing("ok", 1)),
        (Standing("ok", 1), Outcome.FAILED, Standing("ok", 2)),
        (FAILING, Outcome.FAILED, Standing("degraded", 3)),
        (FAILING, Outcome.GOOD, Standing()),
        (FAILING, Outcome.NEUTRAL, FAILING),
        (DEGRADED, Outcome.FAILED, Standing("quarantined", 8, NOW + timedelta(minutes=15))),
        (DEGRADED, Outcome.GOOD, Standing()),
        (DEGRADED, Outcome.NEUTRAL, DEGRADED),
        (QUARANTINED, Outcome.FAILED, Standing("quarantined", 9, NOW + timedelta(minutes=30))),
        (QUARANTINED, Outcome.GOOD, Standing()),
        (QUARANTINED, Outcome.NEUTRAL, QUARANTINED),
        (WAITING, Outcome.FAILED, WAITING),
        (WAITING, Outcome.SHUT_OUT, WAITING),
        (WAITING, Outcome.GOOD, Standing()),
        (Standing(), Outcome.SHUT_OUT, Standing("quarantined", 8, NOW + timedelta(minutes=15))),
        (QUARANTINED, Outcome.SHUT_OUT, Standing("quarantined", 9, NOW + timedelta(minutes=30))),
        (Standing(), Outcome.LOST, Standing("needs_reconnect")),
        (QUARANTINED, Outcome.LOST, Standing("needs_reconnect", 8)),
        (LOST, Outcome.FAILED, LOST),
        (LOST, Outcome.SHUT_OUT, LOST),
        (LOST, Outcome.GOOD, LOST),
        (LOST, Outcome.NEUTRAL, LOST),
    ],
)
def test_each_step(standing, outcome, next_one):
    assert after(standing, outcome, NOW) == next_one


def test_the_gaps_double_from_a_quarter_of_an_hour_to_a_day():
    minutes = [gap(failures) // timedelta(minutes=1) for failures in range(8, 18)]
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    assert gap(10**9) == timedelta(days=1)


def test_an_account_that_fails_for_ever_is_asked_ever_less():
    standing, now, asked = Standing(), NOW, 0
    while now < NOW + timedelta(days=7):
        if standing.probe_at is None or standing.probe_at <= now:
            standing, asked = after(standing, Outcome.FAILED, now), asked + 1
        now += timedelta(minutes=15)
    assert asked == 20


def test_the_words_are_those_of_the_model():
    words = {"ok", "degraded", "quarantined", "needs_reconnect"}
    assert set(LinkedAccount.Health.values) == words
