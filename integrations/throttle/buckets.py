"""Takes from the buckets of a call: the provider's, its endpoint group's and the account's, from all or from none.

Redis holds them where REDIS_URL names one, else the database. Where Redis does not answer the database takes over for
a while: budgets are then kept, but each process finds that out by itself and the new buckets are full, so that for a
moment a burst more may go. Nothing is ever let through because nothing counts.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from integrations.budgets import Budget, budgets, label
from integrations.errors import ComeBackLater
from integrations.throttle import database, redis
from integrations.throttle.gcra import MICRO, Bucket, Turn, buckets_of

WITHOUT_REDIS = 10.0
"""Seconds until Redis is asked again after it did not answer."""
logger = logging.getLogger(__name__)


def try_take(provider: str, group: str = "", account_id: int | None = None) -> None:
    """Take now, or raise ComeBackLater with the time when there may be room. For who must not wait."""
    take(provider, group, account_id, wait=0.0)


def take(provider: str, group: str = "", account_id: int | None = None, *, wait: float) -> None:
    """Take, waiting in turn up to `wait` seconds; ComeBackLater where it would take longer. For workers.

    The place in the provider's queue is kept by the moment of asking. Where the group or the account is what has no
    room, we ask again when there should be some.
    """
    wanted = buckets_of(_budgets(tuple(settings.PROVIDER_RATES)), provider, group, account_id)
    ends = time.monotonic() + wait
    while wanted:
        left = max(0.0, ends - time.monotonic())
        turn = _reserve(wanted, int(left * MICRO))
        if not turn.taken and turn.wait > left * MICRO:
            until = timezone.now() + timedelta(microseconds=turn.wait)
            raise ComeBackLater(provider, f"We have asked {label(provider)} enough for the moment.", until=until)
        time.sleep(turn.wait / MICRO)
        if turn.taken:
            return


@cache
def _budgets(own: tuple[str, ...]) -> dict[str, Budget]:
    return budgets(own)


def _reserve(wanted: list[Bucket], longest: int) -> Turn:
    if settings.REDIS_URL and _redis.is_worth_asking():
        try:
            turn = redis.reserve(settings.REDIS_URL, wanted, longest)
        except RedisError as error:
            _redis.failed(error)
        else:
            _redis.answered()
            return turn
    return database.reserve(wanted, longest)


class _Redis:
    """What this process knows of Redis. Says once that it is gone and once that it is back."""

    def __init__(self) -> None:
        self.asked_again_at: float | None = None

    def is_worth_asking(self) -> bool:
        return self.asked_again_at is None or time.monotonic() >= self.asked_again_at

    def failed(self, error: RedisError) -> None:
        if self.asked_again_at is None:
            logger.warning("Redis does not answer (%s); the database counts calls to providers.", type(error).__name__)
        self.asked_again_at = time.monotonic() + WITHOUT_REDIS

    def answered(self) -> None:
        if self.asked_again_at is not None:
            logger.info("Redis answers again and counts calls to providers.")
        self.asked_again_at = None


_redis = _Redis()
