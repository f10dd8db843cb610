"""What a member played most in a period: artists, albums, tracks and genres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Count

from listening.models import AlbumTag, Artist, Tag, Track
from listening.selectors.albums import AlbumCard, album_cards
from listening.selectors.heard import Heard, by_id


class Top(Protocol):
    """One place of a top list."""

    @property
    def listens(self) -> int: ...

    def as_json(self) -> dict[str, Any]: ...


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


def top_artists(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopArtist]:
    """Most played first; equal counts in order of id."""
    counts = _counts(heard, "artist", limit, offset)
    names = dict(Artist.objects.filter(pk__in=counts).values_list("pk", "name"))
    return [TopArtist(pk, names[pk], count) for pk, count in counts.items()]


def top_albums(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopAlbum]:
    """Of the plays whose album is known; ordered like artists."""
    counts = _counts(heard, "album", limit, offset)
    cards = album_cards(counts)
    return [TopAlbum(cards[pk], count) for pk, count in counts.items()]


def top_tracks(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopTrack]:
    counts = _counts(heard, "track", limit, offset)
    tracks = Track.objects.only("title", "artist_credit").in_bulk(counts)
    return [TopTrack(pk, tracks[pk].title, tracks[pk].artist_credit, count) for pk, count in counts.items()]


def top_genres(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopGenre]:
    """Genres of the albums played, each play counted once for every genre its album is tagged with."""
    if heard.totals:
        return [TopGenre(name, plays) for name, plays in heard.totals.genres(limit, offset)]
    albums = by_id(heard.plays, "album")
    per_album = dict(albums.values_list("item").annotate(n=Count("id")))
    tags = AlbumTag.objects.filter(tag__kind=Tag.Kind.GENRE, album__in=albums.distinct())
    counts: dict[str, int] = {}
    for album_id, name in tags.values_list("album_id", "tag__name").distinct():
        counts[name] = counts.get(name, 0) + per_album.get(album_id, 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [TopGenre(name, count) for name, count in ranked[offset : offset + limit]]


TOPS: dict[str, Callable[[Heard, int, int], Sequence[Top]]] = {
    "artists": top_artists,
    "albums": top_albums,
    "tracks": top_tracks,
    "genres": top_genres,
}


def _counts(heard: Heard, what: str, limit: int, offset: int) -> dict[int, int]:
    """{id: plays} in order of rank."""
    if heard.totals:
        return dict(heard.totals.top(what, limit, offset))
    counted = by_id(heard.plays, what).values_list("item").annotate(n=Count("id")).order_by("-n", "item")
    return dict(counted[offset : offset + limit])
