"""Workers, askers and ticks at the same moment, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from sidetrack.jobs import Run, enqueue, every, job, registry
from sidetrack.jobs.bells import PriorityBroker
from sidetrack.jobs.runner import perform
from sidetrack.jobs.schedules import Every
from sidetrack.jobs.ticking import ring_again, start_due, sweep_leases, write_jobs
from sidetrack.models import JobRun

pytestmark = pytest.mark.django_db(transaction=True)
done: list[int] = []


@pytest.fixture(autouse=True)
def _jobs():
    done.clear()

    @job("test_race", retries=3)
    def race(run: Run) -> dict[str, int]:
        done.append(run.id)
        return {}

    @job("test_scheduled", schedule=every(seconds=3600))
    def scheduled(run: Run) -> dict[str, int]:
        return {}

    yield
    registry.forget("test_race")
    registry.forget("test_scheduled")


def at_once(number: int, work: Callable[[], Any]) -> list[Any]:
    """`work` in so many threads that start together; what each returned."""
    barrier = threading.Barrier(number)
    results: list[Any] = []

    def one() -> None:
        try:
            barrier.wait()
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == number
    return results


def test_of_many_workers_one_wins_a_run():
    for _ in range(5):
        run = enqueue("test_race")
        states = at_once(6, lambda pk=run.pk: perform(pk))
        assert sorted(states, key=str) == [None] * 5 + ["done"]
    assert len(done) == 5


def test_many_who_ask_for_the_same_work_get_the_same_run():
    for number in range(3):
        runs = at_once(6, lambda key=f"same-{number}": enqueue("test_race", key=key).pk)
        assert len(set(runs)) == 1
    assert OrmQ.objects.count() == 3


def test_many_ticks_start_one_run():
    write_jobs()
    # Those of a time of day wait for it; the others are due at once.
    due = [spec for spec in registry.all_specs() if isinstance(spec.schedule, Every)]
    assert sum(at_once(6, start_due)) == len(due)
    assert JobRun.objects.filter(job__name="test_scheduled").count() == 1


def test_many_sweepers_take_a_run_back_once():
    run = enqueue("test_race")
    JobRun.objects.filter(pk=run.pk).update(
        state="running", attempts=1, worker="gone:1", lease_until=timezone.now() - timedelta(seconds=1)
    )
    OrmQ.objects.all().delete()
    assert sum(at_once(6, sweep_leases)) == 1
    assert sum(at_once(6, ring_again)) == 1
    assert OrmQ.objects.count() == 1


def test_a_bell_is_given_to_one_cluster():
    for _ in range(4):
        enqueue("test_race")
    taken = at_once(4, lambda: PriorityBroker(list_key="default").dequeue())
    ids = [bell[0][0] for bell in taken if bell]
    assert len(ids) == len(set(ids))
    assert ids
