"""Deezer's public catalogue: ISRC and UPC to tracks and albums, tempo, genres, covers.

Facts: errors come with status 200 and stand in the body; `bpm` 0 means unknown and is told of single tracks only;
lists go by `index` and `limit`. Preview addresses expire and are not taken.
Group: none; 50 calls in 5 seconds from one address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings

from integrations import values
from integrations.errors import Misconfigured, NotThere, ProviderError, Rejected, Unavailable
from integrations.http import Answer, Call, send
from integrations.providers.answers import body_of, busy, by_status, garbled, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of, spoiled
from integrations.types import Access, AlbumData, ArtistData, FeatureData, Page, TagData, TrackData
from integrations.values import MAX_TRACK, inner, records

NAME = "deezer"
LABEL = "Deezer"
MOST = 100
"""Rows a page."""
PICTURES = ("dzcdn.net", "deezer.com")


# --- asking


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """The body tells; the status only where it says nothing."""
    error = inner(body_of(answer)).get("error")
    if error:
        return _meaning(values.whole(inner(error).get("code")), answer)
    return by_status(NAME, LABEL, answer) or spoiled(call, answer)


def _meaning(code: int | None, answer: Answer) -> ProviderError:
    match code:
        case 4:
            return busy(NAME, LABEL, told_wait(answer))
        case 700:
            return Unavailable(NAME, "Deezer stopped answering.")
        case 800:
            return NotThere(NAME, "Deezer does not know this.")
        case 200 | 300:
            return Misconfigured(NAME, "Deezer does not let this site in.")
    found = by_status(NAME, LABEL, answer)
    return found or Rejected(NAME, "Deezer did not understand what we asked.")


def _ask(path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    call = Call(NAME, f"{settings.DEEZER_API_URL}/{path}", params=params or {})
    return object_of(call, send(call, judge))


# --- tracks


def track_by_isrc(isrc: str) -> TrackData:
    return parse_track(_ask(f"track/isrc:{_must(values.isrc_of(isrc))}"))


def album_by_isrc(isrc: str) -> AlbumData:
    """The album that Deezer files this recording under, as far as the track tells: names, ids, cover."""
    row = _ask(f"track/isrc:{_must(values.isrc_of(isrc))}")
    return parse_album({"artist": row.get("artist"), **inner(row, "album")})


def tempo_by_isrc(isrc: str) -> FeatureData:
    """Only the tempo, where it is known; `asked_id` is the ISRC."""
    isrc = _must(values.isrc_of(isrc))
    return FeatureData(isrc, tempo=parse_tempo(_ask(f"track/isrc:{isrc}")))


def parse_tempo(body: object) -> float | None:
    return values.real(inner(body).get("bpm"), 0.0, 1000.0) or None


def parse_track(body: object) -> TrackData:
    found = _track(inner(body))
    if not found:
        raise garbled(NAME, LABEL)
    return found


def _track(row: dict[str, Any]) -> TrackData | None:
    title, artists = values.line(row.get("title"), MAX_TRACK), _artists(row)
    if not title or not artists:
        return None
    return TrackData(
        title=title,
        artists=artists,
        artist_credit=artists[0].name,
        duration_ms=values.length_ms(row.get("duration"), 1000),
        disc=values.whole(row.get("disk_number"), 1, 999) or 1,
        number=values.whole(row.get("track_position"), 1, 9999),
        external_ids=values.known_ids(deezer=values.digits_of(row.get("id")), isrc=values.isrc_of(row.get("isrc"))),
        album=values.line(inner(row, "album").get("title")),
    )


def _artists(row: dict[str, Any]) -> tuple[ArtistData, ...]:
    """The main artist; `contributors` also holds guests, whom the credit does not name."""
    name = values.line(inner(row, "artist").get("name"))
    ids = values.known_ids(deezer=values.digits_of(inner(row, "artist").get("id")))
    return (ArtistData(name, ids),) if name else ()


# --- albums


def album(album_id: str) -> AlbumData:
    """By Deezer's id. Its tracks may be the first only: `tracks_total` tells, `album_tracks` has them all."""
    return parse_album(_ask(f"album/{_must(values.digits_of(album_id))}"))


