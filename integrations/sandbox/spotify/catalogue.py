"""Albums, tracks, artists, search; and what Spotify closed to apps like ours."""

from __future__ import annotations

import re
from typing import Any

from integrations.sandbox import features
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist, Track
from integrations.sandbox.finding import best, score
from integrations.sandbox.spotify import shapes
from integrations.sandbox.spotify.doors import api, bounded, grant, person, refuse, window
from integrations.sandbox.web import Reply, Request, answer

ID = re.compile(r"[0-9A-Za-z]{22}")
FIELD = re.compile(r"(?:^|\s)(album|artist|track|year|upc|isrc|genre|tag):", re.IGNORECASE)


def must_be_open(box: Box) -> None:
    """Raises Refusal 403 where this app has not been given the extended quota."""
    if not box.extended:
        raise refuse(403, "Forbidden")


def checked(id: str) -> str:
    if not ID.fullmatch(id):
        raise refuse(400, "Invalid base62 id")
    return id


def album_by(box: Box, id: str) -> Album:
    found = box.catalogue.by_spotify.get(checked(id))
    if found is None:
        raise refuse(404, "Resource not found")
    return found


def track_by(box: Box, id: str) -> Track:
    found = box.catalogue.track_by_spotify.get(checked(id))
    if found is None:
        raise refuse(404, "Resource not found")
    return found


def artist_by(box: Box, id: str) -> Artist:
    found = next((each for each in box.catalogue.artists.values() if each.spotify == checked(id)), None)
    if found is None:
        raise refuse(404, "Resource not found")
    return found


def whole_track(box: Box, base: str, track: Track) -> shapes.Json:
    return shapes.track(base, box.catalogue.album_of(track), track)


