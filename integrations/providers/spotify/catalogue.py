"""Albums, tracks and search. Restricted apps have single reads, pages of 10 and no batches: each is tried and learned.

Capabilities: `albums_batch`, `tracks_batch`, `search_50`, `artist_albums_50`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from integrations.capabilities import is_open, note_closed, note_open
from integrations.errors import BadAnswer, Forbidden, NotThere, Rejected
from integrations.providers.spotify.asking import checked, get
from integrations.providers.spotify.judging import NAME
from integrations.providers.spotify.shapes import album_of, track_of, tracks_of
from integrations.types import Access, AlbumData, Page, TrackData
from integrations.values import listed, record, records, whole

T = TypeVar("T")

SMALL_PAGE = 10
"""What a restricted app may ask for at once in a search or in an artist's albums."""
LARGE_PAGE = 50
ALBUMS_AT_ONCE = 20
TRACKS_AT_ONCE = 50
_MOST_PAGES = 40
"""Of one album: 2,000 tracks, more than any has."""


def album(access: Access, album_id: str) -> AlbumData:
    """The album with all of its tracks, those beyond the embedded first page too. NotThere where unknown."""
    data = get(access, f"albums/{checked(album_id)}", "catalogue")
    found = album_of(data)
    if found is None:
        raise BadAnswer(NAME, "Spotify told of an album without a name.")
    tracks, told = list(found.tracks), len(records(record(data.get("tracks")).get("items")))
    for _ in range(_MOST_PAGES):
        if found.tracks_total is None or told >= found.tracks_total:
            break
        page = get(access, f"albums/{album_id}/tracks", "catalogue", limit=50, offset=told)
        rows = page.get("items")
        if not isinstance(rows, list):
            raise BadAnswer(NAME, "Spotify's page of tracks has another shape than expected.")
        if not rows:
            break
        tracks += tracks_of(page)
        told += len(rows)
    return replace(found, tracks=tuple(tracks))


def track(access: Access, track_id: str) -> TrackData:
    found = track_of(get(access, f"tracks/{checked(track_id)}", "catalogue"))
    if found is None:
        raise BadAnswer(NAME, "Spotify told of a track without a name.")
    return found


def albums(access: Access, ids: Sequence[str]) -> list[AlbumData]:
    """Those that Spotify knows, in the order asked; of long albums only the first 50 tracks (`tracks_total` tells).

    One call for 20 where this app may, else one for each.
    """
    return _many(access, ids, "albums", ALBUMS_AT_ONCE, album_of)


def tracks(access: Access, ids: Sequence[str]) -> list[TrackData]:
    """Those that Spotify knows, in the order asked: one call for 50 where this app may, else one for each."""
    return _many(access, ids, "tracks", TRACKS_AT_ONCE, track_of)


def _many(
    access: Access, ids: Sequence[str], kind: str, at_once: int, shape: Callable[[dict[str, Any]], T | None]
) -> list[T]:
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ids), at_once):
        chunk = [checked(one) for one in ids[start : start + at_once]]
        batch = _batch(access, chunk, kind)
        rows += _singles(access, chunk, kind) if batch is None else batch
    found = (shape(row) for row in rows)
    return [one for one in found if one is not None]


def _batch(access: Access, ids: Sequence[str], kind: str) -> list[dict[str, Any]] | None:
    """None where batches are closed to this app, or not worth one."""
    capability = f"{kind}_batch"
    if len(ids) < 2 or not is_open(NAME, capability):
        return None
    try:
        data = get(access, kind, "catalogue", ids=",".join(ids))
    except Forbidden as error:
        if error.reason != "closed":
            raise
    except NotThere:
        pass  # a list has no 404 of its own: it is the endpoint that is gone
    else:
        note_open(NAME, capability)
        return records(data.get(kind))
    note_closed(NAME, capability, "Spotify answered that this app may not read many at once.")
    return None


def _singles(access: Access, ids: Sequence[str], kind: str) -> list[dict[str, Any]]:
    found = []
    for one in ids:
        try:
            found.append(get(access, f"{kind}/{one}", "catalogue"))
        except NotThere:
            continue
    return found


def search_albums(access: Access, query: str, limit: int = SMALL_PAGE) -> list[AlbumData]:
    """Best first, at most `limit` (50; restricted apps get 10). Filters: `artist:`, `album:`, `upc:`."""
    found = map(album_of, _search(access, query, "album", limit))
    return [one for one in found if one is not None]


def search_tracks(access: Access, query: str, limit: int = SMALL_PAGE) -> list[TrackData]:
    """As `search_albums`; `isrc:` finds a recording."""
    found = map(track_of, _search(access, query, "track", limit))
    return [one for one in found if one is not None]


def _search(access: Access, query: str, kind: str, limit: int) -> list[dict[str, Any]]:
    def page(size: int) -> dict[str, Any]:
        return get(access, "search", "search", q=query, type=kind, limit=size)

    return records(record(_sized(page, limit, "search_50").get(f"{kind}s")).get("items"))


def artist_albums(access: Access, artist_id: str, *, limit: int = SMALL_PAGE, cursor: str = "") -> Page[AlbumData]:
    """An artist's albums, singles left out, without tracks. Has a small quota of its own at Spotify."""
    offset = int(cursor) if cursor.isascii() and cursor.isdecimal() else 0

    def page(size: int) -> dict[str, Any]:
        path = f"artists/{checked(artist_id)}/albums"
        return get(access, path, "artist_albums", include_groups="album", limit=size, offset=offset)

    data = _sized(page, limit, "artist_albums_50")
    rows = records(data.get("items"))
    found = (album_of(row) for row in rows)
    told = listed(data.get("items"))
    following = str(offset + len(told)) if told and data.get("next") else ""
    return Page([one for one in found if one is not None], following, whole(data.get("total")))


def _sized(page: Callable[[int], dict[str, Any]], limit: int, capability: str) -> dict[str, Any]:
    """A page as large as wanted where this app may, else a small one: a large one is refused as `Invalid limit`."""
    limit = max(1, min(limit, LARGE_PAGE))
    if limit <= SMALL_PAGE or not is_open(NAME, capability):
        return page(min(limit, SMALL_PAGE))
    try:
        found = page(limit)
    except Rejected:
        found = page(SMALL_PAGE)  # where this is refused too, it was not the size
        note_closed(NAME, capability, "Spotify answered that this app may ask for 10 at most.")
        return found
    note_open(NAME, capability)
    return found
