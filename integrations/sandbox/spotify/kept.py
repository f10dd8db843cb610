"""Playlists as the sandbox keeps them. What somebody had from the start is made when first asked for."""

from __future__ import annotations

from random import Random
from typing import Any

from integrations.sandbox import ids, words
from integrations.sandbox.box import Box
from integrations.sandbox.people import Person
from integrations.sandbox.spotify.shapes import stamp

Playlist = dict[str, Any]
"""id, owner, name, description, public, collaborative, items (uri, at, by), snapshot, version, place"""
MANY = 55


def get(box: Box, id: str) -> Playlist | None:
    for person in box.people:
        _begin(box, person)
    found: Playlist | None = box.store.get("playlist", id)
    return found


def of(box: Box, who: Person) -> list[Playlist]:
    """Those in somebody's list, newest first."""
    _begin(box, who)
    listed = box.store.get("follows", who.key) or []
    return [found for id in reversed(listed) if (found := box.store.get("playlist", id))]


def follow(box: Box, who: Person, id: str, *, follows: bool) -> None:
    with box.store.at_once():
        _begin(box, who)
        listed = [each for each in box.store.get("follows", who.key) or [] if each != id]
        box.store.put("follows", who.key, [*listed, id] if follows else listed)


def put(box: Box, playlist: Playlist) -> str:
    """Its new snapshot id: every write gives one."""
    playlist["version"] += 1
    playlist["snapshot"] = f"AAAA{ids.base62(28, box.seed, playlist['id'], playlist['version'])}"
    box.store.put("playlist", playlist["id"], playlist)
    snapshot: str = playlist["snapshot"]
    return snapshot


def new(box: Box, who: Person, name: str, description: str, *, public: bool) -> Playlist:
    with box.store.at_once():
        _begin(box, who)
        made = _blank(who, box.minted(22, "playlist"), name, description, public=public)
        put(box, made)
        follow(box, who, made["id"], follows=True)
    return made


def _blank(who: Person, id: str, name: str, description: str, *, public: bool) -> Playlist:
    return {
        "id": id,
        "owner": who.key,
        "name": name,
        "description": description,
        "public": public,
        "collaborative": False,
        "items": [],
        "snapshot": "",
        "version": 0,
    }


def rows(box: Box, playlist: Playlist, uris: list[str]) -> list[dict[str, str]]:
    at = stamp(box.now_ms // 1000 * 1000).replace(".000Z", "Z")
    return [{"uri": uri, "at": at, "by": playlist["owner"]} for uri in uris]


def _begin(box: Box, who: Person) -> None:
    """Once for each person. One has more playlists than a page holds."""
    if box.store.get("follows", who.key) is not None:
        return
    with box.store.at_once():
        if box.store.get("follows", who.key) is not None:
            return
        chance = Random(f"{box.seed} playlists {who.key}")  # noqa: S311 - no secret
        listed = []
        for place in range(MANY if who.key == "dai" else chance.randint(1, 4)):
            id = ids.base62(22, box.seed, "playlist", who.key, place)
            made = _blank(who, id, words.phrase(chance), "", public=chance.random() < 0.7)
            tracks = chance.sample(box.catalogue.tracks, chance.randint(3, 12))
            made["items"] = [
                {"uri": f"spotify:track:{t.spotify}", "at": "2026-01-01T12:00:00Z", "by": who.key} for t in tracks
            ]
            put(box, made)
            listed.append(id)
        box.store.put("follows", who.key, listed)
