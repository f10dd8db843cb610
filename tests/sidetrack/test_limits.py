"""Counting requests, in the cache and in the table."""

from __future__ import annotations

import pytest
import time_machine
from redis.exceptions import RedisError

from sidetrack.models import RequestCount
from sidetrack.services import limits
from tests.threads import together


@pytest.fixture(params=["cache", "table"])
def store(request, db, monkeypatch):
    monkeypatch.setattr(limits, "_cache_is_database", lambda: request.param == "table")
    return request.param


def test_a_limit_is_per_window_scope_and_actor(store):
    with time_machine.travel(1_000_020, tick=False) as clock:
        waits = [limits.wait_for("write", "person-1", limit=2, seconds=60) for _ in range(4)]
        assert waits == [None, None, 60.0, 60.0]
        assert limits.wait_for("write", "person-2", limit=2, seconds=60) is None
        assert limits.wait_for("search", "person-1", limit=2, seconds=60) is None
        clock.move_to(1_000_079)
        assert limits.wait_for("write", "person-1", limit=2, seconds=60) == 1.0
        clock.move_to(1_000_080)
        assert limits.wait_for("write", "person-1", limit=2, seconds=60) is None


def test_windows_that_are_over_are_swept_out(store, monkeypatch):
    monkeypatch.setattr(limits, "SWEEP_ONE_IN", 1)
    with time_machine.travel(1_000_000, tick=False) as clock:
        limits.wait_for("write", "person-1", limit=2, seconds=60)
        clock.move_to(1_010_000)
        limits.wait_for("write", "person-2", limit=2, seconds=60)
    assert RequestCount.objects.count() == (1 if store == "table" else 0)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_counted_one_by_one(store):
    with time_machine.travel(1_000_020, tick=False):
        waits = together([lambda: limits.wait_for("write", "person-1", limit=5, seconds=60)] * 16)
    assert waits.count(None) == 5


def test_where_nothing_counts_nothing_is_let_through(monkeypatch):
    def down(*args, **kwargs):
        raise RedisError("connection refused")

    monkeypatch.setattr(limits.cache, "add", down, raising=False)
    assert limits.wait_for("write", "person-1", limit=100, seconds=60) is not None
