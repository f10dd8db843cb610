"""Who somebody is and what they hear."""

from __future__ import annotations

from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.hearing import Heard
from integrations.sandbox.spotify import shapes
from integrations.sandbox.spotify.doors import api, bounded, person, refuse
from integrations.sandbox.web import Reply, Request, answer, empty

RECENT = "/me/player/recently-played"


@api.on("GET", "/me")
def me(box: Box, request: Request) -> Reply:
    return answer(shapes.user(box, request.base, person(box, request)))


@api.on("GET", RECENT)
def recently_played(box: Box, request: Request) -> Reply:
    """Of the last 50 plays those after or before a moment in ms, exclusive, newest first."""
    who = person(box, request, "user-read-recently-played")
    limit = bounded(request, "limit", 20, 1, 50)
    after, before = (bounded(request, name, -1, 0, 10**15) for name in ("after", "before"))
    if after >= 0 and before >= 0:
        raise refuse(400, "Only one of after and before parameters can be specified")
    plays = [heard for heard in box.hearing.recently(who, box.now_ms) if after < heard.ended_ms]
    if before >= 0:
        plays = [heard for heard in plays if heard.ended_ms < before]
    plays = sorted(plays, key=lambda heard: -heard.ended_ms)[:limit]
    address = f"{request.base}/spotify/v1{RECENT}"
    asked = f"&after={after}" if after >= 0 else f"&before={before}" if before >= 0 else ""
    cursors, following = None, None
    if plays:
        cursors = {"after": str(plays[0].ended_ms), "before": str(plays[-1].ended_ms)}
        following = f"{address}?before={cursors['before']}&limit={limit}"
    return answer(
        {
            "items": [row(box, request.base, heard) for heard in plays],
            "next": following,
            "cursors": cursors,
            "limit": limit,
            "href": f"{address}?limit={limit}{asked}",
        }
    )


def row(box: Box, base: str, heard: Heard) -> dict[str, Any]:
    return {
        "track": what(box, base, heard),
        "played_at": shapes.stamp(heard.ended_ms),
        "context": context(box, base, heard),
    }


def what(box: Box, base: str, heard: Heard) -> dict[str, Any] | None:
    if heard.kind == "lost":
        return None
    if heard.kind == "local":
        return shapes.local_track(heard.track)
    if heard.kind == "episode":
        return shapes.episode(base, heard.track)
    return shapes.track(base, box.catalogue.album_of(heard.track), heard.track)


def context(box: Box, base: str, heard: Heard) -> dict[str, Any] | None:
    if heard.kind != "track" or ids.number(heard.started_ms) % 4 == 0:
        return None
    whole = shapes.ref(base, "album", box.catalogue.album_of(heard.track).spotify)
    return {name: whole[name] for name in ("external_urls", "href", "type", "uri")}


@api.on("GET", "/me/player/currently-playing")
def currently_playing(box: Box, request: Request) -> Reply:
    who = person(box, request, "user-read-currently-playing", "user-read-playback-state")
    heard = box.hearing.now_playing(who, box.now_ms)
    if heard is None or heard.elsewhere:
        return empty(204)
    return answer(
        {
            "timestamp": heard.started_ms,
            "context": context(box, request.base, heard),
            "progress_ms": box.now_ms - heard.started_ms,
            "item": what(box, request.base, heard),
            "currently_playing_type": "track",
            "actions": {"disallows": {"resuming": True}},
            "is_playing": True,
        }
    )
