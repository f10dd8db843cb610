"""What a member heard, read from millions of listens: top artists, recent pages, the summary of all time."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection

from listening.models import ListenEvent
from listening.selectors.heard import heard
from listening.selectors.plays import cursor_of, recent
from listening.selectors.stats import summary
from listening.selectors.tops import top_artists
from listening.services.totals import build_totals
from sidetrack.models import User
from tests.bench.databases import using
from tests.bench.goals import goal, percentile, probe, round_trip, timed
from tests.bench.polling import Counter
from tests.bench.stock import HEAVY, MEMBERS, settle

READS = 400
PAGE = 50
HEAVIEST = range(HEAVY + 1, HEAVY + 1 + MEMBERS // 100)
"""The heaviest hundredth of the members, beside the one who heard a tenth of everything."""


class Spent:
    """Milliseconds of one kind of read: inside statements, and all in all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.database: list[float] = []
        self.whole: list[float] = []

    def add(self, act: Callable[[], object]) -> None:
        counter = Counter()
        with connection.execute_wrapper(counter):
            self.whole.append(timed(act) * 1000)
        # SQLite finds its rows while they are fetched, after the statement.
        self.database.append(counter.seconds * 1000 if connection.vendor == "postgresql" else self.whole[-1])

    def line(self) -> str:
        p50, p99 = median(self.database), percentile(self.database, 0.99)
        return f"{self.name:38}{p50:9.2f}{p99:9.2f}{median(self.whole):12.2f}"


def measure(size: int) -> None:
    print(f"\nReads with {size:,} listens stored", flush=True)
    with using(size):
        settle()
        _measure()


def _measure() -> None:
    probe()
    anyone, heaviest = _members(range(HEAVY + 1, MEMBERS + 1)), _members(HEAVIEST)
    deep = {user.pk: _deep(user) for user in anyone}
    one = User.objects.get(pk=HEAVY)
    kinds: dict[str, tuple[list[User], Callable[[User], object]]] = {
        "bare round trip": (anyone, lambda _: round_trip()),
        "top artists, 90 days": (anyone, lambda user: top_artists(heard(user, "90d"))),
        "top artists, 90 days, heaviest 1 %": (heaviest, lambda user: top_artists(heard(user, "90d"))),
        "top artists, 90 days, one tenth of all": ([one], lambda user: top_artists(heard(user, "90d"))),
        "recent page, first": (anyone, lambda user: recent(user, PAGE)),
        "recent page, deep": (anyone, lambda user: recent(user, PAGE, deep[user.pk])),
    }
    spent = {name: Spent(name) for name in kinds}
    for place in range(-40, READS):  # the first only warm up
        for name, (users, read) in kinds.items():
            user = users[place % len(users)]
            if place < 0:
                read(user)
            elif len(users) > 1 or place < 20:
                spent[name].add(lambda read=read, user=user: read(user))  # type: ignore[misc]
    print(f"{'milliseconds':38}{'p50':>9}{'p99':>9}{'with Python':>12}")
    for each in spent.values():
        print(each.line())
    trip = median(spent["bare round trip"].database)
    if connection.vendor == "postgresql":  # SQLite answers in the process: there is no round trip to compare with
        for name, most in (("top artists, 90 days", 4), ("recent page, first", 7), ("recent page, deep", 7)):
            goal(f"{name}, round trips", median(spent[name].database) / trip, most=most)
    p99 = percentile(spent["top artists, 90 days, heaviest 1 %"].database, 0.99)
    goal("top artists, 90 days, p99 of the heaviest 1 %", p99, most=2.5, unit=" ms")
    _all_time(one)


def _all_time(user: User) -> None:
    """With and without the totals that such a member has."""
    print(f"{user.username} has {ListenEvent.objects.filter(user=user).count():,} listens")
    counted = Spent("summary of all time, counted")
    for _ in range(3):
        counted.add(lambda: summary(user, "all"))
    built = timed(lambda: build_totals(user.pk))
    settle()  # within a minute autovacuum tells the planner how many rows these are
    kept = Spent("summary of all time")
    for _ in range(40):
        kept.add(lambda: summary(user, "all"))
    print(counted.line(), kept.line(), f"their totals were made in {built:.1f} s", sep="\n")
    goal("summary of all time", median(kept.whole), most=100, unit=" ms")


def _members(ids: range) -> list[User]:
    chosen = random.Random(90).sample(ids, min(len(ids), READS))
    return list(User.objects.filter(pk__in=chosen).order_by("username"))


def _deep(user: User) -> str:
    """The cursor four fifths down a member's history."""
    plays: Any = ListenEvent.objects.filter(user=user, duplicate_of=None).order_by("-started_at", "-id")
    return cursor_of(plays[plays.count() * 4 // 5])
