"""The jobs of the site itself."""

from __future__ import annotations

from sidetrack.jobs import Run, every, job
from sidetrack.models import JobRun
from sidetrack.services.erasing import erase, look_after_erasures
from sidetrack.services.exporting import fail_export, look_after_exports
from sidetrack.services.exporting import make_export as make

HEARTBEATS_KEPT = 50
GAVE_UP = "Something went wrong on our side, several times. You can ask for it again."


@job("heartbeat", queue="critical", timeout=30, retries=0, schedule=every(seconds=30))
def heartbeat(run: Run) -> dict[str, int]:
    """Shows that schedules start and workers work; /health looks for it."""
    ended = JobRun.objects.filter(job__name="heartbeat").exclude(state__in=JobRun.OPEN).order_by("-pk")
    oldest_kept = ended.values_list("pk", flat=True)[HEARTBEATS_KEPT - 1 : HEARTBEATS_KEPT].first()
    if oldest_kept is not None:
        ended.filter(pk__lt=oldest_kept).delete()
    return {"beats": 1}


@job("make_export", queue="default", timeout=3600, retries=3)
def make_export(run: Run, *, export_id: int) -> dict[str, int]:
    """Makes the zip of all that is kept about a member, for them."""
    try:
        return make(export_id, keep=run.keep)
    except Exception:
        if run.last_attempt:
            fail_export(export_id, GAVE_UP)
        raise


@job("erase_member", queue="default", timeout=3600, retries=10)
def erase_member(run: Run, *, person_id: int) -> dict[str, int]:
    """Removes what is kept about somebody who deleted their account."""
    return erase(person_id, keep=run.keep)


@job("look_after_rights", queue="cleanup", timeout=600, retries=0, schedule=every(seconds=600))
def look_after_rights(run: Run) -> dict[str, int]:
    """Goes on with exports and erasures nobody works on, and deletes exports that are over."""
    return look_after_exports() | look_after_erasures(run.keep)
