"""Playlists, through `/me/playlists` and `/playlists/{id}/items` only: the older addresses are closed to new apps.

Every write gives a new snapshot id; an unchanged one means an unchanged playlist. `public` is a wish, not access
control: Spotify often ignores it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.errors import BadAnswer
from integrations.providers.spotify.asking import ask, checked, get
from integrations.providers.spotify.judging import NAME
from integrations.types import Access, PlaylistItem, PlaylistRef
from integrations.values import MAX_TRACK, line, picture, record, whole

AT_ONCE = 100
"""Tracks in one write."""
_PAGE = 50
_MOST = 11_000
"""Of playlists a member may have and of tracks in one, with some room: where paging ends at the latest."""
_GROUP = "playlists"


def my_playlists(access: Access) -> list[PlaylistRef]:
    """All of the member's playlists, own and followed."""
    found = (playlist_of(row) for row in _rows(access, "me/playlists") if isinstance(row, dict))
    return list({one.id: one for one in found if one is not None}.values())


def playlist(access: Access, playlist_id: str) -> PlaylistRef:
    """One, without what is in it. NotThere where it is gone."""
    data = get(access, f"playlists/{checked(playlist_id)}", _GROUP, fields=_FIELDS)
    return _told(data)


_FIELDS = "id,name,description,snapshot_id,public,external_urls,owner(id),items(total),tracks(total)"


def create(access: Access, name: str, *, description: str = "", public: bool = False) -> PlaylistRef:
    """A new playlist of the member's. Not repeated where the answer was lost: look for it in `my_playlists` first."""
    body: dict[str, Any] = {"name": name, "public": public}
    if description:  # an empty one is refused
        body["description"] = description
    return _told(ask(access, "POST", "me/playlists", _GROUP, json=body))


def change(
    access: Access,
    playlist_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    public: bool | None = None,
) -> None:
    """Change what is given. The id stays."""
    wanted = {"name": name, "description": description, "public": public}
    body = {key: value for key, value in wanted.items() if value is not None}
    if body:
        ask(access, "PUT", f"playlists/{checked(playlist_id)}", _GROUP, json=body)


def items(access: Access, playlist_id: str) -> list[PlaylistItem]:
    """Everything in it, in order. Forbidden(reason="owner") unless the member owns it or works on it with others."""
    return [item_of(row) for row in _rows(access, f"playlists/{checked(playlist_id)}/items")]


def replace_items(access: Access, playlist_id: str, uris: Sequence[str]) -> str:
    """Make the playlist exactly these, in this order; the last snapshot id.

    Up to 100 it is one write: old or new, nothing between. Beyond, the first 100 take the place of what was there
    and the others follow in hundreds. Where one of those fails its error is raised and the playlist holds the first
    100, 200 ... of the new (and, where only the answer was lost, perhaps one hundred more). Calling this again with
    the same tracks makes it whole whatever was left, so keep them until it returned; calling it with the old ones
    (`items`, read before) puts those back.
    """
    snapshot = replace_first(access, playlist_id, uris[:AT_ONCE])
    for chunk in chunks(uris[AT_ONCE:]):
        snapshot = append(access, playlist_id, chunk)
    return snapshot


def replace_first(access: Access, playlist_id: str, uris: Sequence[str]) -> str:
    """In one write, these (at most 100; none empties it) and nothing else. Safe to repeat. The new snapshot id."""
    return _write(access, "PUT", playlist_id, {"uris": _few(uris)})


def append(access: Access, playlist_id: str, uris: Sequence[str]) -> str:
    """At most 100 more at the end. Never repeated where it may have arrived. The new snapshot id."""
    return _write(access, "POST", playlist_id, {"uris": _few(uris)})


def remove(access: Access, playlist_id: str, uris: Sequence[str], *, snapshot_id: str = "") -> str:
    """Take these out wherever they stand, in hundreds; what is not in it is no error. The new snapshot id."""
    for chunk in chunks(uris):
        body: dict[str, Any] = {"items": [{"uri": uri} for uri in chunk]}
        if snapshot_id:
            body["snapshot_id"] = snapshot_id
        snapshot_id = _write(access, "DELETE", playlist_id, body)
    return snapshot_id


def chunks(uris: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(uris), AT_ONCE):
        yield uris[start : start + AT_ONCE]


def _few(uris: Sequence[str]) -> list[str]:
    if len(uris) > AT_ONCE:
        raise ValueError(f"At most {AT_ONCE} tracks in one write.")
    return list(uris)


def _write(access: Access, method: str, playlist_id: str, body: dict[str, Any]) -> str:
    data = ask(access, method, f"playlists/{checked(playlist_id)}/items", _GROUP, json=body)
    return line(data.get("snapshot_id"))


def _rows(access: Access, path: str) -> Iterator[object]:
    """The rows of all pages. The address of the next page is never followed, only its offset read."""
    offset = 0
    while offset < _MOST:
        page = get(access, path, _GROUP, limit=_PAGE, offset=offset)
        rows = page.get("items")
        if not isinstance(rows, list):
            raise BadAnswer(NAME, "Spotify's list has another shape than expected.")
        yield from rows
        following = _offset_of(page.get("next"))
        if following is None or following <= offset:
            return
        offset = following


def _offset_of(following: object) -> int | None:
    """Where the next page begins: not always behind what was counted, for rows may be left out of a page."""
    try:
        query = urlsplit(following).query if isinstance(following, str) else ""
    except ValueError:
        return None
    return whole(parse_qs(query).get("offset", [""])[0])


def _told(data: dict[str, Any]) -> PlaylistRef:
    found = playlist_of(data)
    if found is None:
        raise BadAnswer(NAME, "Spotify told of a playlist without an id.")
    return found


def playlist_of(data: dict[str, Any]) -> PlaylistRef | None:
    """A playlist whole or simplified; its size stands under `items` (before 2026: `tracks`)."""
    playlist_id = line(data.get("id"))
    if not playlist_id:
        return None
    inside = record(data.get("items")) or record(data.get("tracks"))
    public = data.get("public")
    return PlaylistRef(
        id=playlist_id,
        name=line(data.get("name")),
        snapshot_id=line(data.get("snapshot_id")),
        url=picture(record(data.get("external_urls")).get("spotify"), ("open.spotify.com",)),
        description=line(data.get("description")),
        owner_id=line(record(data.get("owner")).get("id")),
        total=whole(inside.get("total")),
        public=public if isinstance(public, bool) else None,
    )


def item_of(row: object) -> PlaylistItem:
    """What stands under `item`, or under its old name `track`; no URI for what cannot be added again."""
    data = record(row)
    inside = record(data.get("item")) or record(data.get("track"))
    title = line(inside.get("name"), MAX_TRACK)
    uri = line(inside.get("uri"))
    is_local = data.get("is_local") is True or inside.get("is_local") is True
    is_track = inside.get("type", "track") == "track" and uri.startswith("spotify:track:")
    return PlaylistItem(uri if is_track and not is_local else "", title)
