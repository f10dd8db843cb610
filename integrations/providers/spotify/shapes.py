"""Spotify's objects as our values. Each takes the JSON of one thing and gives None where it names nothing or nobody."""

from __future__ import annotations

from typing import Any

from integrations.types import AlbumData, ArtistData, TagData, TrackData
from integrations.values import (
    MAX_NAME,
    MAX_TRACK,
    date_of,
    digits_of,
    isrc_of,
    known_ids,
    length_ms,
    line,
    picture,
    record,
    records,
    spotify_id_of,
    upc_of,
    whole,
)

_PICTURES = ("scdn.co", "spotifycdn.com")
_COVER_WIDTH = 640
_EXACT = {"year": 4, "month": 7}
"""Characters of a date that mean something, by how exact Spotify says it is."""


def artists_of(data: dict[str, Any]) -> tuple[ArtistData, ...]:
    found = []
    for row in records(data.get("artists")):
        if name := line(row.get("name")):
            found.append(ArtistData(name, known_ids(spotify=spotify_id_of(row.get("id"), "artist"))))
    return tuple(found)


def track_of(data: dict[str, Any]) -> TrackData | None:
    """A track, simplified (inside an album: no ISRC, no album) or whole."""
    title, artists = line(data.get("name"), MAX_TRACK), artists_of(data)
    if not title or not artists or data.get("type", "track") != "track" or data.get("is_local") is True:
        return None
    return TrackData(
        title=title,
        artists=artists,
        artist_credit=credit(artists),
        duration_ms=length_ms(data.get("duration_ms")),
        disc=whole(data.get("disc_number"), 1, 999) or 1,
        number=whole(data.get("track_number"), 1, 9999),
        external_ids=known_ids(
            spotify=spotify_id_of(data.get("id")),
            isrc=isrc_of(record(data.get("external_ids")).get("isrc")),
        ),
        album=line(record(data.get("album")).get("name")),
    )


def album_of(data: dict[str, Any]) -> AlbumData | None:
    """An album with the tracks that stand in it: the first page of its paging object, or none where simplified."""
    title, artists = line(data.get("name")), artists_of(data)
    if not title or not artists:
        return None
    paging = record(data.get("tracks"))
    upc = record(data.get("external_ids")).get("upc")
    return AlbumData(
        title=title,
        artists=artists,
        artist_credit=credit(artists),
        released=_released(data),
        kind=line(data.get("album_type")).lower(),
        cover_url=picture_of(data),
        external_ids=known_ids(spotify=spotify_id_of(data.get("id"), "album"), upc=upc_of(digits_of(upc))),
        tags=tuple(TagData(name, is_genre=True) for name in map(line, _texts(data.get("genres"))) if name),
        tracks=tracks_of(paging),
        tracks_total=_first_known(whole(data.get("total_tracks")), whole(paging.get("total"))),
    )


def tracks_of(paging: dict[str, Any]) -> tuple[TrackData, ...]:
    """The tracks on a page."""
    found = (track_of(row) for row in records(paging.get("items")))
    return tuple(track for track in found if track)


def credit(artists: tuple[ArtistData, ...]) -> str:
    """Of very many only as far as a credit goes."""
    return ", ".join(artist.name for artist in artists)[:MAX_NAME].rstrip(", ")


def picture_of(data: dict[str, Any]) -> str:
    """The address of the largest picture up to 640 pixels, or of the first where no sizes are told."""
    rows = records(data.get("images"))
    widths = {index: whole(row.get("width")) or 0 for index, row in enumerate(rows)}
    fitting = [index for index, width in widths.items() if width <= _COVER_WIDTH]
    best = max(fitting or widths, key=lambda index: (widths[index], -index), default=None)
    return picture(rows[best].get("url"), _PICTURES) if best is not None else ""


def _released(data: dict[str, Any]) -> str:
    told = date_of(data.get("release_date"))
    return told[: _EXACT.get(line(data.get("release_date_precision")), 10)]


def _texts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _first_known(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
