"""ReccoBeats: audio features of up to 40 tracks; those it does not know are left out, and the order is its own."""

from __future__ import annotations

from typing import Any

from integrations.sandbox import features, ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Track
from integrations.sandbox.web import Reply, Request, Routes, answer

MOST = 40


def error(status: int, message: str, request: Request) -> Reply:
    said = {"timestamp": "2026-01-01T00:00:00.000Z", "error": message, "path": request.path, "status": status}
    return answer(said, status)


routes = Routes("reccobeats", "/reccobeats/v1", lambda request: error(404, "Not Found", request))


def is_known(box: Box, track: Track) -> bool:
    """Most of what is old, little of what is new."""
    share = 0.2 if box.catalogue.album_of(track).year >= 2026 else 0.82
    return ids.fraction("reccobeats", track.spotify) < share


def own_id(track: Track) -> str:
    return ids.uuid("reccobeats", track.spotify)


def by_id(box: Box, id: str) -> Track | None:
    """By Spotify's id or by its own."""
    found = box.catalogue.track_by_spotify.get(id)
    if found is None and len(id) == 36:
        found = next((track for track in box.catalogue.tracks if own_id(track) == id), None)
    return found if found and is_known(box, found) else None


def wanted(box: Box, request: Request) -> list[Track] | None:
    asked = [id for value in request.every("ids") for id in value.split(",") if id]
    if not 1 <= len(asked) <= MOST:
        return None
    found = {track.spotify: track for id in asked if (track := by_id(box, id))}
    return sorted(found.values(), key=lambda track: ids.number("order", track.spotify))


def row(box: Box, track: Track) -> dict[str, Any]:
    """Key and mode, and the ISRC, are not told of every one."""
    made: dict[str, Any] = {
        "id": own_id(track),
        "href": f"https://open.spotify.com/track/{track.spotify}",
        **features.of(box.seed, track),
    }
    lot = ids.number("left out", track.spotify) % 20
    if lot == 0:
        del made["key"], made["mode"]
    elif lot == 1:
        made["key"] = -1
    return made if lot == 2 else {**made, "isrc": track.isrc}


@routes.on("GET", "/audio-features")
def audio_features(box: Box, request: Request) -> Reply:
    found = wanted(box, request)
    if found is None:
        return error(400, "ids must hold 1 to 40 values", request)
    return answer({"content": [row(box, track) for track in found]})


@routes.on("GET", "/track")
def tracks(box: Box, request: Request) -> Reply:
    found = wanted(box, request)
    if found is None:
        return error(400, "ids must hold 1 to 40 values", request)
    rows = [
        {
            "id": own_id(track),
            "trackTitle": track.title,
            "artists": [
                {
                    "id": ids.uuid("reccobeats", artist.spotify),
                    "name": artist.name,
                    "href": f"https://open.spotify.com/artist/{artist.spotify}",
                }
                for artist in track.artists
            ],
            "durationMs": track.duration_ms,
            "isrc": track.isrc,
            "ean": None,
            "upc": box.catalogue.album_of(track).upc,
            "href": f"https://open.spotify.com/track/{track.spotify}",
            "availableCountries": None,
            "popularity": ids.number("popularity", track.spotify) % 100,
        }
        for track in found
    ]
    return answer({"content": rows})


@routes.on("GET", "/track/{id}/audio-features")
def of_one(box: Box, request: Request, id: str) -> Reply:
    found = by_id(box, id) if len(id) == 36 else None
    return answer(row(box, found)) if found else error(404, "Not Found", request)
