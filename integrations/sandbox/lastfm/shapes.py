"""Last.fm's JSON, which is XML turned over: numbers are texts, a single thing is no list, nothing at all is ""."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist
from integrations.sandbox.hearing import Heard

Json = dict[str, Any]


def listed(items: list[Any]) -> Any:
    return "" if not items else items[0] if len(items) == 1 else items


def link(*names: str) -> str:
    return "https://www.last.fm/music/" + "/".join(quote_plus(name, safe="") for name in names)


def images(base: str, id: str, *, sizes: int = 4) -> list[Json]:
    every = (("small", 34), ("medium", 64), ("large", 174), ("extralarge", 300), ("mega", 300), ("", 300))
    return [{"size": size, "#text": f"{base}/covers/{id}/{pixels}.png"} for size, pixels in every[:sizes]]


def hint(mbid: str, known: float) -> str:
    """MBIDs are missing often."""
    return mbid if ids.fraction("mbid", mbid) < known else ""


def main_artist(heard: Heard) -> Artist:
    return heard.track.artists[0]


def row(box: Box, base: str, heard: Heard, *, playing: bool = False, extended: bool = False) -> Json:
    album = box.catalogue.album_of(heard.track)
    who = main_artist(heard)
    named: Json = {"mbid": hint(who.mbid, 0.8), "#text": heard.track.credit}
    if extended:
        named = {
            "url": link(heard.track.credit),
            "name": heard.track.credit,
            "image": images(base, who.spotify),
            "mbid": named["mbid"],
        }
    on_file = heard.kind == "local"
    made: Json = {
        "artist": named,
        "streamable": "0",
        "image": images(base, album.spotify),
        "mbid": hint(heard.track.mbid, 0.7),
        "album": {"mbid": hint(album.releases[0], 0.7), "#text": "" if on_file else album.title},
        "name": heard.track.title,
        "url": link(heard.track.credit, "_", heard.track.title),
    }
    if extended:
        made["loved"] = str(int(ids.number(heard.track.mbid, "loved") % 7 == 0))
    if playing:
        return {**made, "@attr": {"nowplaying": "true"}}
    second = heard.started_ms // 1000
    return {**made, "date": {"uts": str(second), "#text": f"{datetime.fromtimestamp(second, UTC):%d %b %Y, %H:%M}"}}


def tags(names: list[tuple[str, int]]) -> list[Json]:
    return [
        {"count": count, "name": name, "url": f"https://www.last.fm/tag/{quote_plus(name, safe='')}"}
        for name, count in names
    ]


def tags_of(album: Album) -> list[tuple[str, int]]:
    """Its genres, and the noise that people tag with."""
    weights = [(genre, 100 - 30 * place) for place, genre in enumerate(album.genres)]
    noise = [(str(album.year), 22), ("albums I own", 14), ("seen live", 9), (album.artists[0].name.lower(), 5)]
    return sorted(weights + noise, key=lambda each: -each[1])


def tags_of_artist(box: Box, artist: Artist) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for album in box.catalogue.albums:
        if artist in album.artists:
            for genre in album.genres:
                found[genre] = found.get(genre, 0) + 1
    most = max(found.values(), default=1)
    return sorted(
        [*((name, count * 100 // most) for name, count in found.items()), ("seen live", 40)], key=lambda t: -t[1]
    )
