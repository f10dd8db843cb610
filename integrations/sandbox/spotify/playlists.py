"""Playlists: made, renamed, filled and emptied; kept in the sandbox's file."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.box import Box
from integrations.sandbox.people import BY_KEY, Person
from integrations.sandbox.spotify import kept, shapes
from integrations.sandbox.spotify.catalogue import must_be_open
from integrations.sandbox.spotify.doors import api, bounded, grant, person, refuse, window
from integrations.sandbox.spotify.fields import chosen
from integrations.sandbox.web import Reply, Request, answer, empty

MODIFY = ("playlist-modify-public", "playlist-modify-private")
A_REQUEST = 100


def by_id(box: Box, id: str) -> kept.Playlist:
    found = kept.get(box, id)
    if found is None:
        raise refuse(404, "Resource not found")
    return found


def own(box: Box, request: Request, id: str) -> kept.Playlist:
    """One to write to: theirs, with a scope for it. Raises Refusal."""
    who = person(box, request, *MODIFY)
    found = by_id(box, id)
    if found["owner"] != who.key:
        raise refuse(403, "You cannot modify a playlist you don't own.")
    needed = MODIFY[0] if found["public"] else MODIFY[1]
    if needed not in grant(box, request)["scopes"]:
        raise refuse(403, "Insufficient client scope")
    return found


def shape(base: str, found: kept.Playlist, items: Any) -> shapes.Json:
    return {
        "collaborative": found["collaborative"],
        "description": found["description"],
        **shapes.ref(base, "playlist", found["id"]),
        "images": shapes.images(base, found["id"])[:1] if found["items"] else [],
        "name": found["name"],
        "owner": shapes.public_user(base, BY_KEY[found["owner"]]),
        "primary_color": None,
        "public": found["public"],
        "snapshot_id": found["snapshot"],
        **({"items": items} if items is not None else {}),
    }


def brief(base: str, found: kept.Playlist) -> shapes.Json:
    """As it stands in a list: where its items are, and how many."""
    return shape(base, found, {"href": _items_at(base, found["id"]), "total": len(found["items"])})


def _items_at(base: str, id: str) -> str:
    return f"{base}/spotify/v1/playlists/{id}/items"


def row(box: Box, base: str, item: dict[str, str]) -> shapes.Json:
    """`track` is the old name of `item`."""
    track = box.catalogue.track_by_spotify.get(item["uri"].rpartition(":")[2])
    what = track and {**shapes.track(base, box.catalogue.album_of(track), track), "episode": False, "track": True}
    by = shapes.ref(base, "user", BY_KEY[item["by"]].spotify_id)
    return {
        "added_at": item["at"],
        "added_by": by,
        "is_local": False,
        "primary_color": None,
        "item": what,
        "track": what,
        "video_thumbnail": {"url": None},
    }


@api.on("GET", "/me/playlists")
def mine(box: Box, request: Request) -> Reply:
    who = person(box, request)
    offset, limit = window(request, 50)
    sees_all = "playlist-read-private" in grant(box, request)["scopes"]
    rows = [brief(request.base, each) for each in kept.of(box, who) if each["public"] or sees_all]
    return answer(shapes.paging(f"{request.base}/spotify/v1/me/playlists", rows, offset, limit))


@api.on("POST", "/me/playlists")
def make(box: Box, request: Request) -> Reply:
    return _made(box, request, person(box, request, *MODIFY))


@api.on("POST", "/users/{user}/playlists")
def make_the_old_way(box: Box, request: Request, user: str) -> Reply:
    who = person(box, request, *MODIFY)
    must_be_open(box)
    if user != who.spotify_id:
        raise refuse(403, "You cannot create a playlist for another user")
    return _made(box, request, who)


def _made(box: Box, request: Request, who: Person) -> Reply:
    data = _body(request)
    name, public = data.get("name"), data.get("public", True)
    if not isinstance(name, str) or not name.strip():
        raise refuse(400, "Missing required field: name")
    if (MODIFY[0] if public else MODIFY[1]) not in grant(box, request)["scopes"]:
        raise refuse(403, "Insufficient client scope")
    if public and data.get("collaborative"):
        raise refuse(400, "Collaborative playlists can only be private.")
    made = kept.new(box, who, name, str(data.get("description") or ""), public=bool(public))
    made["collaborative"] = bool(data.get("collaborative"))
    kept.put(box, made)
    page = shapes.paging(_items_at(request.base, made["id"]), [], 0, 100)
    return answer(shape(request.base, made, page), 201)


def _body(request: Request) -> dict[str, Any]:
    data = request.json()
    if not isinstance(data, dict):
        raise refuse(400, "Error parsing JSON.")
    return data


@api.on("GET", "/playlists/{id}")
def playlist(box: Box, request: Request, id: str) -> Reply:
    """Anybody may see what it is; what is in it, only its owner."""
    holder = grant(box, request)
    found = by_id(box, id)
    page = None
    if holder["person"] == found["owner"]:
        rows = [row(box, request.base, item) for item in found["items"]]
        page = shapes.paging(_items_at(request.base, id), rows, 0, 100)
    return answer(chosen(shape(request.base, found, page), request.arg("fields")))


@api.on("PUT", "/playlists/{id}")
def change(box: Box, request: Request, id: str) -> Reply:
    data = _body(request)
    with box.store.at_once():
        found = own(box, request, id)
        for name in ("name", "description", "public", "collaborative"):
            if name in data:
                if type(data[name]) is not type(found[name]) or data[name] == "":
                    raise refuse(400, f"Invalid {name}")
                found[name] = data[name]
        kept.put(box, found)
    return Reply(200)


@api.on("GET", "/playlists/{id}/items")
def items(box: Box, request: Request, id: str) -> Reply:
    who = person(box, request, "playlist-read-private", "playlist-read-collaborative", *MODIFY)
    found = by_id(box, id)
    if found["owner"] != who.key and not found["collaborative"]:
        raise refuse(403, "Forbidden")
    offset, limit = window(request, 50, 20)
    wanted = found["items"][offset : offset + limit]
    page = shapes.paging(_items_at(request.base, id), found["items"], offset, limit)
    return answer(chosen({**page, "items": [row(box, request.base, each) for each in wanted]}, request.arg("fields")))


def _uris(box: Box, request: Request, *, may_be_none: bool = False) -> list[str]:
    """Of the query, which wins, or of the body, which is an object. Raises Refusal 400."""
    data = {"uris": request.arg("uris").split(",")} if request.arg("uris") else _body(request)
    uris = data.get("uris")
    if not isinstance(uris, list) or (not uris and not may_be_none):
        raise refuse(400, "No uris provided")
    if len(uris) > A_REQUEST:
        raise refuse(400, f"You can add a maximum of {A_REQUEST} tracks per request.")
    for uri in uris:
        kind, _, id = str(uri).rpartition(":")
        if kind != "spotify:track" or id not in box.catalogue.track_by_spotify:
            raise refuse(400, f"Invalid track uri: {str(uri)[:80]}")
    return uris


@api.on("POST", "/playlists/{id}/items")
def add(box: Box, request: Request, id: str) -> Reply:
    """At a position, else at the end."""
    uris = _uris(box, request)
    data = request.json()
    asked = data.get("position") if isinstance(data, dict) else None
    with box.store.at_once():
        found = own(box, request, id)
        most = len(found["items"])
        place = bounded(request, "position", most if asked is None else _place(asked, most), 0, most)
        found["items"][place:place] = kept.rows(box, found, uris)
        return answer({"snapshot_id": kept.put(box, found)}, 201)


def _place(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise refuse(400, "Index out of bounds.")
    return value


@api.on("PUT", "/playlists/{id}/items")
def replace_or_reorder(box: Box, request: Request, id: str) -> Reply:
    data = _body(request) if request.body else {}
    moves = "range_start" in data
    if moves and ("uris" in data or request.arg("uris")):
        raise refuse(400, "Replacing and reordering cannot be done in one request.")
    uris = [] if moves else _uris(box, request, may_be_none=True)
    with box.store.at_once():
        found = own(box, request, id)
        if moves:
            _reorder(found, data)
        else:
            found["items"] = kept.rows(box, found, uris)
        return answer({"snapshot_id": kept.put(box, found)})


def _reorder(found: kept.Playlist, data: dict[str, Any]) -> None:
    most = len(found["items"])
    start = _place(data["range_start"], most)
    before, length = _place(data.get("insert_before"), most), _place(data.get("range_length", 1), most - start)
    moved = found["items"][start : start + length]
    rest = found["items"][:start] + found["items"][start + length :]
    at = before if before <= start else max(start, before - length)
    found["items"] = rest[:at] + moved + rest[at:]


@api.on("DELETE", "/playlists/{id}/items")
def remove(box: Box, request: Request, id: str) -> Reply:
    """Every occurrence of each."""
    rows = _body(request).get("items")
    if not isinstance(rows, list) or not rows or not all(isinstance(each, dict) and each.get("uri") for each in rows):
        raise refuse(400, "No items provided")
    if len(rows) > A_REQUEST:
        raise refuse(400, f"You can remove a maximum of {A_REQUEST} items per request.")
    gone = {str(each["uri"]) for each in rows}
    with box.store.at_once():
        found = own(box, request, id)
        found["items"] = [item for item in found["items"] if item["uri"] not in gone]
        return answer({"snapshot_id": kept.put(box, found)})


@api.on("GET POST PUT DELETE", "/playlists/{id}/tracks")
def the_old_way(box: Box, request: Request, id: str) -> Reply:
    """Closed: /items is its name now."""
    grant(box, request)
    must_be_open(box)
    request.body = request.body.replace(b'"tracks"', b'"items"', 1)
    todo = {"GET": items, "POST": add, "PUT": replace_or_reorder, "DELETE": remove}
    return todo[request.method](box, request, id)


@api.on("PUT DELETE", "/playlists/{id}/followers")
def follow_the_old_way(box: Box, request: Request, id: str) -> Reply:
    """Closed: /me/library does that now."""
    who = person(box, request, *MODIFY)
    must_be_open(box)
    kept.follow(box, who, by_id(box, id)["id"], follows=request.method == "PUT")
    return Reply(200)


@api.on("PUT", "/playlists/{id}/images")
def picture(box: Box, request: Request, id: str) -> Reply:
    person(box, request, "ugc-image-upload")
    own(box, request, id)
    if len(request.body) > 256 * 1024:
        raise refuse(413, "Image too large")
    return empty(202)


@api.on("GET", "/playlists/{id}/images")
def pictures(box: Box, request: Request, id: str) -> Reply:
    grant(box, request)
    return answer(shapes.images(request.base, by_id(box, id)["id"])[:1])


@api.on("PUT DELETE", "/me/library")
def library(box: Box, request: Request) -> Reply:
    """Following a playlist, and the end of it, which is all there is of deleting one."""
    who = person(box, request, "user-library-modify", *MODIFY)
    uris = _library_uris(request)
    for uri in uris:
        if uri.startswith("spotify:playlist:"):
            by_id(box, uri.rpartition(":")[2])
            kept.follow(box, who, uri.rpartition(":")[2], follows=request.method == "PUT")
        else:
            box.store.put("saved", f"{who.key} {uri}", request.method == "PUT")
    return Reply(200)


@api.on("GET", "/me/library/contains")
def in_library(box: Box, request: Request) -> Reply:
    who = person(box, request, "user-library-read", "playlist-read-private")
    followed = {f"spotify:playlist:{each['id']}" for each in kept.of(box, who)}
    return answer(
        [uri in followed or bool(box.store.get("saved", f"{who.key} {uri}")) for uri in _library_uris(request)]
    )


def _library_uris(request: Request) -> list[str]:
    uris = [uri for uri in request.arg("uris").split(",") if uri]
    if not 1 <= len(uris) <= 40:
        raise refuse(400, "Invalid uris")
    return uris
