"""The tick: starts what is due and hands out again what lost its worker or its bell.

Any number of processes may tick at the same moment: every change is a conditional update, and the
one whose update counts does the rest.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from sidetrack.jobs import runner
from sidetrack.jobs.bells import waiting_bells
from sidetrack.jobs.queue import enqueue, ring_for
from sidetrack.jobs.registry import Spec, all_specs, spec_of
from sidetrack.models import Job, JobRun

logger = logging.getLogger(__name__)

# A bell this old whose run still waits is taken for lost, unless so many others wait before it.
BELL_LOST_AFTER = timedelta(seconds=15)
BELLS_ENOUGH = 10
SCHEDULE_KEY = "schedule"
State = JobRun.State


def tick() -> dict[str, int]:
    """Start due schedules, take back expired leases, ring for waiting runs; returns how many of each."""
    return {"started": start_due(), "swept": sweep_leases(), "rung": ring_again()}


def write_jobs() -> None:
    """A switch row for every declared job."""
    known = set(Job.objects.values_list("name", flat=True))
    missing = [Job(name=spec.name) for spec in all_specs() if spec.name not in known]
    Job.objects.bulk_create(missing, ignore_conflicts=True)


def start_due() -> int:
    now = timezone.now()
    specs = {spec.name: spec for spec in all_specs() if spec.schedule}
    started = 0
    for job in Job.objects.filter(name__in=specs, enabled=True, paused=False):
        try:
            started += _start_if_due(job, specs[job.name], now)
        except Exception:  # one bad row must not stop the others
            logger.exception("The schedule of job %s could not be started", job.name)
    return started


def _start_if_due(job: Job, spec: Spec, now: datetime) -> int:
    assert spec.schedule is not None  # noqa: S101 - chosen by the caller
    upcoming = spec.schedule.after(now)
    due = job.next_run_at or spec.schedule.first(now)
    if due > upcoming:  # the schedule in the code was shortened
        due = upcoming
    if due > now:
        if due != job.next_run_at:
            Job.objects.filter(pk=job.pk, next_run_at=job.next_run_at).update(next_run_at=due)
        return 0
    with transaction.atomic():
        if not Job.objects.filter(pk=job.pk, next_run_at=job.next_run_at).update(next_run_at=upcoming):
            return 0
        return _start(job, spec, now)


def _start(job: Job, spec: Spec, now: datetime) -> int:
    """One run; where the one before still runs, a row that says it was skipped."""
    if JobRun.objects.filter(job=job, key=SCHEDULE_KEY, state=State.RUNNING).exists():
        JobRun.objects.create(
            job=job,
            key=SCHEDULE_KEY,
            queue=spec.queue,
            state=State.SKIPPED,
            finished_at=now,
            error="The run before was still running.",
        )
        return 0
    enqueue(job.name, key=SCHEDULE_KEY)
    return 1


def sweep_leases() -> int:
    """Runs whose lease ran out go back to the queue, or fail when it was their last attempt."""
    now = timezone.now()
    expired = JobRun.objects.filter(state=State.RUNNING, lease_until__lt=now).order_by("pk")[:200]
    return sum(_take_back(run, now) for run in expired)


def _take_back(run: JobRun, now: datetime) -> int:
    mine = JobRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts, lease_until=run.lease_until)
    died = f"The worker {run.worker} died or lost the database in attempt {run.attempts}."
    if run.attempts >= run.max_attempts:
        return mine.update(state=State.FAILED, lease_until=None, finished_at=now, error=died)
    # The first death is nobody's fault; a run that keeps killing its workers has to wait.
    wait = timedelta(0) if run.attempts <= 1 else runner.back_off(run.attempts - 1)
    return mine.update(state=State.QUEUED, lease_until=None, worker="", run_after=now + wait, rung_at=None, error=died)


def ring_again() -> int:
    """Ring for due runs that were held back, and for those whose bell was lost."""
    now = timezone.now()
    waiting = JobRun.objects.filter(state=State.QUEUED, run_after__lte=now, job__enabled=True, job__paused=False)
    due = waiting.filter(rung_at=None).order_by("pk")[:200]
    lost = waiting.filter(rung_at__lt=now - BELL_LOST_AFTER).order_by("pk")[:BELLS_ENOUGH]
    rung = sum(_ring(run, now) for run in due.select_related("job"))
    bells: Counter[str] = Counter()
    for run in lost.select_related("job"):
        bells[run.queue] = bells[run.queue] or waiting_bells(run.queue)
        if bells[run.queue] < BELLS_ENOUGH:
            rung += _ring(run, now)
            bells[run.queue] += 1
    return rung


def _ring(run: JobRun, now: datetime) -> int:
    spec = spec_of(run.job.name)
    if spec is None:
        return JobRun.objects.filter(pk=run.pk, state=State.QUEUED).update(
            state=State.FAILED, finished_at=now, error=f"No job {run.job.name!r} is declared in this version."
        )
    with transaction.atomic():
        if not JobRun.objects.filter(pk=run.pk, state=State.QUEUED, rung_at=run.rung_at).update(rung_at=now):
            return 0
        ring_for(run, spec)
    return 1
