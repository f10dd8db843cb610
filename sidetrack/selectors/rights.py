"""How far a member's copy of their data is. Only they see it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from sidetrack.errors import NotFound
from sidetrack.models import DataExport, User


def latest_export(person: User) -> DataExport | None:
    return DataExport.objects.filter(user=person).order_by("-pk").first()


def export_to_download(viewer: User | None, pk: int) -> DataExport:
    """A copy that is ready and not over; NotFound for what is somebody else's."""
    own = DataExport.objects.filter(user=viewer, user__is_active=True) if viewer else DataExport.objects.none()
    ready = own.filter(state=DataExport.State.DONE, expires_at__gt=timezone.now()).exclude(file="")
    export = ready.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if export is None:
        raise NotFound("There is no such file here. Copies go after a few days; ask for a new one.")
    return export


def export_json(export: DataExport) -> dict[str, Any]:
    """As the API tells of it; `download` is an address while there is something to fetch."""
    there = export.state == DataExport.State.DONE and export.expires_at and export.expires_at > timezone.now()
    return {
        "id": export.pk,
        "state": DataExport.State.EXPIRED if export.state == DataExport.State.DONE and not there else export.state,
        "rows": sum(export.sections.values()),
        "sections": export.sections,
        "size": export.size,
        "error": export.error,
        "download": reverse("export-download", args=[export.pk]) if there else None,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
    }
