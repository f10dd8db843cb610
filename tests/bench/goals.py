"""What the benchmarks print: numbers beside their goal, and what the machine does at the moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

from django.db import connection, transaction

from sidetrack.models import User


def goal(what: str, value: float, least: float | None = None, most: float | None = None, unit: str = "") -> None:
    """One line: met or MISSED."""
    met = (least is None or value >= least) and (most is None or value <= most)
    wanted = f"at least {least:g}{unit}" if least is not None else f"at most {most:g}{unit}"
    print(f"goal: {what} {wanted}: {value:.2f}{unit} {'met' if met else 'MISSED'}", flush=True)


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def probe() -> None:
    """What a round trip and a small commit cost just now, in milliseconds: goals are of an idle machine."""
    trips = [timed(round_trip) for _ in range(200)]
    commits = [timed(_commit) for _ in range(50)]
    print(f"probe: round trip {median(trips) * 1000:.3f} ms, commit {median(commits) * 1000:.2f} ms", flush=True)


def round_trip() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()


def _commit() -> None:
    with transaction.atomic():
        User.objects.filter(pk=1).update(display_name="Member")
