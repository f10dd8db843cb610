"""Albums and tracks as pages and answers show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F

from listening.models import Album, AlbumArtist, AlbumTag, AlbumTrack, Artist, ExternalId, Tag, Track, TrackArtist
from listening.selectors.search import find_albums, find_tracks
from sidetrack.errors import NotFound
from sidetrack.planned import fetch, ids_among, sent_ids


@dataclass
class AlbumCard:
    """What is shown of an album. `external_ids` holds the first id of each scheme; editions may have more."""

    id: int
    title: str
    artist: str
    year: int | None = None
    cover_url: str = ""
    artists: list[dict[str, Any]] = field(default_factory=list)
    external_ids: dict[str, str] = field(default_factory=dict)
    genres: list[str] = field(default_factory=list)
    decades: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    merged_into: int | None = None

    @property
    def spotify_id(self) -> str | None:
        return self.external_ids.get("spotify")

    @property
    def musicbrainz_id(self) -> str | None:
        return self.external_ids.get("musicbrainz")

    def as_json(self) -> dict[str, Any]:
        """The Album of the API."""
        return {
            "id": self.id,
            "title": self.title,
            "artist": self.artist,
            "artists": self.artists,
            "year": self.year,
            "spotify_id": self.spotify_id,
            "musicbrainz_id": self.musicbrainz_id,
            "external_ids": self.external_ids,
            "cover_url": self.cover_url or None,
            "genres": self.genres,
        }


def album_cards(ids: Iterable[int]) -> dict[int, AlbumCard]:
    """Cards by album id, in one query however many; an unknown id is left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return cards_of(fetch(cards_sql(ids_among), [sent_ids(wanted)] * 4))


def cards_of(rows: Iterable[tuple[Any, ...]]) -> dict[int, AlbumCard]:
    """Cards by album id, from rows of `cards_sql`."""
    cards: dict[int, AlbumCard] = {}
    parts: list[tuple[Any, ...]] = []
    for row in rows:
        if row[0] == "album":
            cards[row[1]] = AlbumCard(row[1], row[2], row[3], row[5], row[4], merged_into=row[6])
        else:
            parts.append(row)
    for kind, pk, name, more, _, number, _order in sorted(
        parts, key=lambda row: (row[0], row[1], row[6], row[5], row[2])
    ):
        _put(cards[pk], kind, name, more, number)
    return cards


def cards_sql(among: Callable[[str], str]) -> str:
    """Albums, their artists, ids and tags as rows of one shape: kind, album, three texts, a number, an order (of an
    album: what it was merged into). `among` writes the condition that a column is one of the albums wanted."""
    models = (Album, AlbumArtist, Artist, ExternalId, AlbumTag, Tag)
    album, of_album, artist, known, said, tag = (connection.ops.quote_name(m._meta.db_table) for m in models)
    return (
        "SELECT 'album', id, title, artist_credit, cover_url, year, merged_into_id "  # noqa: S608 - our own names
        f"FROM {album} WHERE {among('id')} "
        # Names one by one: for a join PostgreSQL would read all of a small table.
        f"UNION ALL SELECT 'artist', o.album_id, (SELECT a.name FROM {artist} a WHERE a.id = o.artist_id), '', '', "
        f"o.artist_id, o.position FROM {of_album} o WHERE {among('o.album_id')} "
        "UNION ALL SELECT 'id', k.album_id, k.scheme, k.value, '', k.id, 0 "
        f"FROM {known} k WHERE {among('k.album_id')} "
        "UNION ALL SELECT 'tag', s.album_id, t.name, t.kind, '', s.id, 0 "
        f"FROM {said} s JOIN {tag} t ON t.id = s.tag_id WHERE {among('s.album_id')}"
    )


def album_card(pk: int) -> AlbumCard:
    """One card, that of what it was merged into for an alias; or NotFound."""
    card = album_cards([pk]).get(pk) if 0 < pk < 2**63 else None
    if card is None:
        raise NotFound("There is no such album.")
    return card if card.merged_into is None else album_card(card.merged_into)


