"""Runs jobs in a test, in this process and this transaction."""

from __future__ import annotations

from django.utils import timezone

from sidetrack.jobs.runner import perform
from sidetrack.models import JobRun


def drain() -> list[JobRun]:
    """Do every due run, and what those enqueue, until none is due; returns them as they ended.

    A run that failed waits for its next attempt and is not due; one that was stopped is left where it is.
    """
    done: list[int] = []
    while due := list(_due().exclude(pk__in=done).values_list("pk", flat=True)[:100]):
        for pk in due:
            if perform(pk) is not None:
                done.append(pk)
        assert len(done) < 1000, "Runs enqueue each other without end."
    runs = JobRun.objects.in_bulk(set(done))
    return [runs[pk] for pk in done if pk in runs]


def _due():
    return JobRun.objects.filter(
        state="queued", run_after__lte=timezone.now(), job__enabled=True, job__paused=False
    ).order_by("pk")
