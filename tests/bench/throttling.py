"""Processes that share the budget of one provider, on this database and on Redis: is it held, and is it used?"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from integrations.models import Bucket
from integrations.throttle.database import reserve
from integrations.throttle.gcra import Bucket as Shared
from integrations.throttle.redis import reserve as reserve_in_redis
from tests.bench.goals import goal, percentile, probe, timed
from tests.throttled import run_together

PROCESSES, RATE, SECONDS = 8, 10, 20.0
PROVIDER, BURST = "deezer", 10
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


def measure() -> None:
    print(f"\n{PROCESSES} processes share {RATE} calls a second for {SECONDS:g} s, {BURST} at once", flush=True)
    probe()
    _measure(connection.vendor, "")
    if connection.vendor == "sqlite":  # once is enough
        try:
            Redis.from_url(REDIS, socket_connect_timeout=1).delete(f"sidetrack:bucket:{{{PROVIDER}}}:{PROVIDER}")
        except RedisError:
            print(f"redis: skipped, none answers at {REDIS.rpartition('@')[2]}", flush=True)
        else:
            _measure("redis", REDIS)
    _cost()


def _measure(store: str, redis_url: str) -> None:
    Bucket.objects.filter(key=PROVIDER).delete()
    environment = {
        **os.environ,
        "PROVIDER_RATES": f"{PROVIDER}={RATE}/1",
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(Path(settings.BASE_DIR)),
    }
    went = run_together(PROCESSES, PROVIDER, SECONDS, environment)
    allowed = RATE * SECONDS + BURST
    print(f"{store:<12} {len(went)} let through of {allowed:g}, {len(went) / allowed:.1%} used", flush=True)
    goal(f"{store}: let through", len(went), most=allowed)
    goal(f"{store}: used", len(went) / allowed, least=0.95)


def _cost() -> None:
    """Of one call that does not wait, with its three buckets."""
    stores = {connection.vendor: lambda: reserve(buckets, 0)}
    try:
        Redis.from_url(REDIS, socket_connect_timeout=1).ping()
        stores["redis"] = lambda: reserve_in_redis(REDIS, buckets, 0)
    except RedisError:
        pass
    buckets = [Shared(f"bench.{n}", 1, 10**9) for n in range(3)]
    for store, take in stores.items():
        take()
        spent = [timed(take) * 1000 for _ in range(500)]
        print(f"{store:<12} a take from 3 buckets {percentile(spent, 0.5):.2f} ms (p99 {percentile(spent, 0.99):.2f})")
