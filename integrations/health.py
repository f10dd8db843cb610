"""How an account elsewhere fares, step by step. Pure; the whole rule is a table in docs/account-health.md.

One failure is nothing. Three in a row make an account degraded: it is synced after the healthy ones. Eight make it
quarantined: it is left alone but for a probe, after 15 minutes, then 30, 1 hour and so on up to once a day. One success
makes all good again. A grant that is gone needs its member: no success or failure leads out of that, only new tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from integrations.errors import Expired, Forbidden, MustReconnect, ProviderError, Unavailable

OK, DEGRADED, QUARANTINED, NEEDS_RECONNECT = "ok", "degraded", "quarantined", "needs_reconnect"
"""As `LinkedAccount.Health` spells them."""
DEGRADED_AT = 3
QUARANTINED_AT = 8
"""Failures in a row."""
FIRST_GAP = timedelta(minutes=15)
LONGEST_GAP = timedelta(hours=24)


class Outcome(Enum):
    """What a call means for the account it was made for."""

    GOOD = "good"
    FAILED = "failed"
    SHUT_OUT = "shut out"
    """Refused for who the account is; asking again soon is of no use, and its member can do nothing."""
    LOST = "lost"
    """The grant is gone."""
    NEUTRAL = "neutral"
    """Says nothing about the account: our budget, our request, a thing that is not there, a door that is closed."""


@dataclass(frozen=True)
class Standing:
    """`failures` in a row since the last success; `probe_at` is set while quarantined, and only then."""

    health: str = OK
    failures: int = 0
    probe_at: datetime | None = None


def outcome_of(error: ProviderError | None) -> Outcome:
    """Of how a call ended; None for a good answer."""
    if error is None:
        return Outcome.GOOD
    if isinstance(error, MustReconnect):
        return Outcome.LOST
    if isinstance(error, Unavailable | Expired):
        return Outcome.FAILED
    if isinstance(error, Forbidden):
        return {"allowlist": Outcome.SHUT_OUT, "premium": Outcome.FAILED}.get(error.reason, Outcome.NEUTRAL)
    return Outcome.NEUTRAL


def after(standing: Standing, outcome: Outcome, now: datetime) -> Standing:
    """The next standing. `now` is aware UTC."""
    if outcome is Outcome.LOST:
        return Standing(NEEDS_RECONNECT, standing.failures)
    if standing.health == NEEDS_RECONNECT or outcome is Outcome.NEUTRAL:
        return standing
    if outcome is Outcome.GOOD:
        return Standing()
    return _after_failure(standing, now, at_least=QUARANTINED_AT if outcome is Outcome.SHUT_OUT else 0)


def _after_failure(standing: Standing, now: datetime, at_least: int) -> Standing:
    if standing.probe_at is not None and now < standing.probe_at:
        return standing  # somebody asked beside the probe: that makes no gap longer
    failures = max(standing.failures + 1, at_least)
    if failures >= QUARANTINED_AT:
        return Standing(QUARANTINED, failures, now + gap(failures))
    return replace(standing, health=DEGRADED if failures >= DEGRADED_AT else OK, failures=failures)


def gap(failures: int) -> timedelta:
    """Until the next probe, after so many failures in a row (at least QUARANTINED_AT): doubled each time."""
    doublings = min(failures - QUARANTINED_AT, 10)  # 2**10 quarters of an hour are far beyond the longest gap
    return min(FIRST_GAP * (1 << doublings), LONGEST_GAP)
