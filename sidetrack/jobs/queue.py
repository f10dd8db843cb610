"""Asks for work: writes the run and rings, both in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from sidetrack.jobs.bells import ring
from sidetrack.jobs.registry import Spec, spec_of
from sidetrack.models import Job, JobRun, User


def enqueue(
    name: str,
    args: dict[str, Any] | None = None,
    *,
    key: str = "",
    by: User | None = None,
    run_after: datetime | None = None,
) -> JobRun:
    """Want the job `name` done with `args` (plain JSON values, never a secret).

    With a `key`, a run of the same job and key that is still open is returned instead. `run_after`
    holds it back until then. KeyError for an unknown job, TypeError for arguments it does not take.
    """
    spec = _known(name)
    spec.check_args(args or {})
    job, _ = Job.objects.get_or_create(name=name)
    for _ in range(5):
        run = _open_run(job, key) or _insert(job, spec, args or {}, key, by, run_after or timezone.now())
        if run:
            return run
    raise RuntimeError(f"The key {key!r} of job {name} is fought over.")


def cancel(run_id: int) -> bool:
    """Take a run back: a waiting one never starts, a running one meets `Stopped` at its next `keep()`."""
    return bool(
        JobRun.objects.filter(pk=run_id, state__in=JobRun.OPEN).update(
            state=JobRun.State.CANCELLED, lease_until=None, finished_at=timezone.now()
        )
    )


def ring_for(run: JobRun, spec: Spec) -> None:
    ring(run.pk, queue=run.queue, timeout=spec.timeout)


def _known(name: str) -> Spec:
    spec = spec_of(name)
    if spec is None:
        raise KeyError(f"There is no job {name!r}.")
    return spec


def _open_run(job: Job, key: str) -> JobRun | None:
    return JobRun.objects.filter(job=job, key=key, state__in=JobRun.OPEN).first() if key else None


def _insert(
    job: Job, spec: Spec, args: dict[str, Any], key: str, by: User | None, run_after: datetime
) -> JobRun | None:
    """The new run, or None when somebody was quicker with the same key."""
    now = timezone.now()
    due = run_after <= now and job.enabled and not job.paused
    try:
        with transaction.atomic():
            run = JobRun.objects.create(
                job=job,
                key=key,
                args=args,
                queue=spec.queue,
                max_attempts=spec.retries + 1,
                asked_by=by,
                run_after=run_after,
                rung_at=now if due else None,
            )
            if due:
                ring_for(run, spec)
    except IntegrityError:
        if not key:
            raise
        return None
    return run
