"""What a member played most in a period: artists, albums, tracks and genres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection
from django.db.models import Count, Model, QuerySet

from listening.models import AlbumTag, Artist, Tag, Track
from listening.selectors.albums import AlbumCard, album_cards
from listening.selectors.heard import Heard, by_id
from sidetrack.planned import fetch, fetch_rows


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
    return [TopArtist(pk, name, count) for pk, count, name in _named(heard, "artist", Artist, ["name"], limit, offset)]


def top_albums(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopAlbum]:
    """Of the plays whose album is known; ordered like artists."""
    counts = _counts(heard, "album", limit, offset)
    cards = album_cards(counts)
    return [TopAlbum(cards[pk], count) for pk, count in counts.items()]


def top_tracks(heard: Heard, limit: int = 10, offset: int = 0) -> list[TopTrack]:
    found = _named(heard, "track", Track, ["title", "artist_credit"], limit, offset)
    return [TopTrack(pk, title, artist, count) for pk, count, title, artist in found]


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
    return dict(fetch_rows(_ranked(heard, what, limit, offset)))


def _named(
    heard: Heard, what: str, model: type[Model], columns: Sequence[str], limit: int, offset: int
) -> list[tuple[Any, ...]]:
    """(id, plays, columns of what it is) in order of rank. One query."""
    ranked, parameters = _ranked(heard, what, limit, offset).query.sql_with_params()
    # Looked up one by one: for a join PostgreSQL would read all of a small table.
    named = f"FROM {connection.ops.quote_name(model._meta.db_table)} WHERE id = item"
    wanted = ", ".join(f"(SELECT {column} {named})" for column in columns)
    return fetch(
        f"SELECT item, n, {wanted} FROM ({ranked}) ranked ORDER BY n DESC, item",  # noqa: S608 - our own names
        parameters,
    )


def _ranked(heard: Heard, what: str, limit: int, offset: int) -> QuerySet[Any, Any]:
    if heard.totals:
        ranked = heard.totals.ranked(what)
    else:
        ranked = by_id(heard.plays, what).values_list("item").annotate(n=Count("id")).order_by("-n", "item")
    return ranked[offset : offset + limit]
