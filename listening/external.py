"""Ids of other catalogues: their form, and the addresses they hide in.

Schemes are those of `ExternalId.Scheme`. A Spotify id is 22 base-62 characters, MusicBrainz ids are UUIDs, a UPC is
kept with 13 digits (an EAN), a Discogs id says of what it is: "master/96471" or "release/249504".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import unquote, urlsplit

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SPOTIFY = re.compile(r"[0-9A-Za-z]{22}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_DISCOGS = re.compile(r"(?:master|release)/[1-9][0-9]{0,11}")
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")


def normal_id(scheme: str, value: str, kind: str = "album") -> str:
    """The one form of an id of an album, track or artist (`kind`). Raises ValueError with what is expected."""
    form = _FORMS.get(scheme)
    if form is None:
        raise ValueError(f"There is no scheme {scheme[:40]!r}. Use one of: {', '.join(_FORMS)}.")
    return form(value.strip(), kind)


def normal_ids(ids: Mapping[str, str], kind: str = "album") -> dict[str, str]:
    """By scheme in their one form; what has none, or a scheme we do not know, is left out."""
    kept = {}
    for scheme, value in ids.items():
        with suppress(ValueError):
            kept[scheme] = normal_id(scheme, value, kind)
    return kept


def ids_of_address(url: str) -> dict[str, str]:
    """The album id in an address of a known catalogue, as {scheme: id}; nothing for any other address."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return {}
    if parts.scheme == "spotify":
        host = "open.spotify.com"
    for known, pattern, scheme, shape in _ADDRESSES:
        found = pattern.fullmatch(unquote(parts.path)) if host == known else None
        if found:
            return {scheme: shape.format(*found.groups())}
    return {}


def _spotify(value: str, kind: str) -> str:
    found = re.fullmatch(rf"spotify:{kind}:([0-9A-Za-z]{{22}})", value)
    if not found and value.startswith(("http://", "https://")):
        parts = urlsplit(value)
        found = re.fullmatch(rf"/(?:intl-[a-z-]{{2,8}}/)?(?:embed/)?{kind}/([0-9A-Za-z]{{22}})/?", parts.path)
        found = found if parts.hostname == "open.spotify.com" else None
    value = found[1] if found else value
    if not _SPOTIFY.fullmatch(value):
        raise ValueError(f"A Spotify {kind} id has 22 letters and digits.")
    return value


def _musicbrainz(value: str, kind: str) -> str:
    entity = {"album": "release-group", "track": "recording"}.get(kind, kind)
    return _uuid(value, entity)


def _musicbrainz_release(value: str, kind: str) -> str:
    return _uuid(value, "release")


def _uuid(value: str, entity: str) -> str:
    value = value.lower()
    if value.startswith(("http://", "https://")):
        parts = urlsplit(value)
        found = re.fullmatch(rf"/{entity}/([0-9a-f-]{{36}})/?", parts.path)
        value = found[1] if found and parts.hostname in ("musicbrainz.org", "beta.musicbrainz.org") else ""
    if not _UUID.fullmatch(value):
        raise ValueError(f"A MusicBrainz {entity} id is a UUID like 1b022e01-4da6-387b-8658-8678046e4cef.")
    return value


def _isrc(value: str, kind: str) -> str:
    value = re.sub(r"[-\s]", "", value).upper()
    if not _ISRC.fullmatch(value):
        raise ValueError("An ISRC has 12 characters, like GBAYE9300106.")
    return value


def _upc(value: str, kind: str) -> str:
    value = re.sub(r"[-\s]", "", value)
    if not re.fullmatch(r"[0-9]{8,14}", value, re.ASCII) or not value.strip("0"):
        raise ValueError("A UPC or EAN has 8 to 14 digits.")
    return value.lstrip("0").zfill(13)


def _discogs(value: str, kind: str) -> str:
    value = re.sub(r"^https?://(?:www\.)?discogs\.com/", "", value)
    if not _DISCOGS.fullmatch(value):
        raise ValueError('A Discogs id says of what it is: "master/96471" or "release/249504".')
    return value


def _number(value: str, kind: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError("This id is a number.")
    return value


_FORMS: dict[str, Callable[[str, str], str]] = {
    "spotify": _spotify,
    "musicbrainz": _musicbrainz,
    "musicbrainz_release": _musicbrainz_release,
    "isrc": _isrc,
    "upc": _upc,
    "discogs": _discogs,
    "deezer": _number,
    "apple": _number,
}

_ADDRESSES: tuple[tuple[str, re.Pattern[str], str, str], ...] = (
    (
        "open.spotify.com",
        re.compile(r"/?(?:(?:intl-[a-z-]{2,8}/)?(?:embed/)?album/|album:)([0-9A-Za-z]{22})/?"),
        "spotify",
        "{}",
    ),
    ("musicbrainz.org", re.compile(rf"/release-group/({_UUID.pattern})(?:/.*)?"), "musicbrainz", "{}"),
    ("musicbrainz.org", re.compile(rf"/release/({_UUID.pattern})(?:/.*)?"), "musicbrainz_release", "{}"),
    ("discogs.com", re.compile(r"(?:/[a-z]{2})?/(master|release)/([1-9][0-9]{0,11})(?:-.*)?"), "discogs", "{}/{}"),
    ("deezer.com", re.compile(r"(?:/[a-z]{2})?/album/([1-9][0-9]{0,18})/?"), "deezer", "{}"),
    ("music.apple.com", re.compile(r"/[a-z]{2}/album/(?:[^/]+/)?(?:id)?([1-9][0-9]{0,18})/?"), "apple", "{}"),
)
