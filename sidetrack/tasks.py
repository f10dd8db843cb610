"""The jobs of the site itself."""

from __future__ import annotations

from sidetrack.jobs import Run, every, job
from sidetrack.models import JobRun

HEARTBEATS_KEPT = 50


@job("heartbeat", queue="critical", timeout=30, retries=0, schedule=every(seconds=30))
def heartbeat(run: Run) -> dict[str, int]:
    """Shows that schedules start and workers work; /health looks for it."""
    ended = JobRun.objects.filter(job__name="heartbeat").exclude(state__in=JobRun.OPEN).order_by("-pk")
    oldest_kept = ended.values_list("pk", flat=True)[HEARTBEATS_KEPT - 1 : HEARTBEATS_KEPT].first()
    if oldest_kept is not None:
        ended.filter(pk__lt=oldest_kept).delete()
    return {"beats": 1}
