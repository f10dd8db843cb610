"""What keeps imports and removals moving and the upload folder small, whatever died in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from listening.models import ListenImport, Removal
from listening.services.forgetting import drop_kept
from listening.services.imports import drop_file, fail_import, hand_out_again, job_key
from listening.services.removing import fail_removal, hand_out_removal, removal_key
from sidetrack.models import JobRun

STALLED = timedelta(minutes=10)
FILES_KEPT = timedelta(days=30)
STOPPED_FILES_KEPT = timedelta(days=7)
_ORPHANED = timedelta(days=1)
_FOLDER = "imports"


def tidy() -> dict[str, int]:
    """Hand out stalled work again, or give it up; drop what was kept for a while. Returns counts."""
    now = timezone.now()
    imports, removals = _stalled_imports(now), _stalled_removals(now)
    return {
        "resumed": imports[0] + removals[0],
        "failed": imports[1] + removals[1],
        "old_files": _drop_old(now),
        "orphans": _drop_orphans(now),
        "forgotten": drop_kept(),
    }


def _stalled_imports(now: datetime) -> tuple[int, int]:
    stalled = ListenImport.objects.filter(state__in=ListenImport.OPEN, progressed_at__lt=now - STALLED)
    resumed = failed = 0
    for pk in stalled.values_list("pk", flat=True):
        last = _last_run("import_listens", job_key(pk))
        if last == JobRun.State.FAILED:
            fail_import(pk, "Reading this file failed several times. You can try again.")
            failed += 1
        elif last not in JobRun.OPEN:
            hand_out_again(pk)
            resumed += 1
    return resumed, failed


def _stalled_removals(now: datetime) -> tuple[int, int]:
    stalled = Removal.objects.filter(state__in=Removal.OPEN, progressed_at__lt=now - STALLED)
    resumed = failed = 0
    for pk in stalled.values_list("pk", flat=True):
        last = _last_run("remove_listens", removal_key(pk))
        if last == JobRun.State.FAILED:
            fail_removal(pk, "Taking these plays out failed several times. You can ask for it again.")
            failed += 1
        elif last not in JobRun.OPEN:
            hand_out_removal(pk)
            resumed += 1
    return resumed, failed


def _last_run(name: str, key: str) -> str | None:
    """The state of the newest run of a job with this key."""
    runs = JobRun.objects.filter(job__name=name, key=key).order_by("-pk")
    return runs.values_list("state", flat=True).first()


def _drop_old(now: datetime) -> int:
    """Files of imports that nobody went on with."""
    State = ListenImport.State
    old = Q(created_at__lt=now - FILES_KEPT) | Q(state=State.CANCELLED, finished_at__lt=now - STOPPED_FILES_KEPT)
    rows = ListenImport.objects.exclude(file="").exclude(state__in=ListenImport.OPEN).filter(old)
    dropped = 0
    for pk in rows.values_list("pk", flat=True):
        with transaction.atomic():
            row = ListenImport.objects.select_for_update().get(pk=pk)
            if row.is_open:  # gone on with at this moment
                continue
            drop_file(row)
            row.save(update_fields=["file"])
        dropped += 1
    return dropped


def _drop_orphans(now: datetime) -> int:
    """Files no import names: their transaction was rolled back, or their member deleted."""
    dropped = 0
    for name in _files(_FOLDER):
        young = default_storage.get_modified_time(name) > now - _ORPHANED
        if not young and not ListenImport.objects.filter(file=name).exists():
            default_storage.delete(name)
            dropped += 1
    return dropped


def _files(folder: str) -> list[str]:
    if not default_storage.exists(folder):
        return []
    folders, names = default_storage.listdir(folder)
    return [f"{folder}/{name}" for name in names] + [name for each in folders for name in _files(f"{folder}/{each}")]
