"""Where a member's plays come from, and how far their being taken out again is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.utils import timezone

from listening.models import ForgottenListen, ListenEvent, ListenImport, Removal, Track
from listening.selectors.imports import Loss, as_iso, formats_of, loss_of, removal_of
from sidetrack.errors import NotFound
from sidetrack.models import User


@dataclass(frozen=True)
class SourceOfPlays:
    """What one source brought: all its records, and those taken for the same play as another source's."""

    source: str
    title: str
    records: int
    taken: int
    first: datetime
    last: datetime
    imports: int
    last_import: ListenImport | None
    removal: Removal | None

    @property
    def plays(self) -> int:
        return self.records - self.taken

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "title": self.title,
            "listens": self.records,
            "counted": self.plays,
            "taken_for_others": self.taken,
            "first_at": as_iso(self.first),
            "last_at": as_iso(self.last),
            "imports": self.imports,
            "removal": self.removal.pk if self.removal else None,
        }


def sources_of(user: User) -> list[SourceOfPlays]:
    """Every source this member has listens from, the largest first."""
    listens = ListenEvent.objects.filter(user=user).order_by().values("source")
    counted = listens.annotate(
        records=Count("pk"),
        taken=Count("pk", filter=Q(duplicate_of__isnull=False)),
        first=Min("started_at"),
        last=Max("started_at"),
    )
    imports = list(ListenImport.objects.filter(user=user).order_by("-pk").prefetch_related("removals"))
    removals = {each.source: each for each in Removal.objects.filter(user=user, state__in=Removal.OPEN)}
    found = []
    for row in counted:
        own = [each for each in imports if each.format in formats_of(row["source"]) and removal_of(each) is None]
        found.append(
            SourceOfPlays(
                **row,
                title=ListenEvent.Source(row["source"]).label,
                imports=len(own),
                last_import=own[0] if own else None,
                removal=removals.get(row["source"]),
            )
        )
    return sorted(found, key=lambda source: (-source.records, source.source))


def loss_of_source(user: User, source: str) -> Loss:
    """What goes with a source. Raises NotFound where the member has nothing from there."""
    if source not in ListenEvent.Source.values:
        raise NotFound("There is no such source.")
    loss = loss_of(ListenEvent.objects.filter(user=user, source=source))
    if not loss.records:
        raise NotFound("You have no plays from there.")
    return loss


def is_coming_in(user: User, source: str) -> bool:
    """Is an import of this source open? What it brings from now on would stay."""
    return ListenImport.objects.filter(
        user=user, format__in=formats_of(source), state__in=ListenImport.OPEN, cancel_asked=False
    ).exists()


def removal_or_404(viewer: User | None, pk: int) -> Removal:
    """A removal of the viewer's own; nobody else sees one."""
    own = Removal.objects.filter(user=viewer).select_related("listen_import") if viewer is not None else None
    found = own.filter(pk=pk).first() if own is not None and 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such removal.")
    return found


def removals_of(user: User) -> QuerySet[Removal]:
    """A member's own removals, newest first."""
    return Removal.objects.filter(user=user).select_related("listen_import").order_by("-pk")


def what_is_removed(removal: Removal) -> str:
    """In words for its member."""
    if removal.listen_import is not None:
        return removal.listen_import.file_name
    return str(ListenEvent.Source(removal.source).label)


def removal_time_left(removal: Removal, now: datetime) -> timedelta | None:
    """How long a running removal still takes at its pace so far; None while that cannot be told."""
    if removal.state != Removal.State.RUNNING or not removal.started_at or not removal.removed:
        return None
    return (now - removal.started_at) * max(0, removal.found - removal.removed) / removal.removed


def removal_json(removal: Removal) -> dict[str, Any]:
    return {
        "id": removal.pk,
        "source": removal.source or None,
        "import": removal.listen_import_id,
        "state": removal.state,
        "found": removal.found,
        "removed": removal.removed,
        "percent": removal.percent,
        "error": removal.error,
        "created_at": as_iso(removal.created_at),
        "finished_at": as_iso(removal.finished_at),
    }


@dataclass(frozen=True)
class DeletedPlay:
    """A play its member deleted and can still bring back. `track` is None where the catalogue lost it."""

    listen_id: int
    track: Track | None
    started_at: datetime
    source: str
    deleted_at: datetime
    until: datetime


def deleted_records(user: User) -> QuerySet[ForgottenListen]:
    """One record for every play the member deleted and can still bring back, the latest deletion first."""
    since = timezone.now() - ForgottenListen.KEPT_FOR
    records = ForgottenListen.objects.filter(user=user, kept__isnull=False, listen_id=F("play_id"))
    return records.filter(created_at__gt=since).order_by("-created_at", "-pk")


def as_deleted_plays(records: Sequence[ForgottenListen]) -> list[DeletedPlay]:
    kept = [dict(record.kept or {}) for record in records]
    tracks = Track.objects.in_bulk({values["track_id"] for values in kept})
    return [
        DeletedPlay(
            listen_id=record.listen_id or 0,
            track=tracks.get(values["track_id"]),
            started_at=datetime.fromisoformat(values["started_at"]),
            source=str(ListenEvent.Source(record.source).label),
            deleted_at=record.created_at,
            until=record.created_at + ForgottenListen.KEPT_FOR,
        )
        for record, values in zip(records, kept, strict=True)
    ]


def play_or_404(viewer: User | None, pk: int) -> ListenEvent:
    """A listen of the viewer's own, with its track; of a record taken for another's play, the counted one."""
    own = ListenEvent.objects.filter(user=viewer).select_related("track", "duplicate_of__track")
    found = own.filter(pk=pk).first() if viewer is not None and 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such play.")
    return found.duplicate_of or found


def records_of(play: ListenEvent) -> list[str]:
    """In words: every source that knows this play."""
    others = play.duplicates.order_by("source").values_list("source", flat=True)
    return [str(ListenEvent.Source(source).label) for source in (play.source, *others)]
