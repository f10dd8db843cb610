"""The doorbell: the only code that knows django-q2.

A bell carries the id of a run and nothing else. It is a row of django-q2's ORM broker, so it is
written in the caller's transaction and a rollback takes it back. Losing one or ringing twice
changes nothing: the run row is the truth, and the sweeper rings again.
"""

from __future__ import annotations

import os
from datetime import timedelta
from time import sleep
from typing import Any

from django.conf import settings
from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from sidetrack.jobs.registry import QUEUES

ANSWER = "sidetrack.jobs.runner.answer"
TICK = "sidetrack.jobs.ticking.tick"
BEAT = "sidetrack.jobs.bells.beat"
# Set by the watchdog for each cluster it starts: a queue that only this cluster answers.
BEAT_KEY_VARIABLE = "SIDETRACK_BEAT_KEY"


class PriorityBroker(ORM):  # type: ignore[misc]
    """One cluster, several queues: takes `critical` before `default` before the rest, oldest first."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        keys = [os.environ.get(BEAT_KEY_VARIABLE, ""), *QUEUES]
        order = Case(*(When(key=key, then=Value(at)) for at, key in enumerate(keys)), output_field=IntegerField())
        waiting = self.get_connection().filter(key__in=keys, lock__lt=timezone.now()).order_by(order, "pk")
        # A few candidates, so that clusters which look at the same moment do not all want the same row.
        for row in waiting[:4]:
            if self.get_connection().filter(pk=row.pk, lock=row.lock).update(lock=self.timeout(row)):
                return [(row.pk, row.payload)]
        sleep(settings.Q_CLUSTER["poll"])
        return None


def ring(run_id: int, *, queue: str, timeout: int) -> None:
    """Tell the clusters that a run waits in `queue`; its attempt may take `timeout` seconds."""
    async_task(ANSWER, run_id, cluster=queue, timeout=timeout, task_name=f"run {run_id}", save=False)


def waiting_bells(queue: str) -> int:
    """How many bells of `queue` no cluster has taken yet."""
    return int(OrmQ.objects.filter(key=queue, lock__lte=timezone.now()).count())


def send_beat(key: str) -> int:
    """Ask the cluster that listens on `key` for a sign of life; returns the id of the row it takes away.

    0 where a quick cluster has answered already: that row is not out either.
    """
    async_task(BEAT, cluster=key, timeout=30, task_name="beat", save=False)
    return OrmQ.objects.filter(key=key).order_by("-pk").values_list("pk", flat=True).first() or 0


def beat_is_out(pk: int) -> bool:
    """Is the beat still unanswered? It is gone once taken, worked and acknowledged by the cluster."""
    return bool(OrmQ.objects.filter(pk=pk).exists())


def forget_beats(key: str) -> None:
    OrmQ.objects.filter(key=key).delete()


def forget_old_beats() -> None:
    """Beats that killed watchdogs left behind."""
    OrmQ.objects.filter(key__startswith="beat-", lock__lt=timezone.now() - timedelta(hours=1)).delete()


def beat(*_: Any) -> None:
    """Nothing: that a worker came to do it is the sign of life."""


def keep_minute_tick() -> None:
    """A tick a minute by django-q2's own scheduler, for clusters that run without our watchdog."""
    Schedule.objects.update_or_create(
        name="sidetrack tick", defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    )
