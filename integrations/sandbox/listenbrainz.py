"""ListenBrainz: listens by user token; bounds are exclusive, and every answer says what is left of the rate."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.hearing import Heard
from integrations.sandbox.people import Person
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, whole

EARLIEST = 1033430400
"""2002-10-01: nothing older is taken."""


def error(status: int, message: str) -> Reply:
    return answer({"code": status, "error": message}, status, kind="application/json")


routes = Routes("listenbrainz", "/listenbrainz/1", lambda _: error(404, "Not found"))


def token_of(request: Request) -> str:
    return re.sub(r"^(Token|Bearer) ", "", request.headers.get("authorization", ""), flags=re.IGNORECASE).strip()


def owner(box: Box, token: str) -> Person | None:
    return next((person for person in box.people if person.listenbrainz_token(box.seed) == token), None)


@routes.on("GET", "/validate-token")
def validate(box: Box, request: Request) -> Reply:
    """200 also for a token that is none."""
    token = token_of(request)
    if not token:
        return error(400, "You need to provide an Authorization token.")
    person = owner(box, token)
    if person is None:
        return answer({"code": 200, "message": "Token invalid.", "valid": False})
    person = box.person(request, person.key)
    return answer({"code": 200, "message": "Token valid.", "valid": True, "user_name": person.key})


def named(box: Box, request: Request, name: str) -> Person:
    person = box.named(name)
    if person is None:
        raise Refusal(error(404, f"Cannot find user: {name}"))
    return box.person(request, person.key)


def bound(request: Request, name: str) -> int | None:
    if name not in request.args:
        return None
    value = whole(request.arg(name), 0, 0, 10**12)
    if value is None or not request.arg(name):
        raise Refusal(error(400, f"Invalid {name} argument: {request.arg(name)}"))
    return value


@routes.on("GET", "/user/{name}/listens")
def listens(box: Box, request: Request, name: str) -> Reply:
    """Newest first. With `min_ts` alone it is the oldest ones after it."""
    person = named(box, request, name)
    newest, oldest = bound(request, "max_ts"), bound(request, "min_ts")
    if newest is not None and oldest is not None and newest <= oldest:
        raise Refusal(error(400, "max_ts should be greater than min_ts"))
    count = whole(request.arg("count"), 25, 1, 10**9)
    if count is None:
        raise Refusal(error(400, f"Invalid count argument: {request.arg('count')}"))
    plays = box.hearing.scrobbles(person, box.now_ms)
    whole_history = plays
    if oldest is not None:
        plays = plays[bisect_right(plays, oldest, key=listened_at) :]
    if newest is not None:
        plays = plays[: bisect_left(plays, newest, key=listened_at)]
    count = min(count, 1000)
    chosen = plays[:count] if oldest is not None and newest is None else plays[-count:]
    payload = {
        "count": len(chosen),
        "latest_listen_ts": listened_at(whole_history[-1]) if whole_history else 0,
        "listens": [listen(box, person, heard) for heard in reversed(chosen)],
        "oldest_listen_ts": listened_at(whole_history[0]) if whole_history else 0,
        "user_id": person.key,
    }
    return answer({"payload": payload})


def listened_at(heard: Heard) -> int:
    """The start in seconds, as the player of theirs tells it: a second later than Last.fm's."""
    return heard.started_ms // 1000 + 1


def listen(box: Box, person: Person, heard: Heard) -> dict[str, Any]:
    second = listened_at(heard)
    track, album = heard.track, box.catalogue.album_of(heard.track)
    return {
        "inserted_at": heard.ended_ms // 1000 + 1,
        "listened_at": second,
        "recording_msid": ids.uuid("msid", track.title, track.credit, album.title),
        "track_metadata": metadata(box, heard),
        "user_name": person.key,
    }


def metadata(box: Box, heard: Heard) -> dict[str, Any]:
    """What the player claimed, and for most what the server made of it."""
    track, album = heard.track, box.catalogue.album_of(heard.track)
    said: dict[str, Any] = {
        "duration_ms": track.duration_ms,
        "submission_client": "sandbox",
        "tracknumber": track.number,
    }
    if heard.kind == "track" and not heard.elsewhere:
        said |= {"music_service": "spotify.com", "spotify_id": f"https://open.spotify.com/track/{track.spotify}"}
        said["isrc"] = track.isrc
    made: dict[str, Any] = {"additional_info": said, "artist_name": track.credit}
    if heard.kind != "local" and ids.fraction("mapped", track.mbid) < 0.85:
        names = [artist.name for artist in track.artists]
        joins = [*[", "] * (len(names) - 2), *[" & "] * (len(names) > 1), ""]
        made["mbid_mapping"] = {
            "artist_mbids": [artist.mbid for artist in track.artists],
            "artists": [
                {"artist_credit_name": artist.name, "artist_mbid": artist.mbid, "join_phrase": join}
                for artist, join in zip(track.artists, joins, strict=True)
            ],
            "caa_id": ids.digits(11, album.mbid),
            "caa_release_mbid": album.releases[0],
            "recording_mbid": track.mbid,
            "recording_name": track.title,
            "release_group_mbid": album.mbid,
            "release_mbid": album.releases[0],
        }
    return {**made, "release_name": "" if heard.kind == "local" else album.title, "track_name": track.title}


@routes.on("GET", "/user/{name}/listen-count")
def listen_count(box: Box, request: Request, name: str) -> Reply:
    return answer({"payload": {"count": len(box.hearing.scrobbles(named(box, request, name), box.now_ms))}})


@routes.on("GET", "/user/{name}/playing-now")
def playing_now(box: Box, request: Request, name: str) -> Reply:
    person = named(box, request, name)
    heard = box.hearing.now_playing(person, box.now_ms)
    rows = [{"playing_now": True, "track_metadata": metadata(box, heard)}] if heard else []
    return answer({"payload": {"count": len(rows), "listens": rows, "playing_now": True, "user_id": person.key}})


@routes.on("POST", "/submit-listens")
def submit(box: Box, request: Request) -> Reply:
    """Checked and taken, but not kept: what is heard follows from the seed."""
    if owner(box, token_of(request)) is None:
        return error(401, "Invalid authorization token.")
    data = request.json()
    if not isinstance(data, dict) or data.get("listen_type") not in ("single", "playing_now", "import"):
        return error(400, "JSON document requires a valid listen_type key.")
    rows = data.get("payload")
    if not isinstance(rows, list) or not 1 <= len(rows) <= (1000 if data["listen_type"] == "import" else 1):
        return error(400, "JSON document does not contain any listens, or too many.")
    for row in rows:
        known = row.get("track_metadata") if isinstance(row, dict) else None
        if not isinstance(known, dict) or not (known.get("artist_name") and known.get("track_name")):
            return error(400, "JSON document should contain track_metadata.track_name and artist_name.")
        when = row.get("listened_at")
        if data["listen_type"] != "playing_now" and (not isinstance(when, int) or when < EARLIEST):
            return error(400, "Value for key listened_at is missing or too low.")
    box.store.count_up("submitted")
    return answer({"status": "ok"})


at_the_root = Routes("listenbrainz", "/1", routes.missing)
"""The same for clients that take a host only, and no path in front."""
at_the_root.routes = routes.routes
