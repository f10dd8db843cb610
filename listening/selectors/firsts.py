"""What a member heard for the first time in a period, and how much of it was new to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet

from listening.models import Artist, ListenTotal
from listening.periods import Period
from listening.selectors.albums import AlbumCard, album_cards
from listening.selectors.heard import Heard, by_id, plays_in
from listening.selectors.plays import as_text


@dataclass(frozen=True)
class FirstArtist:
    id: int
    name: str
    first_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "first_heard_at": as_text(self.first_at)}


@dataclass(frozen=True)
class FirstAlbum:
    album: AlbumCard
    first_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {**self.album.as_json(), "first_heard_at": as_text(self.first_at)}


@dataclass(frozen=True)
class NewShare:
    """Of the plays of a period, those of artists never heard before it."""

    new: int
    plays: int

    @property
    def percent(self) -> int:
        return round(100 * self.new / self.plays) if self.plays else 0


def first_artists(heard: Heard, limit: int = 10, offset: int = 0) -> list[FirstArtist]:
    """Heard first in this period, newest first."""
    found = _firsts(heard, "artist", limit, offset)
    names = dict(Artist.objects.filter(pk__in=found).values_list("pk", "name"))
    return [FirstArtist(pk, names[pk], at) for pk, at in found.items()]


def first_albums(heard: Heard, limit: int = 10, offset: int = 0) -> list[FirstAlbum]:
    found = _firsts(heard, "album", limit, offset)
    cards = album_cards(found)
    return [FirstAlbum(cards[pk], at) for pk, at in found.items()]


def new_share(heard: Heard) -> NewShare | None:
    """Two queries; None for all time, in which everything was new once."""
    if heard.period.start is None:
        return None
    new: QuerySet[Any, Any]
    if heard.ever:
        new = ListenTotal.objects.filter(user=heard.user, kind="artist", **_within(heard.period)).values("item")
    else:
        new = _first_heard(heard, "artist").values("item")
    return NewShare(by_id(heard.plays, "artist").filter(item__in=new).count(), heard.plays.count())


def _firsts(heard: Heard, what: str, limit: int, offset: int) -> dict[int, datetime]:
    """{id: when it was heard first}."""
    if heard.ever:
        return dict(heard.ever.firsts(what, heard.period.start, heard.period.end, limit, offset))
    rows = _first_heard(heard, what).order_by("-first_at", "item")
    return dict(rows.values_list("item", "first_at")[offset : offset + limit])


def _first_heard(heard: Heard, what: str) -> QuerySet[Any, Any]:
    """Artists or albums with their first play ever, if it was in this period."""
    first: QuerySet[Any, Any] = by_id(plays_in(heard.user, None), what).annotate(first_at=Min("started_at"))
    return first.filter(**_within(heard.period))


def _within(period: Period) -> dict[str, datetime]:
    bounds = {"first_at__gte": period.start, "first_at__lt": period.end}
    return {name: at for name, at in bounds.items() if at is not None}
