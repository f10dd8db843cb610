"""Real processes share one budget: it is never overdrawn and well used. `make bench` measures the same for longer."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from integrations.throttle import take
from tests.integrations.stores import REDIS
from tests.listening.histories import environment
from tests.throttled import process, run_together, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]

PROCESSES, SECONDS = 4, 3.0
RATE, BURST = 20, 5  # lastfm's documented burst


def shared(**more: str) -> list[float]:
    settings = {**environment(), "PROVIDER_RATES": f"lastfm={RATE}/1", "REDIS_URL": "", **more}
    return run_together(PROCESSES, "lastfm", SECONDS, settings)


def check(went: list[float]) -> None:
    allowed = RATE * SECONDS + BURST
    assert len(went) <= allowed
    assert len(went) >= 0.9 * allowed
    # Not at any time before the end either: what is late is late, and nothing is early.
    for number, at in enumerate(went, 1):
        assert number <= BURST + RATE * at + 1


def test_the_database_holds_one_budget_for_all_processes() -> None:
    check(shared())


def test_redis_holds_one_budget_for_all_processes() -> None:
    try:
        Redis.from_url(REDIS, socket_connect_timeout=1).flushdb()
    except RedisError:
        pytest.skip(f"no Redis answers at {REDIS}")
    check(shared(REDIS_URL=REDIS))


def test_a_redis_that_is_gone_leaves_the_database_to_hold_it() -> None:
    check(shared(REDIS_URL="redis://127.0.0.1:1/0"))


def test_a_process_that_dies_in_the_queue_holds_nobody_up(settings: Any) -> None:
    """Its place is lost and nothing else: no lock of it is left."""
    settings.PROVIDER_RATES = ["lastfm=4/1"]
    child = process("lastfm", 60, {**environment(), "PROVIDER_RATES": "lastfm=4/1", "REDIS_URL": ""})
    start([child])
    time.sleep(0.6)
    child.kill()
    child.communicate()
    began = time.monotonic()
    take("lastfm", wait=5)
    assert time.monotonic() - began < 1.5
