"""iTunes' lookup and search: JSON that calls itself a script; no ISRCs."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Track
from integrations.sandbox.finding import best, score
from integrations.sandbox.web import Reply, Request, Routes, answer, plain, whole

Json = dict[str, Any]
routes = Routes("itunes", "/itunes", lambda _: plain("", 404))


def told(rows: list[Json]) -> Reply:
    return answer({"resultCount": len(rows), "results": rows}, kind="text/javascript; charset=utf-8")


def name_of(album: Album) -> str:
    return f"{album.title} - Single" if album.kind == "single" else album.title


def common(base: str, album: Album) -> Json:
    return {
        "artistId": album.artists[0].itunes,
        "collectionId": album.itunes,
        "artistName": album.credit,
        "collectionName": name_of(album),
        "collectionCensoredName": name_of(album),
        "collectionViewUrl": f"https://music.apple.com/us/album/{album.itunes}?uo=4",
        "artworkUrl60": f"{base}/covers/{album.spotify}/60.svg",
        "artworkUrl100": f"{base}/covers/{album.spotify}/100.svg",
        "collectionPrice": 9.99,
        "collectionExplicitness": "notExplicit",
        "trackCount": len(album.tracks),
        "country": "USA",
        "currency": "USD",
        "releaseDate": f"{album.released}T08:00:00Z",
        "primaryGenreName": album.genres[0].title(),
    }


def collection(base: str, album: Album) -> Json:
    type_ = "Compilation" if album.kind == "compilation" else "Album"
    return {"wrapperType": "collection", "collectionType": type_, **common(base, album), "copyright": f"℗ {album.year}"}


def song(base: str, album: Album, track: Track) -> Json:
    return {
        "wrapperType": "track",
        "kind": "song",
        **common(base, album),
        "artistName": track.credit,
        "trackId": track.itunes,
        "trackName": track.title,
        "trackCensoredName": track.title,
        "trackViewUrl": f"https://music.apple.com/us/album/{album.itunes}?i={track.itunes}&uo=4",
        "previewUrl": "",
        "trackExplicitness": "notExplicit",
        "discCount": album.tracks[-1].disc,
        "discNumber": track.disc,
        "trackCount": len([each for each in album.tracks if each.disc == track.disc]),
        "trackNumber": track.number,
        "trackTimeMillis": track.duration_ms,
        "isStreamable": True,
    }


@routes.on("GET", "/lookup")
def lookup(box: Box, request: Request) -> Reply:
    """By id of a collection or song, or by UPC; with `entity=song` its songs come behind it."""
    id, upc = request.arg("id"), request.arg("upc").lstrip("0").zfill(12)
    for album in box.catalogue.albums:
        if (id and str(album.itunes) == id) or (request.arg("upc") and album.upc == upc):
            songs = album.tracks if request.arg("entity") == "song" else ()
            return told([collection(request.base, album), *(song(request.base, album, each) for each in songs)])
        for track in album.tracks if id else ():
            if str(track.itunes) == id:
                return told([song(request.base, album, track)])
    return told([])


@routes.on("GET", "/search")
def search(box: Box, request: Request) -> Reply:
    limit, term = whole(request.arg("limit"), 50, 1, 200), request.arg("term")
    if limit is None or not term:
        return told([])
    if request.arg("entity") == "song":
        by_key = box.catalogue.by_key
        songs = best(box.catalogue.tracks, lambda each: score(term, each.title, each.credit))
        return told([song(request.base, by_key[each.album_key], each) for _, each in songs[:limit]])
    albums = best(box.catalogue.albums, lambda each: score(term, each.title, each.credit))
    return told([collection(request.base, each) for _, each in albums[:limit]])
