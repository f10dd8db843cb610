"""A poll that brings nothing new: fifty plays that are all known."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection

from listening.services.listens import record_plays
from sidetrack.models import User
from tests.bench.databases import using
from tests.bench.goals import goal, percentile, probe, timed
from tests.bench.plays import batch
from tests.bench.stock import tracks_for

PLAYS, POLLS = 50, 200


class Counter:
    """Statements, time inside them, and commits: of transactions, and of statements outside of one."""

    def __init__(self) -> None:
        self.statements, self.writes, self.seconds, self.commits = 0, 0, 0.0, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            return execute(sql, params, many, context)
        self.statements += 1
        self.writes += sql.startswith(("INSERT", "UPDATE", "DELETE"))
        self.commits += not context["connection"].in_atomic_block
        answer: list[Any] = []
        self.seconds += timed(lambda: answer.append(execute(sql, params, many, context)))
        return answer[0]

    def committing(self, commit: Callable[[], None]) -> Callable[[], None]:
        def counted() -> None:
            self.commits += 1
            self.seconds += timed(commit)

        return counted


def measure(sizes: list[int]) -> None:
    print(f"\nA poll of {PLAYS} known plays", flush=True)
    for size in sizes:
        with using(size):
            probe()
            _measure(size)


def _measure(size: int) -> None:
    user = User.objects.get(username="member3")
    plays = batch("poll", PLAYS, tracks_for(size))
    record_plays(user, plays, source="spotify")
    polls = [_poll(user, plays) for _ in range(POLLS)]
    spent = [poll.seconds * 1000 for poll in polls]
    worst = max(polls, key=lambda poll: poll.statements)
    print(
        f"{size:>12,} stored  {worst.statements} statements, {worst.writes} of them writing, {worst.commits} commits, "
        f"database time {median(spent):.2f} ms (p99 {percentile(spent, 0.99):.2f})"
    )
    goal("commits of a poll", max(poll.commits for poll in polls), most=1)
    goal("database time of a poll", median(spent), most=2, unit=" ms")


def _poll(user: User, plays: list[Any]) -> Counter:
    counter = Counter()
    wrapped: Any = connection
    usual = wrapped._commit
    wrapped._commit = counter.committing(usual)
    try:
        with connection.execute_wrapper(counter):
            outcome = record_plays(user, plays, source="spotify")
    finally:
        wrapped._commit = usual
    assert outcome.inserted == 0, outcome
    return counter