@api.on("GET", "/albums/{id}")
def album(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    return answer(shapes.whole_album(box, request.base, album_by(box, id)))


@api.on("GET", "/albums/{id}/tracks")
def album_tracks(box: Box, request: Request, id: str) -> Reply:
    """Without ISRCs."""
    grant(box, request)
    offset, limit = window(request, 50)
    found = album_by(box, id)
    rows = [shapes.simple_track(request.base, found, each) for each in found.tracks]
    return answer(shapes.paging(f"{request.base}/spotify/v1/albums/{id}/tracks", rows, offset, limit))


@api.on("GET", "/tracks/{id}")
def track(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    return answer(whole_track(box, request.base, track_by(box, id)))


@api.on("GET", "/artists/{id}")
def artist(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    return answer(shapes.whole_artist(request.base, artist_by(box, id)))


@api.on("GET", "/artists/{id}/albums")
def artist_albums(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    offset, limit = window(request, 50 if box.extended else 10, 5)
    who = artist_by(box, id)
    rows = [
        {**shapes.album(request.base, each), "album_group": each.kind}
        for each in box.catalogue.albums
        if who in each.artists
    ]
    return answer(shapes.paging(f"{request.base}/spotify/v1/artists/{id}/albums", rows, offset, limit))


@api.on("GET", "/search")
def search(box: Box, request: Request) -> Reply:
    """Ten at a time at most for apps like ours."""
    grant(box, request)
    limit = bounded(request, "limit", 20 if box.extended else 5, 1, 50 if box.extended else 10)
    offset = bounded(request, "offset", 0, 0, 1000)
    kinds, query = request.arg("type").split(","), request.arg("q").strip()
    if not query:
        raise refuse(400, "No search query")
    if not request.arg("type"):
        raise refuse(400, "Missing parameter type")
    if set(kinds) - {"album", "track", "artist", "playlist", "show", "episode", "audiobook"}:
        raise refuse(400, "Bad search type field")
    fields = read_query(query)
    found: dict[str, Any] = {}
    for kind in kinds:
        rows = _hits(box, request.base, kind, fields)
        address = f"{request.base}/spotify/v1/search"
        found[f"{kind}s"] = shapes.paging(address, rows, offset, limit, f"&type={kind}")
    return answer(found)


def read_query(query: str) -> dict[str, str]:
    """`album:x artist:y words` as {"": "words", "album": "x", "artist": "y"}."""
    pieces = FIELD.split(query)
    named = {name.lower(): value.strip().strip('"') for name, value in zip(pieces[1::2], pieces[2::2], strict=True)}
    return {"": pieces[0].strip(), **named}


def _hits(box: Box, base: str, kind: str, fields: dict[str, str]) -> list[Any]:
    if kind == "album":
        albums = best(box.catalogue.albums, lambda each: _rate(each, None, fields))
        return [shapes.album(base, each) for _, each in albums]
    if kind == "track":
        by_key = box.catalogue.by_key
        tracks = best(box.catalogue.tracks, lambda each: _rate(by_key[each.album_key], each, fields))
        return [whole_track(box, base, each) for _, each in tracks]
    if kind == "artist":
        wanted = fields.get("artist", fields[""])
        artists = best(box.catalogue.artists.values(), lambda each: score(wanted, each.name))
        return [shapes.whole_artist(base, each) for _, each in artists]
    return []


def _rate(album: Album, track: Track | None, fields: dict[str, str]) -> int:
    """How well it fits; 0 where one of the fields does not."""
    credit = track.credit if track else album.credit
    title = track.title if track else album.title
    marks = []
    if fields[""]:
        marks.append(score(fields[""], title, credit, *([album.title] if track else [])))
    for name, value in fields.items():
        if name == "album":
            marks.append(score(value, album.title))
        elif name == "artist":
            marks.append(score(value, credit))
        elif name == "track":
            marks.append(score(value, title) if track else 0)
        elif name == "year":
            marks.append(100 * _in_years(album.year, value))
        elif name == "upc":
            marks.append(100 * (album.upc == value.zfill(12)[-12:]))
        elif name == "isrc":
            marks.append(100 * bool(track and track.isrc == value.upper()))
        elif name == "genre":
            marks.append(max((score(value, genre) for genre in album.genres), default=0))
    return 0 if not marks or 0 in marks else sum(marks) // len(marks)


def _in_years(year: int, value: str) -> bool:
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", value)
    return bool(found) and int(found[1]) <= year <= int(found[2] or found[1]) if found else False


@api.on("GET", "/albums")
@api.on("GET", "/tracks")
@api.on("GET", "/artists")
def several(box: Box, request: Request) -> Reply:
    """Closed: one at a time for apps like ours."""
    grant(box, request)
    must_be_open(box)
    kind, ids = request.path.strip("/"), request.arg("ids").split(",")
    if not request.arg("ids") or len(ids) > (20 if kind == "albums" else 50):
        raise refuse(400, "Too many ids requested" if request.arg("ids") else "Missing ids")
    made: list[Any] = []
    for id in ids:
        if kind == "albums":
            album = box.catalogue.by_spotify.get(id)
            made.append(album and shapes.whole_album(box, request.base, album))
        elif kind == "tracks":
            track = box.catalogue.track_by_spotify.get(id)
            made.append(track and whole_track(box, request.base, track))
        else:
            made.append(shapes.whole_artist(request.base, artist_by(box, id)))
    return answer({kind: made})


@api.on("GET", "/audio-features")
def audio_features(box: Box, request: Request) -> Reply:
    """Closed since 2024-11-27 to apps registered from then on."""
    grant(box, request)
    must_be_open(box)
    ids = [id for id in request.arg("ids").split(",") if id]
    if not 1 <= len(ids) <= 100:
        raise refuse(400, "Invalid request")
    return answer({"audio_features": [_features(box, request.base, id) for id in ids]})


@api.on("GET", "/audio-features/{id}")
def audio_features_of_one(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    must_be_open(box)
    found = _features(box, request.base, id)
    if found is None:
        raise refuse(404, "analysis not found")
    return answer(found)


def _features(box: Box, base: str, id: str) -> shapes.Json | None:
    track = box.catalogue.track_by_spotify.get(id)
    if track is None:
        return None
    return {
        **features.of(box.seed, track),
        "type": "audio_features",
        "id": id,
        "uri": f"spotify:track:{id}",
        "track_href": f"{base}/spotify/v1/tracks/{id}",
        "analysis_url": f"{base}/spotify/v1/audio-analysis/{id}",
        "duration_ms": track.duration_ms,
        "time_signature": 4,
    }


@api.on("GET", "/audio-analysis/{id}")
@api.on("GET", "/artists/{id}/top-tracks")
@api.on("GET", "/artists/{id}/related-artists")
def closed_of_one(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    raise refuse(403, "Forbidden")


@api.on("GET", "/recommendations")
@api.on("GET", "/browse/new-releases")
@api.on("GET", "/browse/featured-playlists")
def closed(box: Box, request: Request) -> Reply:
    grant(box, request)
    raise refuse(403, "Forbidden")


@api.on("GET", "/me/top/{kind}")
def top(box: Box, request: Request, kind: str) -> Reply:
    """By what they heard lately."""
    who = person(box, request, "user-top-read")
    offset, limit = window(request, 50)
    if kind not in ("tracks", "artists"):
        raise refuse(404, "Service not found")
    counts: dict[Any, int] = {}
    for heard in box.hearing.scrobbles(who, box.now_ms)[-2000:]:
        key = heard.track if kind == "tracks" else heard.track.artists[0]
        counts[key] = counts.get(key, 0) + 1
    ordered = [key for key, _ in sorted(counts.items(), key=lambda pair: -pair[1])][:100]
    rows = [
        whole_track(box, request.base, each) if kind == "tracks" else shapes.whole_artist(request.base, each)
        for each in ordered
    ]
    return answer(shapes.paging(f"{request.base}/spotify/v1/me/top/{kind}", rows, offset, limit))
