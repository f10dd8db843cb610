"""What was taken for the same play, and what a member keeps apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from listening.duplicates import Record, why
from listening.models import ListenEvent
from listening.selectors.plays import as_text, cursor_of, position_of
from sidetrack.models import User

KEPT_SHOWN = 100


@dataclass(frozen=True)
class Told:
    """One source's record of a play. `why`: what it has in common with the one that counts; empty for that."""

    id: int
    source: str
    started_at: datetime
    title: str
    artist: str
    album: str
    why: str = ""

    @property
    def source_name(self) -> str:
        return ListenEvent.Source(self.source).label

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source": self.source,
            "listened_at": as_text(self.started_at),
            "title": self.title,
            "artist": self.artist,
            "album": self.album or None,
            "why": self.why,
        }


@dataclass(frozen=True)
class Taken:
    """A play that several sources tell of: the record that counts, and the others."""

    counts: Told
    others: list[Told]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self.counts.as_json(), "others": [other.as_json() for other in self.others]}


def taken_for_one(user: User, limit: int, cursor: str | None = None) -> tuple[list[Taken], str | None]:
    """Plays with several records, newest first, and the cursor of the next page. Two queries.

    Raises Invalid for a cursor not ours.
    """
    records = ListenEvent.objects.filter(duplicate_of=OuterRef("pk"))
    plays = _named().filter(Exists(records), user=user, duplicate_of=None)
    if cursor:
        before, last_id = position_of(cursor)
        plays = plays.filter(started_at__lte=before).exclude(started_at=before, id__gte=last_id)
    rows = list(plays.order_by("-started_at", "-id")[: limit + 1])
    shown = rows[:limit]
    others: dict[int | None, list[ListenEvent]] = defaultdict(list)
    for row in _named().filter(duplicate_of__in=[play.pk for play in shown]).order_by("started_at", "source"):
        others[row.duplicate_of_id].append(row)
    taken = [Taken(_told(play), [_told(other, play) for other in others[play.pk]]) for play in shown]
    return taken, cursor_of(shown[-1]) if len(rows) > limit else None


def kept_apart(user: User) -> list[Told]:
    """The listens a member said are plays of their own, newest first, KEPT_SHOWN at most."""
    rows = _named().filter(user=user, kept_apart=True).order_by("-started_at", "-id")
    return [_told(row) for row in rows[:KEPT_SHOWN]]


def _named() -> Any:
    return ListenEvent.objects.select_related("track", "album")


def _told(row: ListenEvent, counts: ListenEvent | None = None) -> Told:
    return Told(
        row.pk,
        row.source,
        row.started_at,
        row.track.title,
        row.track.artist_credit,
        row.album.title if row.album else "",
        why(_record(counts), _record(row)) if counts else "",
    )


def _record(row: ListenEvent) -> Record:
    track = row.track
    return Record(
        row.pk,
        row.source,
        row.source_key,
        int(row.started_at.timestamp() * 1000),
        row.ms_played,
        row.duration_ms,
        row.artist_id,
        track.folded_artist,
        track.folded_title,
    )
