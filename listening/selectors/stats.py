"""What a member heard: recent plays and top lists, read straight from the listens.

Every query here is answered by the covering index `listen_by_user_time`; only canonical listens
(no `duplicate_of`) count. A period such as 7d is a length of time back from now, not a calendar week.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

from listening.models import AlbumTag, Artist, ListenEvent, Tag, Track
from listening.selectors.albums import AlbumCard, album_cards
from sidetrack.errors import Invalid
from sidetrack.models import User

PERIODS: dict[str, timedelta | None] = {
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
    "all": None,
}
RECENT_LIMIT = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listen:
    """One play as shown in a list. `artist` is the line shown for the track."""

    id: int
    started_at: datetime
    ms_played: int | None
    source: str
    track_id: int
    title: str
    artist: str
    album: AlbumCard | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "listened_at": self.started_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "ms_played": self.ms_played,
            "source": self.source,
            "track": {"id": self.track_id, "title": self.title, "artist": self.artist},
            "album": self.album.as_json() if self.album else None,
        }


@dataclass(frozen=True)
class Recent:
    """One page of recent plays, newest first; `next` is the cursor of the following page, if there is one."""

    listens: list[Listen]
    next: str | None


@dataclass(frozen=True)
class TopArtist:
    id: int
    name: str
    listens: int

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "listens": self.listens}


@dataclass(frozen=True)
class TopAlbum:
    album: AlbumCard
    listens: int

    def as_json(self) -> dict[str, Any]:
        return {**self.album.as_json(), "listens": self.listens}


@dataclass(frozen=True)
class TopTrack:
    id: int
    title: str
    artist: str
    listens: int

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "artist": self.artist, "listens": self.listens}


@dataclass(frozen=True)
class TopGenre:
    name: str
    listens: int

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "listens": self.listens}


@dataclass(frozen=True)
class Summary:
    """Counts and top lists of one period. `ms_played` sums what sources told; many tell nothing."""

    period: str
    listens: int
    ms_played: int
    top_artists: list[TopArtist]
    top_albums: list[TopAlbum]
    top_tracks: list[TopTrack]
    top_genres: list[TopGenre]
    computed_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "period": self.period,
            "listens": self.listens,
            "ms_played": self.ms_played,
            "top_artists": [row.as_json() for row in self.top_artists],
            "top_albums": [row.as_json() for row in self.top_albums],
            "top_tracks": [row.as_json() for row in self.top_tracks],
            "top_genres": [row.as_json() for row in self.top_genres],
            "computed_at": self.computed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }


def recent(user: User, limit: int = 50, cursor: str | None = None) -> Recent:
    """The plays of a member, newest first, in three queries at any depth. Raises Invalid for a cursor not ours."""
    listens = _counted(user, None).order_by("-started_at", "-id")
    if cursor:
        before, last_id = _position(cursor)
        listens = listens.filter(started_at__lte=before).exclude(started_at=before, id__gte=last_id)
    limit = max(1, min(limit, RECENT_LIMIT))
    rows = list(listens.select_related("track")[: limit + 1])
    shown = rows[:limit]
    albums = album_cards({row.album_id for row in shown if row.album_id})
    return Recent([_shown(row, albums) for row in shown], _cursor(shown[-1]) if len(rows) > limit else None)


def summary(user: User, period: str = "30d", *, limit: int = 10) -> Summary:
    """Counts and the longest-played of a period (a key of PERIODS). Raises Invalid for another period."""
    now = timezone.now()
    since = since_for(period, now)
    totals = _counted(user, since).aggregate(listens=Count("id"), ms=Sum("ms_played"))
    return Summary(
        period=period,
        listens=totals["listens"],
        ms_played=totals["ms"] or 0,
        top_artists=top_artists(user, since, limit),
        top_albums=top_albums(user, since, limit),
        top_tracks=top_tracks(user, since, limit),
        top_genres=top_genres(user, since, limit),
        computed_at=now,
    )


def since_for(period: str, now: datetime) -> datetime | None:
    """When a period began; None for all time. Raises Invalid naming `period`."""
    if period not in PERIODS:
        raise Invalid(f"Use one of {', '.join(PERIODS)}.", attr="period", code="invalid_choice")
    length = PERIODS[period]
    return now - length if length else None


def top_artists(user: User, since: datetime | None, limit: int = 10) -> list[TopArtist]:
    """Most played first; equal counts in order of id. `since` None is all time."""
    counts = _counts(user, since, "artist", limit)
    names = dict(Artist.objects.filter(pk__in=counts).values_list("pk", "name"))
    return [TopArtist(pk, names[pk], count) for pk, count in counts.items()]


def top_albums(user: User, since: datetime | None, limit: int = 10) -> list[TopAlbum]:
    counts = _counts(user, since, "album", limit)
    cards = album_cards(counts)
    return [TopAlbum(cards[pk], count) for pk, count in counts.items()]


def top_tracks(user: User, since: datetime | None, limit: int = 10) -> list[TopTrack]:
    counts = _counts(user, since, "track", limit)
    tracks = Track.objects.only("title", "artist_credit").in_bulk(counts)
    return [TopTrack(pk, tracks[pk].title, tracks[pk].artist_credit, count) for pk, count in counts.items()]


def top_genres(user: User, since: datetime | None, limit: int = 10) -> list[TopGenre]:
    """Genres of the albums played, each play counted once for every genre its album is tagged with."""
    per_album = dict(_counted(user, since).exclude(album=None).order_by().values_list("album").annotate(n=Count("id")))
    tags = AlbumTag.objects.filter(tag__kind=Tag.Kind.GENRE, album__in=_counted(user, since).values("album"))
    counts: dict[str, int] = {}
    for album_id, name in tags.values_list("album_id", "tag__name").distinct():
        counts[name] = counts.get(name, 0) + per_album.get(album_id, 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [TopGenre(name, count) for name, count in ranked[:limit]]


def _counted(user: User, since: datetime | None) -> QuerySet[ListenEvent]:
    listens = ListenEvent.objects.filter(user=user, duplicate_of=None)
    return listens.filter(started_at__gte=since) if since else listens


def _counts(user: User, since: datetime | None, what: str, limit: int) -> dict[int, int]:
    """{id: plays} in order of rank."""
    listens = _counted(user, since).exclude(**{what: None}) if what == "album" else _counted(user, since)
    counted: Iterable[tuple[int, int]] = (
        listens.order_by().values_list(f"{what}_id").annotate(n=Count("id")).order_by("-n", F(f"{what}_id"))[:limit]
    )
    return dict(counted)


def _shown(row: ListenEvent, albums: dict[int, AlbumCard]) -> Listen:
    return Listen(
        id=row.pk,
        started_at=row.started_at,
        ms_played=row.ms_played,
        source=row.source,
        track_id=row.track_id,
        title=row.track.title,
        artist=row.track.artist_credit,
        album=albums.get(row.album_id) if row.album_id else None,
    )


def _cursor(row: ListenEvent) -> str:
    micros = (row.started_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}.{row.pk}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, int]:
    try:
        micros, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(".")
        place = _EPOCH + timedelta(microseconds=int(micros)), int(pk)
    except (ValueError, OverflowError, binascii.Error):
        raise Invalid("This is not a cursor of ours.", attr="cursor", code="invalid") from None
    if not 0 <= place[1] < 2**63:
        raise Invalid("This is not a cursor of ours.", attr="cursor", code="invalid")
    return place
