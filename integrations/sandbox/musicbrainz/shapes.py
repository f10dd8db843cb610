"""MusicBrainz' JSON: hyphens in names, lists cut at 25."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.catalogue import Album, Artist, Track

Json = dict[str, Any]
MOST = 25
GROUP_TYPES = {
    "album": "f529b476-6e62-324f-b0aa-1f3e33d313fc",
    "single": "d6038452-8ee0-3f68-affc-2de9a1ede0b9",
}


def artist(who: Artist) -> Json:
    return {
        "id": who.mbid,
        "name": who.name,
        "sort-name": who.name,
        "disambiguation": "",
        "type": None,
        "type-id": None,
        "country": who.country,
    }


def credit(artists: tuple[Artist, ...]) -> list[Json]:
    joins = [*[", "] * (len(artists) - 2), *[" & "] * (len(artists) > 1), ""]
    return [
        {"name": who.name, "joinphrase": join, "artist": artist(who)} for who, join in zip(artists, joins, strict=True)
    ]


def primary(album: Album) -> str:
    return "Single" if album.kind == "single" else "Album"


def tags(album: Album, *, are_genres: bool = False) -> list[Json]:
    """Some albums have none: then the artist's are all there is."""
    if ids.fraction("tagged", album.mbid) < 0.3:
        return []
    rows = [{"name": genre, "count": 6 - 2 * place} for place, genre in enumerate(album.genres)]
    if not are_genres:
        return [*rows, {"name": f"{album.year // 10 * 10}s", "count": 1}]
    return [{**each, "id": ids.uuid("genre", each["name"]), "disambiguation": ""} for each in rows]


def group(album: Album) -> Json:
    return {
        "id": album.mbid,
        "title": album.title,
        "primary-type": primary(album),
        "primary-type-id": GROUP_TYPES[primary(album).lower()],
        "secondary-types": ["Compilation"] if album.kind == "compilation" else [],
        "secondary-type-ids": ["dd2a21e1-0c00-3729-a7a0-de60b84eb5d1"] if album.kind == "compilation" else [],
        "first-release-date": album.released,
        "disambiguation": "",
    }


def release(album: Album, mbid: str) -> Json:
    """The first one is the earliest; later ones are other countries' and have no barcode."""
    place = album.releases.index(mbid)
    country = ("XW", "JP", "US")[place] if place else album.artists[0].country
    return {
        "id": mbid,
        "title": album.title,
        "status": "Official",
        "status-id": "4e304316-386d-3409-af2e-78857eec5cfe",
        "date": album.released if not place else str(min(2026, album.year + 10 * place)),
        "country": country,
        "barcode": album.upc if not place else "",
        "packaging": None,
        "packaging-id": None,
        "quality": "normal",
        "disambiguation": "",
        "text-representation": {"language": "eng", "script": "Latn"},
        "asin": None,
    }


def recording(track: Track) -> Json:
    return {
        "id": track.mbid,
        "title": track.title,
        "length": track.duration_ms,
        "video": False,
        "disambiguation": "",
    }


def media(album: Album, *, with_tracks: bool, with_isrcs: bool, with_credits: bool) -> list[Json]:
    discs = sorted({track.disc for track in album.tracks})
    return [_medium(album, disc, with_tracks, with_isrcs, with_credits) for disc in discs]


def _medium(album: Album, disc: int, with_tracks: bool, with_isrcs: bool, with_credits: bool) -> Json:
    own = [track for track in album.tracks if track.disc == disc]
    made: Json = {"position": disc, "title": "", "format": "CD", "format-id": None, "track-count": len(own)}
    if not with_tracks:
        return made
    rows = []
    for track in own:
        said = recording(track) | ({"isrcs": [track.isrc]} if with_isrcs else {})
        by = {"artist-credit": credit(track.artists)} if with_credits else {}
        rows.append(
            {
                "id": ids.uuid("track on", track.mbid),
                "position": track.number,
                "number": str(track.number),
                "title": track.title,
                "length": track.duration_ms,
                "recording": said | by,
                **by,
            }
        )
    return {**made, "track-offset": 0, "tracks": rows}


def stream(kind: str, target: str, id: str) -> Json:
    """A relation from an album to where it can be heard."""
    return {
        "type": "free streaming",
        "type-id": "08445ccf-7b99-4438-9f9a-fb9ac18099ee",
        "direction": "forward",
        "target-type": "url",
        "ended": False,
        "url": {"id": ids.uuid("url", target), "resource": target},
        "attributes": [],
        "begin": None,
        "end": None,
        "source-credit": "",
        "target-credit": "",
    }


def cut(rows: Iterable[Json]) -> list[Json]:
    return list(rows)[:MOST]
