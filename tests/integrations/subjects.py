"""How each provider is asked in the contract test: one ordinary call of it, and what it answers in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.providers import (
    coverart,
    deezer,
    discord,
    itunes,
    lastfm,
    listenbrainz,
    musicbrainz,
    reccobeats,
    spotify,
)
from integrations.secret import Secret
from integrations.types import Access, Page, PlaysPage
from tests.integrations.fake_provider import Reply

TOKEN = Access(token=Secret("canary-token"), name="rj")
MBID = "0b0f7c4e-9d4a-4e0b-8f7e-3c1c0f3d2a11"
NAMED = Access(name="rj")
TRACK = "02MWAaffLxlfxAUY7c5dvx"


@dataclass(frozen=True)
class Subject:
    """`addresses` are settings and the paths they stand for at the fake. `busy` is how it says "slow down" for so many
    seconds (None: without saying for how long)."""

    path: str
    addresses: Mapping[str, str]
    ask: Callable[[], object]
    good: Reply
    empty: Reply
    busy: Callable[[float | None], Reply]
    settings: Mapping[str, str] = field(default_factory=dict)


def amount(value: object) -> int:
    """How many things an answer holds."""
    if isinstance(value, PlaysPage):
        return len(value.plays)
    if isinstance(value, Page):
        return len(value.items)
    return len(value) if isinstance(value, (list, dict, str)) else int(value is not None)


def too_many(seconds: float | None, body: Any = "Too many requests", status: int = 429) -> Reply:
    return Reply(status, body, {} if seconds is None else {"Retry-After": f"{seconds:g}"})


def play(**changes: Any) -> dict[str, Any]:
    """A row of Spotify's recently played."""
    track = {
        "id": TRACK,
        "uri": f"spotify:track:{TRACK}",
        "name": "Heat Waves",
        "type": "track",
        "duration_ms": 238805,
        "is_local": False,
        "external_ids": {"isrc": "GBUM72000433"},
        "artists": [{"id": "4yvcSjfu4PC0CYQyLy4wSq", "name": "Glass Animals"}],
        "album": {"id": "0KTj6k94XrH0c6IEMfxeWV", "name": "Dreamland"},
    }
    return {"played_at": "2026-11-20T01:53:20.456Z", "context": None, "track": track, **changes}


def plays(*rows: Any) -> dict[str, Any]:
    cursors = {"after": "1763603600456", "before": "1763600000123"} if rows else None
    return {"items": list(rows), "next": "https://elsewhere/?before=1" if rows else None, "cursors": cursors}


def _scrobbles(*rows: Any) -> dict[str, Any]:
    attributes = {"user": "rj", "page": "1", "perPage": "200", "totalPages": "1", "total": str(len(rows))}
    return {"recenttracks": {"@attr": attributes, "track": list(rows)}}


def _listens(*rows: Any) -> dict[str, Any]:
    return {"payload": {"count": len(rows), "user_id": "rj", "listens": list(rows)}}


_SCROBBLE = {
    "name": "Endors Toi",
    "mbid": "",
    "artist": {"mbid": "", "#text": "Tame Impala"},
    "album": {"mbid": "", "#text": "Lonerism"},
    "date": {"uts": "1763186824", "#text": "15 Nov 2025, 06:07"},
}
_LISTEN = {
    "listened_at": 1771414109,
    "recording_msid": "fd0c8e0a-8c9a-4f0e-9f0e-2f6d8a1f3b77",
    "user_name": "rj",
    "track_metadata": {"artist_name": "Röyksopp", "track_name": "Some Resolve", "release_name": "Profound Mysteries"},
}
_GROUP = {
    "id": MBID,
    "score": 100,
    "title": "Lonerism",
    "primary-type": "Album",
    "first-release-date": "2012-10-05",
    "artist-credit": [{"name": "Tame Impala", "joinphrase": "", "artist": {"id": MBID, "name": "Tame Impala"}}],
}
_FEATURES = {"id": MBID, "href": f"https://open.spotify.com/track/{TRACK}", "tempo": 80.87, "key": -1, "energy": 0.5}
_HIT = {"id": 302127, "title": "Discovery", "artist": {"id": 27, "name": "Daft Punk"}, "type": "album"}
_COLLECTION = {
    "wrapperType": "collection",
    "collectionType": "Album",
    "collectionId": 697194953,
    "collectionName": "Discovery",
    "artistId": 5468295,
    "artistName": "Daft Punk",
    "releaseDate": "2001-03-12T08:00:00Z",
}
_SCRIPT = "text/javascript; charset=utf-8"

