"""Apple's iTunes look-up and search: albums by collection id or UPC, artwork. No key.

Facts: the content type is text/javascript; over about 20 calls a minute it answers 403, or an empty list; unknown
ids are an empty list too. Previews may only promote the store and are not taken.
Group: none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from integrations import values
from integrations.errors import NotThere, Rejected
from integrations.http import Call, send
from integrations.providers.answers import busy, garbled, json_judge, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of
from integrations.types import Access, AlbumData, ArtistData, TagData, TrackData
from integrations.values import MAX_TRACK, inner, records

NAME = "itunes"
LABEL = "Apple's iTunes"
MOST = 200
"""Search hits, and songs of an album, that one call gives."""
PICTURES = ("mzstatic.com",)
SIDE = 1200
"""Pixels of a cover; addresses tell the size, and any may be asked for."""
SCRIPT = "text/javascript"

_SIZE = re.compile(r"/[0-9]+x[0-9]+(bb)?(-[0-9]+)?\.(jpg|png|webp)$")
_KIND = re.compile(r"(.+) - (Single|EP)")


judge = json_judge(
    NAME,
    LABEL,
    {403: lambda _, answer: busy(NAME, LABEL, told_wait(answer))},
    SCRIPT,
)


def _ask(path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    call = Call(NAME, f"{settings.ITUNES_API_URL}/{path}", params=params)
    body = object_of(call, send(call, judge), SCRIPT)
    if not isinstance(body.get("results"), list):
        raise garbled(NAME, LABEL)
    return records(inner(body).get("results"))


def album(collection_id: str, *, country: str = "us") -> AlbumData:
    """An album with its songs. NotThere also where the store of `country` does not sell it."""
    if not values.digits_of(collection_id):
        raise Rejected(NAME, "This is no id that Apple could know.")
    return _looked_up({"id": collection_id}, country)


def album_by_upc(upc: str, *, country: str = "us") -> AlbumData:
    if not values.upc_of(upc):
        raise Rejected(NAME, "This is no UPC.")
    found = _looked_up({"upc": upc}, country)
    return replace(found, external_ids={**found.external_ids, "upc": upc})


def _looked_up(by: dict[str, str], country: str) -> AlbumData:
    return parse_album(_ask("lookup", {**by, "entity": "song", "country": country, "limit": MOST}))


def parse_album(rows: list[dict[str, Any]]) -> AlbumData:
    """The first collection of an answer, with the songs that stand behind it."""
    found = next((one for row in rows if (one := _album(row, rows))), None)
    if not found:
        raise NotThere(NAME, "Apple does not know this.")
    return found


def search(artist: str, title: str, *, country: str = "us", limit: int = 25) -> list[AlbumData]:
    """Albums as the store ranks them, without songs."""
    term = values.line(f"{artist} {title}", 600)
    if not term:
        raise Rejected(NAME, "There is nothing to search for.")
    rows = _ask(
        "search",
        {"term": term, "media": "music", "entity": "album", "country": country, "limit": min(max(1, limit), MOST)},
    )
    return parse_albums(rows)


def parse_albums(rows: list[dict[str, Any]]) -> list[AlbumData]:
    return [found for row in rows if (found := _album(row, []))]


def _album(row: dict[str, Any], rows: list[dict[str, Any]]) -> AlbumData | None:
    name, artist = values.line(row.get("collectionName")), values.line(row.get("artistName"))
    collection = values.digits_of(row.get("collectionId"))
    if row.get("wrapperType") != "collection" or not name or not artist or not collection:
        return None
    title, kind = _title_and_kind(name, row)
    genre = values.line(row.get("primaryGenreName"), 80)
    songs = [_song(song, title) for song in rows if values.digits_of(song.get("collectionId")) == collection]
    return AlbumData(
        title=title,
        artists=(_artist(artist, row),),
        artist_credit=artist,
        released=values.date_of(row.get("releaseDate")),
        kind=kind,
        cover_url=cover(row.get("artworkUrl100")),
        external_ids=values.known_ids(apple=collection),
        tags=(TagData(genre, is_genre=True),) if genre and genre != "Music" else (),
        tracks=tuple(song for song in songs if song),
        tracks_total=values.whole(row.get("trackCount")),
    )


def _title_and_kind(name: str, row: dict[str, Any]) -> tuple[str, str]:
    """The store writes "Elephant - Single" and "Tame Impala - EP" where others tell the kind apart."""
    found = _KIND.fullmatch(name)
    if found:
        return found[1], found[2].lower()
    return name, "compilation" if row.get("collectionType") == "Compilation" else ""


def _artist(name: str, row: dict[str, Any]) -> ArtistData:
    return ArtistData(name, values.known_ids(apple=values.digits_of(row.get("artistId"))))


def _song(row: dict[str, Any], album_title: str) -> TrackData | None:
    title, artist = values.line(row.get("trackName"), MAX_TRACK), values.line(row.get("artistName"))
    if row.get("wrapperType") != "track" or row.get("kind") != "song" or not title or not artist:
        return None
    return TrackData(
        title=title,
        artists=(_artist(artist, row),),
        artist_credit=artist,
        duration_ms=values.length_ms(row.get("trackTimeMillis")),
        disc=values.whole(row.get("discNumber"), 1, 999) or 1,
        number=values.whole(row.get("trackNumber"), 1, 9999),
        external_ids=values.known_ids(apple=values.digits_of(row.get("trackId"))),
        album=album_title,
    )


def cover(url: object) -> str:
    """The artwork of 100 pixels, asked for at 1200."""
    return _SIZE.sub(rf"/{SIDE}x{SIDE}bb.\3", values.picture(url, PICTURES))


def _probe(_: Access) -> None:
    _ask("lookup", {"id": "909253", "limit": 1})


PROVIDER = Provider(NAME, LABEL, judge, _probe)
