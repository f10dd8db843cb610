"""The arithmetic of token buckets as GCRA, and which buckets a call takes from. Pure.

A bucket is one number, the theoretical arrival time (TAT) of its next request. Taking at `go` makes it
max(TAT, go) + step; a request may go as soon as TAT - room is reached. So at most `burst` go at once and one more each
`step`, and a request that waits its turn has its place the moment it asks. All in whole microseconds, rounded up: what
is rounded away is never ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from integrations.budgets import Budget

MICRO = 1_000_000


@dataclass(frozen=True)
class Bucket:
    """`step` from one request to the next, `room` for those that go ahead of their time; in microseconds."""

    key: str
    step: int
    room: int


@dataclass(frozen=True)
class Turn:
    """`taken`: go after `wait` microseconds. Else nothing was taken, and there may be room after `wait`."""

    taken: bool
    wait: int


def buckets_of(
    budgets: Mapping[str, Budget], provider: str, group: str = "", account_id: int | None = None
) -> list[Bucket]:
    """The buckets of a call, its provider's last: the others are parts of that one."""
    wanted = []
    if account_id is not None:
        wanted.append((f"{provider}.account", f"{provider}.account:{account_id}"))
    if group:
        wanted.append((f"{provider}.{group}", f"{provider}.{group}"))
    wanted.append((provider, provider))
    return [_bucket(key, budgets[name]) for name, key in wanted if name in budgets]


def _bucket(key: str, budget: Budget) -> Bucket:
    step = ceil(budget.interval * MICRO)
    return Bucket(key, step, (budget.burst - 1) * step)


def decide(buckets: list[Bucket], tats: list[int], now: int, longest: int) -> tuple[Turn, list[int]]:
    """Take from all buckets or from none; the turn, and the TATs as they are then.

    A place in the queue is given where the last bucket, the provider's, is what there is to wait for: whoever shares
    one of the others stands in that queue too. Where it is a group's or an account's, a place would hold the provider
    up for all the others until then; so nothing is taken, and the caller asks again after `wait`.

    The script in redis.py and the statement in database.py do the same where the numbers are; this is what they are
    tested against.
    """
    ready = [max(now, tat - bucket.room) for bucket, tat in zip(buckets, tats, strict=True)]
    go = max(ready)
    if go > now and (ready[-1] < go or go - now > longest):
        return Turn(False, go - now), tats
    taken = [max(tat, go) + bucket.step for bucket, tat in zip(buckets, tats, strict=True)]
    return Turn(True, go - now), taken
