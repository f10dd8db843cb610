"""MusicBrainz: release groups, their editions and tracks, by id, by address elsewhere, by ISRC and UPC, by search.

Facts: one call a second from one address, over it everything is refused with 503; our User-Agent must say who we
are. An id that was merged answers under its new one: keep the `id` of the answer. Nested lists are cut at 25. A
search score is relative to the best hit: score anew before you believe one.
Group: none; one bucket of one call a second for all processes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings

from integrations import values
from integrations.errors import Misconfigured, NotThere, Rejected
from integrations.http import Call, send
from integrations.providers.answers import busy, garbled, json_judge, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of
from integrations.types import Access, AlbumData, ArtistData, Page, TagData, TrackData
from integrations.values import MAX_TRACK, inner, listed, records

NAME = "musicbrainz"
LABEL = "MusicBrainz"
MOST = 100
"""Rows a page, and addresses a call of `by_urls`."""
_MOST_WORDS = 10
OF_GROUP = "artists artist-credits releases genres tags url-rels"
OF_RELEASE = "artists artist-credits recordings media isrcs release-groups labels genres tags url-rels"
OF_RECORDING = "artists artist-credits releases isrcs"

_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_STREAMS = {
    "spotify": re.compile(r"https?://open\.spotify\.com/(?:intl-[a-z]+/)?album/([0-9A-Za-z]{22})"),
    "deezer": re.compile(r"https?://(?:www\.)?deezer\.com/(?:[a-z]{2}/)?album/([0-9]{1,20})"),
    "apple": re.compile(r"https?://(?:music|itunes)\.apple\.com/[a-z]{2}/album/(?:[^/?#]+/)?(?:id)?([0-9]{1,20})"),
}
_COUNTRY = re.compile(r"[A-Z]{2}")


# --- asking


judge = json_judge(
    NAME,
    LABEL,
    {
        403: lambda *_: Misconfigured(
            NAME, "MusicBrainz does not let this site in: it wants to know whom to write to."
        ),
        503: lambda _, answer: busy(NAME, LABEL, told_wait(answer)),
    },
)


def _ask(path: str, params: Mapping[str, Any]) -> dict[str, Any]:
    call = Call(NAME, f"{settings.MUSICBRAINZ_API_URL}/{path}", params={**params, "fmt": "json"})
    return object_of(call, send(call, judge))


def escaped(text: str) -> str:
    """Text for a Lucene query, its special characters escaped."""
    return _SPECIAL.sub(r"\\\1", values.line(text, 500))


def _phrases(**fields: str) -> str:
    """`field:"text" AND ...` over the fields that are not blank."""
    parts = [f'{field}:"{text}"' for field, said in fields.items() if (text := escaped(said))]
    if not parts:
        raise Rejected(NAME, "There is nothing to search for.")
    return " AND ".join(parts)


def _must(mbid: str) -> str:
    found = values.uuid_of(mbid)
    if not found:
        raise Rejected(NAME, "This is no id of MusicBrainz.")
    return found


# --- release groups


def search_release_groups(artist: str, title: str, *, limit: int = 25, cursor: str = "") -> Page[AlbumData]:
    """Release groups of these names, best first. `score` is MusicBrainz': relative to the best, no probability."""
    query = _phrases(releasegroup=title, artist=artist)
    offset = values.whole(cursor) or 0
    body = _ask("release-group", {"query": query, "limit": min(max(1, limit), MOST), "offset": offset})
    return _page(body, "release-groups", "count", offset, _group)


def find_release_groups(words: str, *, limit: int = 25) -> list[AlbumData]:
    """Release groups that have each of these words in their title or among their artists, best first.

    In small letters: OR and NOT in capitals would be read as operators.
    """
    clauses = [f"(releasegroup:{word} OR artist:{word})" for word in escaped(words).lower().split()[:_MOST_WORDS]]
    if not clauses:
        raise Rejected(NAME, "There is nothing to search for.")
    body = _ask("release-group", {"query": " AND ".join(clauses), "limit": min(max(1, limit), MOST)})
    return _page(body, "release-groups", "count", 0, _group).items


