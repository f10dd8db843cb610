"""Does a run: claims it, holds its lease while it works, writes how it ended.

The claim is one conditional update that counts the attempt before anything runs, so a run that
kills its worker stops at its last attempt. The end is written only while the lease is still ours,
so a worker that was given up for dead changes nothing when it wakes.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import traceback
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import Error, connection
from django.db.models import F, QuerySet
from django.utils import timezone

from sidetrack.jobs import stopping
from sidetrack.jobs.registry import Spec, spec_of
from sidetrack.models import JobRun

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
RENEW_EVERY = 5.0
State = JobRun.State


class Stopped(BaseException):
    """The run must end now: its worker stops, or it was cancelled or taken over.

    Not an Exception, so that a job which survives bad rows with `except Exception` still ends.
    """


class Permanent(Exception):
    """Trying again cannot help: the run fails at once, with this sentence."""


@dataclass
class Run:
    """A run in the hands of this process."""

    id: int
    name: str
    attempt: int
    last_attempt: bool
    worker: str
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)

    def keep(self) -> None:
        """Renew the lease. Raises Stopped when the work must end here.

        Called inside the transaction of a batch it also fences it: a batch of a run that was taken
        over rolls back.
        """
        if stopping.is_stopping():
            raise Stopped("The worker is stopping.")
        if not self.ours().update(lease_until=timezone.now() + LEASE):
            raise Stopped("The run was cancelled or taken over.")

    def ours(self) -> QuerySet[JobRun]:
        """The row, as long as the lease is ours."""
        return JobRun.objects.filter(pk=self.id, state=State.RUNNING, worker=self.worker, attempts=self.attempt)


def worker_name() -> str:
    return f"{os.environ.get('SIDETRACK_NODE') or socket.gethostname()}:{os.getpid()}"


def answer(run_id: int) -> None:
    """What a cluster's worker does at the bell."""
    if not stopping.is_stopping():
        perform(run_id, renewing=True)


def perform(run_id: int, *, renewing: bool = False) -> str | None:
    """Claim and do one run; returns the state it is left in, or None when it was not to be had.

    `renewing` keeps the lease by a thread with its own connection, for work that forgets `keep()`.
    """
    claimed = _claim(run_id, worker_name())
    if claimed is None:
        return None
    run, spec, args = claimed
    if spec is None:
        return _end(run, State.FAILED, error=f"No job {run.name!r} is declared in this version.")
    thread = threading.Thread(target=_renew, args=(run,), daemon=True)
    if renewing:
        thread.start()
    try:
        return _attempt(run, spec, args)
    finally:
        run._stop.set()
        if renewing:
            thread.join(timeout=RENEW_EVERY)


def back_off(attempt: int) -> timedelta:
    """How long to wait after the failed `attempt` (from 1): 5, 10, 20 ... seconds up to 10 minutes, half to
    one and a half times that, so that runs which failed together do not come back together."""
    return timedelta(seconds=min(5 * 2 ** (attempt - 1), 600) * random.uniform(0.5, 1.5))  # noqa: S311


def _claim(run_id: int, worker: str) -> tuple[Run, Spec | None, dict[str, Any]] | None:
    row = JobRun.objects.select_related("job").filter(pk=run_id).first()
    if row is None or row.job.paused or not row.job.enabled:
        return None
    now = timezone.now()
    won = JobRun.objects.filter(pk=row.pk, state=State.QUEUED, attempts=row.attempts, run_after__lte=now).update(
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        worker=worker,
        started_at=now,
        lease_until=now + LEASE,
        error="",
    )
    if not won:
        return None
    attempt = row.attempts + 1
    run = Run(row.pk, row.job.name, attempt, attempt >= row.max_attempts, worker)
    return run, spec_of(row.job.name), row.args


def _attempt(run: Run, spec: Spec, args: dict[str, Any]) -> str:
    try:
        counts = spec.work(run, **args)
    except Stopped as stop:
        return _put_back(run, str(stop))
    except Permanent as error:
        return _end(run, State.FAILED, error=str(error))
    except (Exception, SystemExit) as error:
        # The one place that turns any failure into a row. django-q2's time limit arrives as a SystemExit.
        logger.exception("Job %s, run %s, attempt %s failed", run.name, run.id, run.attempt)
        return _failed(run, describe(error))
    return _end(run, State.DONE, counts=counts or {})


def describe(error: BaseException) -> str:
    """One line for the history: what and where, without values of variables."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.relpath(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}"[:2000] + where


def _failed(run: Run, error: str) -> str:
    if run.last_attempt:
        return _end(run, State.FAILED, error=error)
    return _write(
        run,
        State.QUEUED,
        run_after=timezone.now() + back_off(run.attempt),
        rung_at=None,
        lease_until=None,
        worker="",
        error=error,
    )


def _put_back(run: Run, why: str) -> str:
    """A stopped run waits again and the attempt does not count; one no longer ours is left alone."""
    logger.info("Job %s, run %s: %s", run.name, run.id, why)
    return _write(
        run,
        State.QUEUED,
        attempts=F("attempts") - 1,
        run_after=timezone.now(),
        rung_at=None,
        lease_until=None,
        worker="",
    )


def _end(run: Run, state: str, **fields: Any) -> str:
    return _write(run, state, finished_at=timezone.now(), lease_until=None, **fields)


def _write(run: Run, state: str, **fields: Any) -> str:
    """The state written, or the one it has where the run is no longer ours."""
    try:
        written = run.ours().update(state=state, **fields)
    except Error:
        if connection.in_atomic_block:
            raise
        # The connection died during the work (a restarted server): once more with a new one.
        connection.close()
        written = run.ours().update(state=state, **fields)
    return state if written else JobRun.objects.values_list("state", flat=True).get(pk=run.id)


def _renew(run: Run) -> None:
    try:
        while not run._stop.wait(RENEW_EVERY):
            try:
                if not run.ours().update(lease_until=timezone.now() + LEASE):
                    return
            except Error:
                connection.close()
    finally:
        connection.close()