def search_albums(q: str, limit: int = 20) -> list[AlbumCard]:
    """Albums by title and artist, best first; slips of the finger and missing accents are forgiven."""
    ids = find_albums(q, limit)
    cards = album_cards(ids)
    return [cards[pk] for pk in ids if pk in cards]


def search_tracks(q: str, limit: int = 20) -> list[dict[str, Any]]:
    """Tracks by title and artist, best first, as `track_cards` shows them."""
    ids = find_tracks(q, limit)
    found = Track.objects.in_bulk(ids)
    return track_cards(found[pk] for pk in ids if pk in found)


def album_tracks(pk: int) -> list[dict[str, Any]]:
    """The tracks known of an album, in their order."""
    rows = AlbumTrack.objects.filter(album_id=pk).order_by(F("disc"), F("number").asc(nulls_last=True), "pk")
    return [
        {"id": each.track_id, "title": each.track.title, "artist": each.track.artist_credit,
         "disc": each.disc, "number": each.number, "duration_ms": each.track.duration_ms}
        for each in rows.select_related("track")[:500]
    ]  # fmt: skip


def track_card(pk: int) -> dict[str, Any]:
    """The Track of the API with the albums it stands on, that of what it was merged into for an alias; or NotFound."""
    track = Track.objects.select_related("merged_into").filter(pk=pk).first() if 0 < pk < 2**63 else None
    if track is None:
        raise NotFound("There is no such track.")
    return track_cards([track.merged_into or track])[0]


def track_cards(tracks: Iterable[Track]) -> list[dict[str, Any]]:
    """Tracks as the API shows them, in the given order; three queries however many."""
    tracks = list(tracks)
    ids = [track.pk for track in tracks]
    people: dict[int, list[dict[str, Any]]] = {}
    for pk, artist, name in (
        TrackArtist.objects.filter(track_id__in=ids)
        .order_by("position", "pk")
        .values_list("track_id", "artist_id", "artist__name")
    ):
        people.setdefault(pk, []).append({"id": artist, "name": name})
    albums: dict[int, list[dict[str, Any]]] = {}
    for link in AlbumTrack.objects.filter(track_id__in=ids).select_related("album").order_by("album_id"):
        album = {"id": link.album_id, "title": link.album.title, "artist": link.album.artist_credit}
        albums.setdefault(link.track_id, []).append({**album, "year": link.album.year})
    known: dict[int, dict[str, str]] = {}
    rows = ExternalId.objects.filter(track_id__in=ids).order_by("pk").values_list("track_id", "scheme", "value")
    for track_id, scheme, value in rows:
        known.setdefault(track_id or 0, {}).setdefault(scheme, value)
    return [_track(each, people.get(each.pk, []), albums.get(each.pk, []), known.get(each.pk, {})) for each in tracks]


def _track(
    track: Track, people: list[dict[str, Any]], albums: list[dict[str, Any]], ids: dict[str, str]
) -> dict[str, Any]:
    return {
        "id": track.pk,
        "title": track.title,
        "artist": track.artist_credit,
        "artists": people,
        "duration_ms": track.duration_ms,
        "spotify_id": ids.get("spotify"),
        "musicbrainz_id": ids.get("musicbrainz"),
        "isrc": ids.get("isrc"),
        "external_ids": ids,
        "albums": albums,
    }


def _put(card: AlbumCard, kind: str, name: str, more: str, number: int | None) -> None:
    if kind == "artist":
        card.artists.append({"id": number, "name": name})
    elif kind == "id":
        card.external_ids.setdefault(name, more)
    else:
        names = {Tag.Kind.GENRE: card.genres, Tag.Kind.DECADE: card.decades, Tag.Kind.COUNTRY: card.countries}[
            Tag.Kind(more)
        ]
        if name not in names:
            names.append(name)