def release_group(mbid: str) -> AlbumData:
    """A release group with its genres and tags. `musicbrainz_release` is its earliest official edition of those
    told: `release` of it has the tracks."""
    return parse_release_group(_ask(f"release-group/{_must(mbid)}", {"inc": OF_GROUP}))


def parse_release_group(body: object) -> AlbumData:
    found = _group(inner(body))
    if not found:
        raise garbled(NAME, LABEL)
    return found


def release_groups_of(artist_mbid: str, *, kinds: Sequence[str] = ("album", "ep"), cursor: str = "") -> Page[AlbumData]:
    """All release groups of an artist, up to 100 a page."""
    offset = values.whole(cursor) or 0
    asked = {"artist": _must(artist_mbid), "type": "|".join(kinds), "limit": MOST, "offset": offset}
    body = _ask("release-group", {**asked, "inc": "artist-credits"})
    return _page(body, "release-groups", "release-group-count", offset, _group)


def _group(row: dict[str, Any]) -> AlbumData | None:
    title, mbid = values.line(row.get("title")), values.uuid_of(row.get("id"))
    artists, credit = _credit(row)
    if not title or not mbid or not artists:
        return None
    return AlbumData(
        title=title,
        artists=artists,
        artist_credit=credit,
        released=values.date_of(row.get("first-release-date")),
        kind=_kind(row),
        external_ids=values.known_ids(
            **{**_streams(row), "musicbrainz": mbid, "musicbrainz_release": _first_edition(row)}
        ),
        tags=_tags(row),
        score=values.real(row.get("score"), 0.0, 100.0),
    )


def _first_edition(row: dict[str, Any]) -> str:
    """The earliest dated official release, else any official one, else ""; pseudo-releases are translations."""
    official = [one for one in records(row.get("releases")) if one.get("status") == "Official"]
    dated = sorted(official, key=lambda one: values.date_of(one.get("date")) or "9999")
    return values.uuid_of(dated[0].get("id")) if dated else ""


def _kind(group: dict[str, Any]) -> str:
    """The first secondary type ("compilation", "live", ...) says more than the primary ("album", "single", "ep")."""
    words = [values.line(word, 40).lower() for word in listed(group.get("secondary-types"))]
    return next((word for word in words if word), "") or values.line(group.get("primary-type"), 40).lower()


# --- releases


def release(mbid: str) -> AlbumData:
    """An edition with all of its tracks; `external_ids["musicbrainz"]` is its release group."""
    return parse_release(_ask(f"release/{_must(mbid)}", {"inc": OF_RELEASE}))


def parse_release(body: object) -> AlbumData:
    found = _release(inner(body))
    if not found:
        raise garbled(NAME, LABEL)
    return found


def editions(group_mbid: str, *, cursor: str = "") -> Page[AlbumData]:
    """All releases of a release group, without tracks, up to 100 a page."""
    offset = values.whole(cursor) or 0
    asked = {"release-group": _must(group_mbid), "limit": MOST, "offset": offset}
    body = _ask("release", {**asked, "inc": "artist-credits media release-groups"})
    return _page(body, "releases", "release-count", offset, _release)


def by_upc(upc: str) -> list[AlbumData]:
    """Editions with this barcode, without tracks; often several, of several groups at times."""
    if not values.upc_of(upc):
        raise Rejected(NAME, "This is no UPC.")
    body = _ask("release", {"query": f"barcode:{upc}", "limit": 25})
    return _page(body, "releases", "count", 0, _release).items


def _release(row: dict[str, Any]) -> AlbumData | None:
    title, mbid = values.line(row.get("title")), values.uuid_of(row.get("id"))
    artists, credit = _credit(row)
    if not title or not mbid or not artists:
        return None
    group, media = inner(row, "release-group"), records(row.get("media"))
    counts = [values.whole(medium.get("track-count"), 0, 9999) or 0 for medium in media]
    country = row.get("country")
    return AlbumData(
        title=title,
        artists=artists,
        artist_credit=credit,
        released=values.date_of(row.get("date")),
        kind=_kind(group),
        external_ids=values.known_ids(
            **{
                **_streams(row),
                "musicbrainz": values.uuid_of(group.get("id")),
                "musicbrainz_release": mbid,
                "upc": values.upc_of(row.get("barcode")),
            }
        ),
        tags=_tags(row) or _tags(group),
        tracks=tuple(track for at, medium in enumerate(media, 1) for track in _medium(medium, at, title)),
        tracks_total=sum(counts) if counts else None,
        country=country if isinstance(country, str) and _COUNTRY.fullmatch(country) else "",
        score=values.real(row.get("score"), 0.0, 100.0),
    )