SUBJECTS: dict[str, Subject] = {
    "spotify": Subject(
        "/v1/me/player/recently-played",
        {"SPOTIFY_API_URL": "/v1"},
        lambda: spotify.recently_played(TOKEN),
        Reply(200, plays(play())),
        Reply(200, plays()),
        too_many,
    ),
    "lastfm": Subject(
        "/2.0/",
        {"LASTFM_API_URL": "/2.0/"},
        lambda: lastfm.recent_tracks(NAMED),
        Reply(200, _scrobbles(_SCROBBLE)),
        Reply(200, _scrobbles()),
        lambda seconds: too_many(seconds, {"error": 29, "message": "Rate limit exceeded"}),
        {"LASTFM_API_KEY": "key", "LASTFM_API_SECRET": "secret"},
    ),
    "listenbrainz": Subject(
        "/1/user/rj/listens",
        {"LISTENBRAINZ_API_URL": ""},
        lambda: listenbrainz.listens(TOKEN),
        Reply(200, _listens(_LISTEN)),
        Reply(200, _listens()),
        lambda seconds: Reply(
            429,
            {"code": 429, "error": "Rate limit exceeded."},
            {} if seconds is None else {"X-RateLimit-Reset-In": f"{seconds:g}"},
        ),
    ),
    "musicbrainz": Subject(
        "/ws/2/release-group",
        {"MUSICBRAINZ_API_URL": "/ws/2"},
        lambda: musicbrainz.search_release_groups("Tame Impala", "Lonerism"),
        Reply(200, {"count": 1, "offset": 0, "release-groups": [_GROUP]}),
        Reply(200, {"count": 0, "offset": 0, "release-groups": []}),
        lambda seconds: too_many(seconds, {"error": "Your requests are exceeding the allowable rate limit."}, 503),
    ),
    "coverart": Subject(
        f"/release/{MBID}",
        {"COVERART_URL": ""},
        lambda: coverart.pictures(MBID),
        Reply(200, {"images": [{"image": "http://coverartarchive.org/release/x/1.jpg", "front": True, "types": []}]}),
        Reply(200, {"images": []}),
        lambda seconds: too_many(seconds, status=503),
    ),
    "reccobeats": Subject(
        "/v1/audio-features",
        {"RECCOBEATS_API_URL": ""},
        lambda: reccobeats.audio_features([TRACK]),
        Reply(200, {"content": [_FEATURES]}),
        Reply(200, {"content": []}),
        too_many,
    ),
    "deezer": Subject(
        "/search/album",
        {"DEEZER_API_URL": ""},
        lambda: deezer.search("Daft Punk", "Discovery"),
        Reply(200, {"data": [_HIT], "total": 1}),
        Reply(200, {"data": [], "total": 0}),
        lambda seconds: too_many(
            seconds, {"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}}, 200
        ),
    ),
    "itunes": Subject(
        "/search",
        {"ITUNES_API_URL": ""},
        lambda: itunes.search("Daft Punk", "Discovery"),
        Reply(200, {"resultCount": 1, "results": [_COLLECTION]}, type=_SCRIPT),
        Reply(200, {"resultCount": 0, "results": []}, type=_SCRIPT),
        lambda seconds: too_many(seconds, status=403),
    ),
    "discord": Subject(
        "/api/v10/users/@me",
        {"DISCORD_API_URL": "/api"},
        lambda: discord.who(TOKEN),
        Reply(200, {"id": "80351110224678912", "username": "nelly", "global_name": None}),
        Reply(200, {}),
        lambda seconds: Reply(
            429,
            {"message": "You are being rate limited.", "global": False}
            | ({} if seconds is None else {"retry_after": seconds}),
        ),
    ),
}
"""Every provider of the table."""
