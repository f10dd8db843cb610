"""What keeps imports moving and the upload folder small, whatever died in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from listening.models import ListenImport
from listening.services.imports import drop_file, fail_import, hand_out_again, job_key
from sidetrack.models import JobRun

STALLED = timedelta(minutes=10)
FILES_KEPT = timedelta(days=30)
_ORPHANED = timedelta(days=1)
_FOLDER = "imports"


def tidy() -> dict[str, int]:
    """Hand out stalled imports again, or give them up; drop old and orphaned files. Returns counts."""
    now = timezone.now()
    resumed, failed = _stalled(now)
    return {"resumed": resumed, "failed": failed, "old_files": _drop_old(now), "orphans": _drop_orphans(now)}


def _stalled(now: datetime) -> tuple[int, int]:
    resumed = failed = 0
    open_imports = ListenImport.objects.filter(state__in=ListenImport.OPEN, progressed_at__lt=now - STALLED)
    for pk in open_imports.values_list("pk", flat=True):
        last = JobRun.objects.filter(job__name="import_listens", key=job_key(pk)).order_by("-pk").first()
        if last is not None and last.state in JobRun.OPEN:
            continue
        if last is not None and last.state == JobRun.State.FAILED:
            fail_import(pk, "Reading this file failed several times. You can try again.")
            failed += 1
        else:
            hand_out_again(pk)
            resumed += 1
    return resumed, failed


def _drop_old(now: datetime) -> int:
    old = ListenImport.objects.exclude(file="").filter(created_at__lt=now - FILES_KEPT)
    dropped = 0
    for pk in old.exclude(state__in=ListenImport.OPEN).values_list("pk", flat=True):
        with transaction.atomic():
            row = ListenImport.objects.select_for_update().get(pk=pk)
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