def _medium(medium: dict[str, Any], at: int, album: str) -> list[TrackData]:
    disc = values.whole(medium.get("position"), 1, 999) or at
    found = [_track(row, disc, album) for row in records(medium.get("tracks"))]
    return [track for track in found if track]


def _track(row: dict[str, Any], disc: int, album: str) -> TrackData | None:
    recording = inner(row, "recording")
    title = values.line(row.get("title"), MAX_TRACK) or values.line(recording.get("title"), MAX_TRACK)
    artists, credit = _credit(row)
    if not artists:
        artists, credit = _credit(recording)
    if not title or not artists:
        return None
    return TrackData(
        title=title,
        artists=artists,
        artist_credit=credit,
        duration_ms=values.length_ms(row.get("length")) or values.length_ms(recording.get("length")),
        disc=disc,
        number=values.whole(row.get("position"), 1, 9999),
        external_ids=_recording_ids(recording),
        album=album,
    )


# --- recordings


def by_isrc(isrc: str) -> list[TrackData]:
    """Recordings with this ISRC; NotThere where none has it."""
    found = values.isrc_of(isrc)
    if not found:
        raise Rejected(NAME, "This is no ISRC.")
    return parse_isrc(_ask(f"isrc/{found}", {"inc": OF_RECORDING}), found)


def parse_isrc(body: object, isrc: str) -> list[TrackData]:
    if not isinstance(inner(body).get("recordings"), list):
        raise garbled(NAME, LABEL)
    found = [_recording(row, isrc) for row in records(inner(body).get("recordings"))]
    return [track for track in found if track]


def releases_by_isrc(isrc: str) -> list[AlbumData]:
    """The editions that hold a recording with this ISRC, under the name of who made the recording; of a compilation
    that is not who made the album. NotThere where there is no such recording."""
    found = values.isrc_of(isrc)
    if not found:
        raise Rejected(NAME, "This is no ISRC.")
    body = _ask(f"isrc/{found}", {"inc": OF_RECORDING})
    if not isinstance(body.get("recordings"), list):
        raise garbled(NAME, LABEL)
    credited = (
        (recording, row) for recording in records(body["recordings"]) for row in records(recording.get("releases"))
    )
    editions = (_release({"artist-credit": recording.get("artist-credit"), **row}) for recording, row in credited)
    return [one for one in editions if one]


def _recording(row: dict[str, Any], isrc: str) -> TrackData | None:
    title, (artists, credit) = values.line(row.get("title"), MAX_TRACK), _credit(row)
    if not title or not artists:
        return None
    albums = [values.line(one.get("title")) for one in records(row.get("releases"))]
    ids = {**_recording_ids(row), "isrc": isrc}
    length = values.length_ms(row.get("length"))
    return TrackData(title, artists, credit, length, external_ids=ids, album=albums[0] if albums else "")


def _recording_ids(row: dict[str, Any]) -> dict[str, str]:
    """A recording may have several ISRCs; the first is taken."""
    isrcs = [found for one in listed(row.get("isrcs")) if (found := values.isrc_of(one))]
    return values.known_ids(musicbrainz=values.uuid_of(row.get("id")), isrc=isrcs[0] if isrcs else "")


# --- addresses elsewhere


