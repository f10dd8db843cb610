"""Recent plays, newest first, in pages that neither lose nor repeat when plays come in between."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from listening.models import ListenEvent
from listening.periods import Period
from listening.selectors.albums import AlbumCard, album_cards, cards_of, cards_sql
from listening.selectors.heard import plays_in
from sidetrack.errors import Invalid
from sidetrack.models import User
from sidetrack.planned import fetch

RECENT_LIMIT = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listen:
    """One play as shown in a list. `artist` is the line shown for the track; `also` are other sources that tell of
    the same play, where they were asked for."""

    id: int
    started_at: datetime
    ms_played: int | None
    source: str
    track_id: int
    title: str
    artist: str
    album: AlbumCard | None
    also: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """As people call them, the one that counts first."""
        return [ListenEvent.Source(source).label for source in (self.source, *self.also)]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "listened_at": as_text(self.started_at),
            "ms_played": self.ms_played,
            "source": self.source,
            "track": {"id": self.track_id, "title": self.title, "artist": self.artist},
            "album": self.album.as_json() if self.album else None,
        }


class _Row(NamedTuple):
    id: int
    started_at: datetime
    ms_played: int | None
    source: str
    track_id: int
    album_id: int | None
    title: str
    artist: str


_COLUMNS = ("id", "started_at", "ms_played", "source", "track_id", "album_id", "track__title", "track__artist_credit")


@dataclass(frozen=True)
class Recent:
    """One page of recent plays, newest first; `next` is the cursor of the following page, if there is one."""

    listens: list[Listen]
    next: str | None


def recent(
    user: User, limit: int = 50, cursor: str | None = None, *, period: Period | None = None, sources: bool = False
) -> Recent:
    """The plays of a member, newest first, in one query at any depth. Raises Invalid for a cursor not ours.

    `sources`: also tell which other sources know of each play, in one more query.
    """
    listens = plays_in(user, period).order_by("-started_at", "-id")
    if cursor:
        before, last_id = position_of(cursor)
        listens = listens.filter(started_at__lte=before).exclude(started_at=before, id__gte=last_id)
    limit = max(1, min(limit, RECENT_LIMIT))
    rows, albums = _page(listens.values_list(*_COLUMNS)[: limit + 1])
    shown = rows[:limit]
    also = _other_sources([row.id for row in shown]) if sources else {}
    return Recent(
        [_shown(row, albums, tuple(also.get(row.id, ()))) for row in shown],
        _cursor(shown[-1].started_at, shown[-1].id) if len(rows) > limit else None,
    )


def first_play(user: User) -> Listen | None:
    """The first play ever known of a member. Two queries."""
    found = plays_in(user, None).order_by("started_at", "id").values_list(*_COLUMNS).first()
    row = _Row(*found) if found else None
    return _shown(row, album_cards([row.album_id] if row.album_id else [])) if row else None


def as_text(moment: datetime) -> str:
    """As the API writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _page(plays: QuerySet[Any, Any]) -> tuple[list[_Row], dict[int, AlbumCard]]:
    """Plays with the cards of their albums, in one statement: plays come as rows of the same shape as cards, with
    two columns more."""
    sql, parameters = plays.query.sql_with_params()
    found = fetch(
        f"WITH page ({', '.join(_Row._fields)}) AS ({sql}) "  # noqa: S608 - our own names
        "SELECT 'play', id, title, artist, source, track_id, album_id, ms_played, started_at FROM page "
        f"UNION ALL SELECT card.*, NULL, NULL FROM ({cards_sql(_on_page)}) card",
        parameters,
    )
    rows = [
        _Row(pk, _moment(started_at), ms_played, source, track_id, album_id, title, artist)
        for kind, pk, title, artist, source, track_id, album_id, ms_played, started_at in found
        if kind == "play"
    ]
    rows.sort(key=lambda row: (row.started_at, row.id), reverse=True)
    return rows, cards_of(row[:7] for row in found if row[0] != "play")


def _on_page(column: str) -> str:
    albums = "(SELECT album_id FROM page)"
    # As an array PostgreSQL looks them up by index; a list it would join with all of a small table.
    return f"{column} = ANY(ARRAY{albums})" if connection.vendor == "postgresql" else f"{column} IN {albums}"


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps moments as texts in UTC; its driver reads those it knows to be moments."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _other_sources(ids: list[int]) -> dict[int, list[str]]:
    known: dict[int, list[str]] = {}
    rows = ListenEvent.objects.filter(duplicate_of__in=ids).order_by("source", "pk")
    for pk, source in rows.values_list("duplicate_of_id", "source"):
        known.setdefault(pk or 0, []).append(source)
    return known


def _shown(row: _Row, albums: dict[int, AlbumCard], also: tuple[str, ...] = ()) -> Listen:
    return Listen(
        id=row.id,
        started_at=row.started_at,
        ms_played=row.ms_played,
        source=row.source,
        track_id=row.track_id,
        title=row.title,
        artist=row.artist,
        album=albums.get(row.album_id) if row.album_id else None,
        also=also,
    )


def cursor_of(row: ListenEvent) -> str:
    """Where a page of listens ends, for whoever asks for the next."""
    return _cursor(row.started_at, row.pk)


def _cursor(started_at: datetime, pk: int) -> str:
    micros = (started_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}.{pk}".encode()).decode().rstrip("=")


def position_of(cursor: str) -> tuple[datetime, int]:
    """Start and id of the row a cursor names. Raises Invalid for one not ours."""
    try:
        micros, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(".")
        place = _EPOCH + timedelta(microseconds=int(micros)), int(pk)
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid("This is not a cursor of ours.", attr="cursor", code="invalid") from None
    if not 0 <= place[1] < 2**63:
        raise Invalid("This is not a cursor of ours.", attr="cursor", code="invalid")
    return place
