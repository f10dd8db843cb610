"""Imports as their member sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from listening.importers.files import IMPORTERS
from listening.models import ImportReject, ListenImport
from sidetrack.errors import NotFound
from sidetrack.models import User

_TITLES = {importer.name: importer.title for importer in IMPORTERS}


def imports_of(user: User) -> QuerySet[ListenImport]:
    """A member's own imports, newest first."""
    return ListenImport.objects.filter(user=user).order_by("-created_at", "-pk")


def import_or_404(viewer: User | None, pk: int) -> ListenImport:
    """An import of the viewer's own; nobody else sees one."""
    found = imports_of(viewer).filter(pk=pk).first() if viewer is not None and 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such import.")
    return found


def rejects_of(listen_import: ListenImport) -> QuerySet[ImportReject]:
    return ImportReject.objects.filter(listen_import=listen_import).order_by("row")


def title_of(listen_import: ListenImport) -> str:
    """What kind of file it is, in words."""
    return _TITLES.get(listen_import.format, listen_import.format)


def time_left(listen_import: ListenImport, now: datetime) -> timedelta | None:
    """How long a running import still takes at its pace so far; None while that cannot be told."""
    done, total = listen_import.bytes_done, listen_import.bytes_total
    if listen_import.state != ListenImport.State.RUNNING or not listen_import.started_at or not done:
        return None
    return (now - listen_import.started_at) * max(0, total - done) / done


def import_json(listen_import: ListenImport) -> dict[str, Any]:
    """The import as the API answers it. `rows_total` is null until the end of the file was seen."""
    row = listen_import
    return {
        "id": row.pk,
        "state": row.state,
        "format": row.format,
        "file_name": row.file_name,
        "rows_total": row.rows_total,
        "rows_done": row.rows_done,
        "percent": row.percent,
        "inserted": row.inserted,
        "duplicates": row.duplicates,
        "skipped": row.skipped_count,
        "skipped_reasons": row.skipped,
        "rejected": list(rejects_of(row).values("row", "code", "detail")),
        "rejected_count": row.rejected_count,
        "error": row.error,
        "cancel_asked": row.cancel_asked,
        "created_at": _iso(row.created_at),
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.finished_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