def by_urls(urls: Sequence[str]) -> dict[str, dict[str, str]]:
    """What up to 100 addresses (of streams, shops) stand for: by address, `musicbrainz_release` or `musicbrainz`
    (the release group). Unknown ones are left out. Where an address stands for several editions, the first is told.
    """
    if len(urls) > MOST:
        raise Rejected(NAME, f"MusicBrainz takes up to {MOST} addresses at a time.")
    asked = [url for url in dict.fromkeys(urls) if url]
    if not asked:
        return {}
    try:
        body = _ask("url", {"resource": asked, "inc": "release-rels release-group-rels"})
    except NotThere:
        return {}  # of a single one; of several, the unknown are left out
    return parse_urls(body, asked)


def parse_urls(body: object, asked: Sequence[str]) -> dict[str, dict[str, str]]:
    """Of a single address the answer is that address, of several a list."""
    said = inner(body)
    rows = records(said["urls"]) if isinstance(said.get("urls"), list) else [said] if "resource" in said else None
    if rows is None:
        raise garbled(NAME, LABEL)
    found = {row["resource"]: _targets(row) for row in rows if isinstance(row.get("resource"), str)}
    return {url: ids for url, ids in found.items() if url in asked and ids}


def _targets(row: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for relation in records(row.get("relations")):
        for kind, scheme in (("release", "musicbrainz_release"), ("release_group", "musicbrainz")):
            mbid = values.uuid_of(inner(relation, kind).get("id"))
            if mbid and relation.get("ended") is not True:
                found.setdefault(scheme, mbid)
    return found


# --- artists and shared parts


def artist_about(mbid: str) -> tuple[str, list[TagData]]:
    """The country an artist is of (ISO 3166-1, "" where not told), and genres and tags, for albums without any."""
    said = _ask(f"artist/{_must(mbid)}", {"inc": "genres tags"})
    country = said.get("country")
    return (country if isinstance(country, str) and _COUNTRY.fullmatch(country) else ""), list(_tags(said))


def _credit(row: dict[str, Any]) -> tuple[tuple[ArtistData, ...], str]:
    """The artists by their own names, and the line as it is credited with its joiners."""
    names = records(row.get("artist-credit"))
    found = [
        ArtistData(name, values.known_ids(musicbrainz=values.uuid_of(inner(one, "artist").get("id"))))
        for one in names
        if (name := values.line(inner(one, "artist").get("name")) or values.line(one.get("name")))
    ]
    parts = [part for one in names for part in (one.get("name"), one.get("joinphrase")) if isinstance(part, str)]
    line = values.line("".join(parts)) or ", ".join(artist.name for artist in found)[: values.MAX_NAME]
    return tuple(found), line


def _tags(row: dict[str, Any]) -> tuple[TagData, ...]:
    """Genres, and what else people said of it; weights are votes, and what was voted down is left out."""
    genres = _votes(row.get("genres"), is_genre=True)
    known = {tag.name for tag in genres}
    return (*genres, *(tag for tag in _votes(row.get("tags"), is_genre=False) if tag.name not in known))


def _votes(rows: object, *, is_genre: bool) -> list[TagData]:
    found = ((values.line(row.get("name"), 80), values.whole(row.get("count"))) for row in records(rows))
    return [TagData(name, votes, is_genre) for name, votes in found if name and votes]


def _streams(row: dict[str, Any]) -> dict[str, str]:
    """Ids of the same album at streaming services, from its addresses there."""
    found: dict[str, str] = {}
    for relation in records(row.get("relations")):
        url = inner(relation, "url").get("resource")
        for scheme, pattern in _STREAMS.items():
            if isinstance(url, str) and relation.get("ended") is not True and (match := pattern.match(url)):
                found.setdefault(scheme, match[1])
    return found


def _page(
    body: dict[str, Any], rows: str, count: str, offset: int, read: Callable[[dict[str, Any]], AlbumData | None]
) -> Page[AlbumData]:
    if not isinstance(body.get(rows), list):
        raise garbled(NAME, LABEL)
    told = records(body[rows])
    total, seen = values.whole(body.get(count)), offset + len(told)
    items = [found for row in told if (found := read(row))]
    return Page(items, str(seen) if told and total is not None and seen < total else "", total)


def _probe(_: Access) -> None:
    search_release_groups("Tame Impala", "Lonerism", limit=1)


PROVIDER = Provider(NAME, LABEL, judge, _probe)
