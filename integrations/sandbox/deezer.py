"""Deezer: catalogue without keys. Its errors come with 200, and a tempo of 0 is none."""

from __future__ import annotations

import re
from typing import Any

from integrations.sandbox import features, ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist, Track
from integrations.sandbox.finding import best, score
from integrations.sandbox.web import Reply, Request, Routes, answer, whole


def error(code: int, kind: str, message: str) -> Reply:
    return answer({"error": {"type": kind, "message": message, "code": code}})


def unknown() -> Reply:
    return error(800, "DataException", "no data")


routes = Routes("deezer", "/deezer", lambda _: error(600, "InvalidQueryException", "Unknown path components"))
Json = dict[str, Any]


def cover(base: str, album: Album) -> Json:
    sizes = {"cover_small": 56, "cover_medium": 250, "cover_big": 500, "cover_xl": 1000}
    return {name: f"{base}/covers/{album.spotify}/{size}.svg" for name, size in sizes.items()}


def artist(who: Artist) -> Json:
    return {
        "id": who.deezer,
        "name": who.name,
        "link": f"https://www.deezer.com/artist/{who.deezer}",
        "tracklist": f"https://api.deezer.com/artist/{who.deezer}/top?limit=50",
        "type": "artist",
    }


def album_brief(base: str, album: Album) -> Json:
    return {
        "id": album.deezer,
        "title": album.title,
        "link": f"https://www.deezer.com/album/{album.deezer}",
        "cover": f"{base}/covers/{album.spotify}/250.svg",
        **cover(base, album),
        "md5_image": f"{ids.number(album.spotify) % 16**32:032x}",
        "release_date": album.released,
        "tracklist": f"https://api.deezer.com/album/{album.deezer}/tracks",
        "type": "album",
    }


def track_brief(track: Track) -> Json:
    return {
        "id": track.deezer,
        "readable": True,
        "title": track.title,
        "title_short": track.title,
        "title_version": "",
        "isrc": track.isrc,
        "link": f"https://www.deezer.com/track/{track.deezer}",
        "duration": track.duration_ms // 1000,
        "track_position": track.number,
        "disk_number": track.disc,
        "rank": ids.number("rank", track.spotify) % 1_000_000,
        "explicit_lyrics": False,
        "preview": "",
        "artist": artist(track.artists[0]),
        "type": "track",
    }


def track_whole(box: Box, base: str, track: Track) -> Json:
    """Tempo and gain stand only here; a third has no tempo."""
    album = box.catalogue.album_of(track)
    tempo = 0 if ids.number("no tempo", track.spotify) % 3 == 0 else features.of(box.seed, track)["tempo"]
    return {
        **track_brief(track),
        "share": f"https://www.deezer.com/track/{track.deezer}",
        "release_date": album.released,
        "bpm": tempo,
        "gain": round(-6 - 8 * ids.fraction("gain", track.spotify), 1),
        "available_countries": ["DE", "FR", "GB"],
        "contributors": [{**artist(who), "role": "Main"} for who in track.artists],
        "album": album_brief(base, album),
    }


def album_whole(base: str, album: Album) -> Json:
    genres = [
        {"id": ids.digits(3, genre), "name": genre.title(), "picture": "", "type": "genre"} for genre in album.genres
    ]
    return {
        **album_brief(base, album),
        "upc": album.upc,
        "share": f"https://www.deezer.com/album/{album.deezer}",
        "genre_id": genres[0]["id"],
        "genres": {"data": genres[:1]},
        "label": album.label,
        "nb_tracks": len(album.tracks),
        "duration": sum(track.duration_ms for track in album.tracks) // 1000,
        "fans": ids.number("fans", album.spotify) % 90_000,
        "record_type": "compile" if album.kind == "compilation" else album.kind,
        "available": True,
        "explicit_lyrics": False,
        "contributors": [{**artist(who), "role": "Main"} for who in album.artists],
        "artist": artist(album.artists[0]),
        "tracks": {"data": [track_brief(track) for track in album.tracks]},
    }


def album_by(box: Box, id: str) -> Album | None:
    if id.startswith("upc:"):
        return box.catalogue.by_upc.get(id[4:].lstrip("0").zfill(12))
    return next((album for album in box.catalogue.albums if str(album.deezer) == id), None)


@routes.on("GET", "/track/{id}")
def track(box: Box, request: Request, id: str) -> Reply:
    if id.startswith("isrc:"):
        found = box.catalogue.track_by_isrc.get(id[5:].upper())
    else:
        found = next((each for each in box.catalogue.tracks if str(each.deezer) == id), None)
    return answer(track_whole(box, request.base, found)) if found else unknown()


@routes.on("GET", "/album/{id}")
def album(box: Box, request: Request, id: str) -> Reply:
    found = album_by(box, id)
    return answer(album_whole(request.base, found)) if found else unknown()


def page(request: Request, rows: list[Json]) -> Reply:
    index, limit = whole(request.arg("index"), 0, 0, 10**6), whole(request.arg("limit"), 25, 1, 100)
    if index is None or limit is None:
        return error(500, "ParameterException", "Wrong parameter")
    made: Json = {"data": rows[index : index + limit], "total": len(rows)}
    if index + limit < len(rows):
        made["next"] = f"{request.base}/deezer{request.path}?limit={limit}&index={index + limit}"
    return answer(made)


@routes.on("GET", "/album/{id}/tracks")
def album_tracks(box: Box, request: Request, id: str) -> Reply:
    found = album_by(box, id)
    return page(request, [track_brief(each) for each in found.tracks]) if found else unknown()


def query_of(text: str) -> tuple[str, dict[str, str]]:
    """`artist:"x" album:"y" words`"""
    named = dict(re.findall(r'(artist|album|track):"([^"]*)"', text))
    return re.sub(r'(artist|album|track):"[^"]*"', "", text).strip(), named


def rate(album: Album, track: Track | None, words: str, named: dict[str, str]) -> int:
    title = track.title if track else album.title
    marks = [score(words, title, album.credit)] if words else []
    fields = {"artist": album.credit, "album": album.title, "track": track.title if track else ""}
    marks += [score(value, fields[name]) for name, value in named.items()]
    return 0 if not marks or 0 in marks else sum(marks) // len(marks)


@routes.on("GET", "/search/album")
def search_albums(box: Box, request: Request) -> Reply:
    words, named = query_of(request.arg("q"))
    if not words and not named:
        return error(501, "MissingParameterException", "Missing parameters: q")
    found = best(box.catalogue.albums, lambda each: rate(each, None, words, named))
    return page(request, [_album_hit(request.base, each) for _, each in found])


def _album_hit(base: str, album: Album) -> Json:
    whole_one = album_whole(base, album)
    names = ("genre_id", "nb_tracks", "record_type", "explicit_lyrics", "artist")
    return {**album_brief(base, album), **{name: whole_one[name] for name in names}}


@routes.on("GET", "/search")
@routes.on("GET", "/search/track")
def search_tracks(box: Box, request: Request) -> Reply:
    words, named = query_of(request.arg("q"))
    if not words and not named:
        return error(501, "MissingParameterException", "Missing parameters: q")
    by_key = box.catalogue.by_key
    found = best(box.catalogue.tracks, lambda each: rate(by_key[each.album_key], each, words, named))
    return page(
        request, [{**track_brief(t), "album": album_brief(request.base, by_key[t.album_key])} for _, t in found]
    )