def album_by_upc(upc: str) -> AlbumData:
    return parse_album(_ask(f"album/upc:{_must(values.upc_of(upc))}"))


def parse_album(body: object) -> AlbumData:
    found = _album(inner(body))
    if not found:
        raise garbled(NAME, LABEL)
    return found


def _album(row: dict[str, Any]) -> AlbumData | None:
    title, artists = values.line(row.get("title")), _artists(row)
    if not title or not artists:
        return None
    genres = [values.line(genre.get("name"), 80) for genre in records(inner(row, "genres").get("data"))]
    tracks = [_track(track) for track in records(inner(row, "tracks").get("data"))]
    return AlbumData(
        title=title,
        artists=artists,
        artist_credit=artists[0].name,
        released=values.date_of(row.get("release_date")),
        kind=_kind(row.get("record_type")),
        cover_url=values.picture(row.get("cover_xl") or row.get("cover_big"), PICTURES),
        external_ids=values.known_ids(deezer=values.digits_of(row.get("id")), upc=values.upc_of(row.get("upc"))),
        tags=tuple(TagData(name, is_genre=True) for name in genres if name),
        tracks=tuple(track for track in tracks if track),
        tracks_total=values.whole(row.get("nb_tracks")),
    )


def _kind(told: object) -> str:
    """ "compile" is Deezer's word for a compilation."""
    kind = values.line(told, 20).lower()
    return "compilation" if kind == "compile" else kind


def album_tracks(album_id: str, *, cursor: str = "") -> Page[TrackData]:
    """Tracks of an album, up to 100 a page; here the rows tell no album."""
    index = values.whole(cursor) or 0
    body = _ask(f"album/{_must(values.digits_of(album_id))}/tracks", {"index": index, "limit": MOST})
    rows = _rows(body)
    found = [_track(row) for row in rows]
    return _page([track for track in found if track], body, index + len(rows))


def search(artist: str, title: str, *, limit: int = 25) -> Page[AlbumData]:
    """Albums of these names, as Deezer ranks them; no release dates."""
    query = " ".join(f'{field}:"{_quoted(text)}"' for field, text in (("artist", artist), ("album", title)) if text)
    if not query:
        raise Rejected(NAME, "There is nothing to search for.")
    body = _ask("search/album", {"q": query, "limit": min(max(1, limit), MOST)})
    rows = _rows(body)
    found = [_album(row) for row in rows]
    return _page([one for one in found if one], body, len(rows))


def find(words: str, *, limit: int = 25) -> list[AlbumData]:
    """Albums for words of title and artist in any order, as Deezer ranks them; no release dates."""
    query = _quoted(words)
    if not query.strip():
        raise Rejected(NAME, "There is nothing to search for.")
    rows = _rows(_ask("search/album", {"q": query, "limit": min(max(1, limit), MOST)}))
    return [one for row in rows if (one := _album(row))]


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(body.get("data"), list):
        raise garbled(NAME, LABEL)
    return records(inner(body).get("data"))


def _page(items: list[Any], body: dict[str, Any], seen: int) -> Page[Any]:
    """`next` is an address of theirs: only that there is one is believed."""
    total = values.whole(body.get("total"))
    more = bool(body.get("next")) and bool(body.get("data"))
    return Page(items, str(seen) if more else "", total)


def _quoted(text: str) -> str:
    return values.line(text).replace('"', " ")


def _must(checked: str) -> str:
    if not checked:
        raise Rejected(NAME, "This is no id that Deezer could know.")
    return quote(checked, safe="")


def _probe(_: Access) -> None:
    search("Tame Impala", "Lonerism", limit=1)


PROVIDER = Provider(NAME, LABEL, judge, _probe)
