"""Token buckets that all processes share, in the database and in Redis."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from redis import Redis
from redis.exceptions import RedisError

from integrations.errors import ComeBackLater
from integrations.models import Bucket as Row
from integrations.throttle import buckets, database, redis, take, try_take
from integrations.throttle.gcra import MICRO, Bucket, Turn, decide
from tests.integrations.raw_server import serving
from tests.integrations.stores import REDIS
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["database", "redis"])
def store(request: Any, settings: Any, monkeypatch: Any) -> str:
    """Both places where buckets can be; the second is skipped where no Redis answers."""
    monkeypatch.setattr(buckets, "_redis", buckets._Redis())
    if request.param == "redis":
        settings.REDIS_URL = request.getfixturevalue("redis_url")
    return request.param


@pytest.fixture
def redis_url() -> str:
    client = Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        client.flushdb()
    except RedisError:
        pytest.skip(f"no Redis answers at {REDIS}")
    return REDIS


def taken(*call: Any) -> bool:
    try:
        try_take(*call)
    except ComeBackLater:
        return False
    return True


def test_a_burst_goes_at_once_and_the_next_is_told_when_to_come(store, settings):
    settings.PROVIDER_RATES = ["deezer=10/100"]
    assert [taken("deezer") for _ in range(12)] == [True] * 10 + [False] * 2
    with pytest.raises(ComeBackLater) as told:
        try_take("deezer")
    assert 9 < (told.value.until - timezone.now()).total_seconds() <= 10
    assert "Deezer" in told.value.sentence


def test_trying_never_waits(store, settings):
    settings.PROVIDER_RATES = ["musicbrainz=1/50"]
    began = time.monotonic()
    assert [taken("musicbrainz") for _ in range(3)] == [True, False, False]
    assert time.monotonic() - began < 1


def test_a_worker_waits_in_turn(store, settings):
    settings.PROVIDER_RATES = ["musicbrainz=10/1"]
    began = time.monotonic()
    for _ in range(5):
        take("musicbrainz", wait=5)
    assert 0.395 <= time.monotonic() - began < 0.9


def test_beyond_its_wait_nothing_is_reserved(store, settings):
    settings.PROVIDER_RATES = ["musicbrainz=10/3"]
    take("musicbrainz", wait=0)
    for _ in range(20):
        with pytest.raises(ComeBackLater) as told:
            take("musicbrainz", wait=0.05)
    # Twenty who went away leave no gap in the queue.
    assert (told.value.until - timezone.now()).total_seconds() <= 0.3


@pytest.mark.django_db(transaction=True)
def test_those_who_wait_have_each_a_place_of_their_own(store, settings):
    settings.PROVIDER_RATES = ["musicbrainz=20/1"]
    try_take("musicbrainz")

    def turn() -> float:
        take("musicbrainz", wait=5)
        return time.monotonic()

    began = time.monotonic()
    went = sorted(at - began for at in together([turn] * 6))
    for place, at in enumerate(went, 1):
        assert at >= place * 0.05 - 0.02


def test_a_full_group_takes_nothing_from_the_provider(store, settings):
    settings.PROVIDER_RATES = ["spotify=20/2000", "spotify.search=2/1000"]
    assert [taken("spotify", "search") for _ in range(50)].count(True) == 2
    assert [taken("spotify") for _ in range(30)].count(True) == 18


def test_a_full_provider_takes_nothing_from_a_group_or_an_account(store, settings):
    settings.PROVIDER_RATES = ["spotify=2/0.5", "spotify.search=5/1000", "spotify.account=5/1000"]
    for _ in range(2):
        try_take("spotify")
    assert not any(taken("spotify", "search", 7) for _ in range(5))
    settings.PROVIDER_RATES = [*settings.PROVIDER_RATES[1:], "spotify=20/0.001"]
    time.sleep(0.5)  # until the provider has paid for what it gave
    assert [taken("spotify", "search", 7) for _ in range(9)].count(True) == 5


def test_an_account_has_a_budget_of_its_own(store, settings):
    settings.PROVIDER_RATES = ["spotify.account=3/1000"]
    assert [taken("spotify", "", 1) for _ in range(5)].count(True) == 3
    assert [taken("spotify", "", 2) for _ in range(5)].count(True) == 3
    assert taken("spotify")


def test_who_waits_for_a_group_does_not_hold_up_the_provider(store, settings):
    settings.PROVIDER_RATES = ["spotify=20/2", "spotify.search=1/1"]
    take("spotify", "search", wait=0)
    wait = 0.9
    began = time.monotonic()
    with pytest.raises(ComeBackLater):
        take("spotify", "search", wait=wait)
    assert time.monotonic() - began < 0.2
    assert [taken("spotify") for _ in range(19)].count(True) >= 19


def test_a_worker_who_waits_for_a_group_goes_when_there_is_room(store, settings):
    settings.PROVIDER_RATES = ["spotify.search=5/1"]
    for _ in range(5):
        try_take("spotify", "search")
    began = time.monotonic()
    take("spotify", "search", wait=2)
    assert 0.15 <= time.monotonic() - began < 0.6


def test_providers_do_not_share(store, settings):
    settings.PROVIDER_RATES = ["deezer=1/1000"]
    assert [taken("deezer"), taken("deezer"), taken("lastfm")] == [True, False, True]


def test_a_provider_without_a_budget_is_not_held_up(store):
    assert all(taken("elsewhere") for _ in range(100))


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_than_the_burst(store, settings):
    """On rows that are not there yet, and in two buckets."""
    settings.PROVIDER_RATES = ["spotify=5/10000", "spotify.search=4/10000"]
    assert together([lambda: taken("spotify", "search")] * 16).count(True) == 4
    assert together([lambda: taken("spotify")] * 16).count(True) == 1


def test_full_buckets_are_swept_out_and_others_stay(monkeypatch, settings):
    monkeypatch.setattr(database, "SWEEP_ONE_IN", 1)
    settings.PROVIDER_RATES = ["deezer=1/40000"]
    Row.objects.create(key="spotify.account:1", tat=time.time_ns() // 1000 - 2 * database.KEPT)
    try_take("deezer")
    assert not taken("deezer")
    assert list(Row.objects.values_list("key", flat=True)) == ["deezer"]


def test_where_redis_does_not_answer_the_database_counts_and_the_log_says_so_once(settings, monkeypatch, caplog):
    monkeypatch.setattr(buckets, "_redis", buckets._Redis())
    settings.REDIS_URL = "redis://:hush@127.0.0.1:1/0"
    settings.PROVIDER_RATES = ["deezer=2/1000"]
    with caplog.at_level(logging.INFO, logger="integrations"):
        assert [taken("deezer") for _ in range(6)] == [True, True, False, False, False, False]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "hush" not in caplog.text


def test_redis_is_asked_again_after_a_while(settings, monkeypatch, caplog, redis_url):
    monkeypatch.setattr(buckets, "_redis", buckets._Redis())
    buckets._redis.failed(RedisError("gone"))
    settings.REDIS_URL = redis_url
    try_take("deezer")
    assert Row.objects.filter(key="deezer").exists()
    monkeypatch.setattr(buckets, "WITHOUT_REDIS", 0.0)
    buckets._redis.failed(RedisError("gone"))
    with caplog.at_level(logging.INFO, logger="integrations"):
        try_take("deezer")
    assert "answers again" in caplog.text
    assert Redis.from_url(redis_url).keys("sidetrack:bucket:*")


def test_no_time_is_lost_with_a_redis_that_is_gone(settings, monkeypatch):
    monkeypatch.setattr(buckets, "_redis", buckets._Redis())
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    asked = []
    monkeypatch.setattr(redis, "reserve", lambda *_: asked.append(1) or _refuse())
    for _ in range(5):
        try_take("deezer")
    assert len(asked) == 1


def _refuse() -> Turn:
    raise RedisError("connection refused")


@how(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(-5, 25), st.integers(1, 8), st.integers(0, 8)), min_size=1, max_size=3),
    st.integers(0, 20),
)
@pytest.mark.django_db
def test_the_database_and_redis_decide_as_the_arithmetic_does(made, longest):
    """Times in units of 100 s, so that what passes meanwhile changes nothing."""
    unit = 100 * MICRO
    now = time.time_ns() // 1000
    wanted = [Bucket(f"test{n}", step * unit, room * unit) for n, (_, step, room) in enumerate(made)]
    tats = [now + ahead * unit + unit // 2 for ahead, _, _ in made]
    expected, after = decide(wanted, tats, now, longest * unit)
    Row.objects.all().delete()
    Row.objects.bulk_create([Row(key=one.key, tat=tat) for one, tat in zip(wanted, tats, strict=True)])
    _compare(database.reserve(wanted, longest * unit), expected)
    rows = dict(Row.objects.values_list("key", "tat"))
    assert all(abs(rows[one.key] - tat) < unit // 4 for one, tat in zip(wanted, after, strict=True))
    client = Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        client.flushdb()
    except RedisError:
        return
    keys = [f"sidetrack:bucket:{{{one.key}}}:{one.key}" for one in wanted]
    for key, tat in zip(keys, tats, strict=True):
        client.set(key, tat)
    _compare(redis.reserve(REDIS, wanted, longest * unit), expected)
    kept = [int(client.get(key)) for key in keys]
    assert all(abs(one - tat) < unit // 4 for one, tat in zip(kept, after, strict=True))
    assert all(client.pttl(key) > 0 for key in keys) or not expected.taken


def _compare(found: Turn, expected: Turn) -> None:
    assert found.taken == expected.taken
    assert abs(found.wait - expected.wait) < 25 * MICRO


def test_a_place_in_the_queue_is_kept_for_a_minute_of_waiting_and_not_longer(store, settings):
    settings.PROVIDER_RATES = ["musicbrainz=1/60"]
    try_take("musicbrainz")
    with pytest.raises(ComeBackLater) as told:
        take("musicbrainz", wait=30)
    assert told.value.until - timezone.now() <= timedelta(seconds=60)


def test_a_redis_that_hangs_holds_a_call_up_for_a_moment_only(settings, monkeypatch):
    monkeypatch.setattr(buckets, "_redis", buckets._Redis())
    monkeypatch.setattr(redis, "SECONDS_TO_ANSWER", 0.2)
    settings.PROVIDER_RATES = ["deezer=1/1000"]
    with serving(lambda _: time.sleep(3)) as url:
        settings.REDIS_URL = url.replace("http", "redis")
        began = time.monotonic()
        assert [taken("deezer"), taken("deezer")] == [True, False]
        assert time.monotonic() - began < 1.5
