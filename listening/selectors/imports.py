"""Imports as their member sees them, and what taking one back would lose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from listening.importers.files import IMPORTERS
from listening.models import ImportReject, ListenEvent, ListenImport, Removal
from sidetrack.errors import NotFound
from sidetrack.models import User

_TITLES = {importer.name: importer.title for importer in IMPORTERS}
_SOURCES = {importer.name: importer.source for importer in IMPORTERS}


def imports_of(user: User, *, source: str = "") -> QuerySet[ListenImport]:
    """A member's own imports with their removals, newest first; of one source where it is named."""
    imports = ListenImport.objects.filter(user=user).order_by("-created_at", "-pk").prefetch_related("removals")
    return imports.filter(format__in=formats_of(source)) if source else imports


def formats_of(source: str) -> list[str]:
    """The kinds of file whose plays are kept under this source."""
    return [name for name, of in _SOURCES.items() if of == source]


def source_of(listen_import: ListenImport) -> str:
    return _SOURCES.get(listen_import.format, "")


def import_or_404(viewer: User | None, pk: int) -> ListenImport:
    """An import of the viewer's own; nobody else sees one."""
    found = imports_of(viewer).filter(pk=pk).first() if viewer is not None and 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such import.")
    return found


def rejects_of(listen_import: ListenImport) -> QuerySet[ImportReject]:
    return ImportReject.objects.filter(listen_import=listen_import).order_by("row")


def reject_reasons(listen_import: ListenImport) -> list[tuple[str, int]]:
    """Why rows were rejected, in words, and how many of those listed; most first."""
    found = ImportReject.objects.filter(listen_import=listen_import).order_by().values("code")
    counted = found.annotate(rows=Count("pk"), words=Min("detail"))
    # Rows of a zip end with the name of the file they stand in.
    reasons = [(row["words"].partition(" (in ")[0], row["rows"]) for row in counted]
    return sorted(reasons, key=lambda reason: (-reason[1], reason[0]))


def title_of(listen_import: ListenImport) -> str:
    """What kind of file it is, in words."""
    return _TITLES.get(listen_import.format, listen_import.format)


def time_left(listen_import: ListenImport, now: datetime) -> timedelta | None:
    """How long a running import still takes at its pace so far; None while that cannot be told."""
    done, total = listen_import.bytes_done, listen_import.bytes_total
    if listen_import.state != ListenImport.State.RUNNING or not listen_import.started_at or not done:
        return None
    return (now - listen_import.started_at) * max(0, total - done) / done


def removal_of(listen_import: ListenImport) -> Removal | None:
    """How far its being taken back is; None where nobody asked for it. Imports of `imports_of` cost no query."""
    return max(listen_import.removals.all(), key=lambda removal: removal.pk, default=None)


def state_of(listen_import: ListenImport) -> str:
    """In one word or two for the member."""
    removal = removal_of(listen_import)
    if removal is not None and removal.is_open:
        return "being taken back"
    if removal is not None and removal.state == Removal.State.DONE:
        return "taken back"
    return listen_import.get_state_display()


@dataclass(frozen=True)
class Loss:
    """What goes when some listens of a member are deleted: records, plays counted now, and of the plays those
    that go on being counted because others of the member's sources (`others`, in words) know them too."""

    records: int
    plays: int
    stay: int
    others: list[str]


def loss_of(rows: QuerySet[ListenEvent]) -> Loss:
    """`rows` are all of one import or of one source of a member: within them no play has two records."""
    records = rows.aggregate(all=Count("pk"), counted=Count("pk", filter=Q(duplicate_of=None)))
    behind = rows.exclude(duplicate_of=None).values_list("duplicate_of__source").order_by().annotate(Count("pk"))
    leading = ListenEvent.objects.filter(duplicate_of__in=rows)
    stay = sum(count for _, count in behind) + leading.aggregate(n=Count("duplicate_of", distinct=True))["n"]
    sources = {source for source, _ in behind} | set(leading.order_by().values_list("source", flat=True).distinct())
    return Loss(records["all"], records["counted"], stay, in_words(sources))


def in_words(sources: Collection[str]) -> list[str]:
    return sorted(ListenEvent.Source(source).label for source in sources)


def loss_of_import(listen_import: ListenImport) -> Loss:
    return loss_of(ListenEvent.objects.filter(imported_by=listen_import))


def taken_for_others(listen_import: ListenImport) -> int:
    """Of the listens this import brought, those taken now for the same play as a record of another source."""
    return ListenEvent.objects.filter(imported_by=listen_import, duplicate_of__isnull=False).count()


def import_line_json(listen_import: ListenImport) -> dict[str, Any]:
    """The import as the API lists it. `rows_total` is null until the end of the file was seen."""
    row, removal = listen_import, removal_of(listen_import)
    done = removal is not None and removal.state == Removal.State.DONE
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
        "rejected_count": row.rejected_count,
        "error": row.error,
        "cancel_asked": row.cancel_asked,
        "created_at": as_iso(row.created_at),
        "started_at": as_iso(row.started_at),
        "finished_at": as_iso(row.finished_at),
        "removal": removal.pk if removal else None,
        "taken_back_at": as_iso(removal.finished_at) if removal and done else None,
    }


def import_json(listen_import: ListenImport) -> dict[str, Any]:
    """The import as the API answers it by itself, with its rejected rows."""
    rejected = list(rejects_of(listen_import).values("row", "code", "detail"))
    return import_line_json(listen_import) | {"rejected": rejected}


def as_iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
