"""Foreign values made fit to keep: names, ids, lengths, moments, addresses of pictures. Pure.

Two manners. What a play is made of is strict (`name_of`, `moment_of`, ... raise `BadRow`) and follows the file
importers (listening/importers/rows.py) to the letter: the same record from API and file must give the same key.
Everything else is lenient: what cannot be read is "", None or left out.
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sidetrack.text import clean_line, is_endless

EARLIEST = datetime(2002, 10, 1, tzinfo=UTC)
"""No source told of listens before this (the rule of ListenBrainz); older dates, 1970 above all, are clock errors."""
AHEAD = timedelta(minutes=10)
"""How far the clock of a source may be ahead of ours."""

MAX_NAME = 300
MAX_TRACK = 500
LONGEST_MS = 24 * 3600 * 1000

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_UPC = re.compile(r"[0-9]{8,14}")
_DATE = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?")
_UGLY = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]")


class BadRow(Exception):
    """A row that cannot be taken. Its text says why, without the row's own words."""


# --- shapes


def record(value: object) -> dict[str, Any]:
    """The object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def inner(value: object, *keys: str) -> dict[str, Any]:
    """The object under a path of keys, or an empty one."""
    for key in keys:
        value = record(value).get(key)
    return record(value)


def listed(value: object) -> list[object]:
    """What XML made JSON tells of many: a list, one thing alone, or "" and null for none."""
    if isinstance(value, list):
        return value
    return [] if value is None or value == "" else [value]


def records(value: object) -> list[dict[str, Any]]:
    """The objects of `listed`; anything else among them is left out."""
    return [row for row in listed(value) if isinstance(row, dict)]


# --- strict, for plays


def name_of(value: object, what: str, most: int = MAX_NAME) -> str:
    """A cleaned line that is not blank, or BadRow naming `what`."""
    if value is None or value == "":
        raise BadRow(f"the {what} is missing")
    if not isinstance(value, str):
        raise BadRow(f"the {what} is not text")
    if is_endless(value, most):
        raise BadRow(f"the {what} is too long")
    if "\x00" in value or not _is_unicode(value):
        raise BadRow(f"the {what} is no clean text")
    line = clean_line(value)
    if not line:
        raise BadRow(f"the {what} is missing")
    if len(line) > most:
        raise BadRow(f"the {what} is too long")
    return line


def optional_name(value: object, what: str) -> str | None:
    """As `name_of`, but nothing, or only blanks, is None."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return name_of(value, what)


def moment_of(value: object, what: str, latest: datetime) -> datetime:
    """Seconds since 1970, as a number or as text, in UTC; BadRow where no listen can be of that time."""
    number = told(value)
    if number is None:
        raise BadRow(f"the {what} is no time")
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    except OverflowError:
        raise BadRow(f"the {what} is no time") from None
    if moment < EARLIEST:
        raise BadRow(f"the {what} is before October 2002")
    if moment > latest:
        raise BadRow(f"the {what} is in the future")
    return moment


def whole_second(start: datetime) -> datetime:
    """For keys: the same listen is told with and without a fraction of its second."""
    return start.replace(microsecond=0) if start.microsecond else start


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- lenient, for all else


def line(value: object, most: int = MAX_NAME) -> str:
    """A cleaned line; "" for what is no text, or too long to be kept."""
    if not isinstance(value, str) or is_endless(value, most):
        return ""
    cleaned = clean_line(value)
    return cleaned if len(cleaned) <= most else ""


def told(value: object) -> int | float | None:
    """A finite number, also where it is written as text ("215.3")."""
    if isinstance(value, str):
        if len(value) >= 40 or not value.isascii():
            return None
        with suppress(ValueError):
            return int(value)
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def whole(value: object, least: int = 0, most: int = 2**31 - 1) -> int | None:
    """A whole number between the two, else None."""
    number = told(value)
    return int(number) if number is not None and least <= number <= most else None


def real(value: object, least: float, most: float) -> float | None:
    """A number between the two, else None: no value of another scale is taken for one of ours."""
    number = told(value)
    return float(number) if number is not None and least <= number <= most else None


def length_ms(value: object, unit_ms: int = 1) -> int | None:
    """A length in milliseconds, told in units of `unit_ms`; None where it is 0 or more than a day."""
    number = told(value)
    if number is None or not 0 < number * unit_ms <= LONGEST_MS:
        return None
    return int(number * unit_ms) or None


def date_of(value: object) -> str:
    """ "2012", "2012-10" or "2012-10-05", as exact as told (a time after it is dropped); "" for none."""
    found = _DATE.match(value) if isinstance(value, str) else None
    return found[0] if found and found[1] != "0000" else ""


def uuid_of(value: object) -> str:
    """A MusicBrainz id in small letters, or ""."""
    return value.lower() if isinstance(value, str) and _UUID.fullmatch(value) else ""


def isrc_of(value: object) -> str:
    """An ISRC in capitals without dashes, or ""."""
    if not isinstance(value, str) or len(value) > 20:
        return ""
    isrc = value.replace("-", "").strip().upper()
    return isrc if _ISRC.fullmatch(isrc) else ""


def upc_of(value: object) -> str:
    """The digits of a UPC or EAN, or ""."""
    return value if isinstance(value, str) and _UPC.fullmatch(value) else ""


def spotify_id_of(value: object, kind: str = "track") -> str:
    """The id in `spotify:track:<id>`, `https://open.spotify.com/track/<id>` or alone, or ""."""
    if not isinstance(value, str):
        return ""
    parts = value.split("?")[0].replace("/", ":").rsplit(":", 1)
    known = len(parts) == 1 or parts[0].endswith(kind)
    return parts[-1] if known and _SPOTIFY_ID.fullmatch(parts[-1]) else ""


def digits_of(value: object) -> str:
    """A number that is an id, as text, or ""."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**20 else value
    return text if isinstance(text, str) and _DIGITS.fullmatch(text) else ""


def known_ids(**ids: str) -> dict[str, str]:
    """Only the ids that are there."""
    return {scheme: value for scheme, value in ids.items() if value}


def is_plain_address(text: str) -> bool:
    """Short enough to be kept, and without a character that has no place in an address."""
    return len(text) <= 500 and not _UGLY.search(text)


def picture(value: object, hosts: tuple[str, ...]) -> str:
    """A picture's address at one of `hosts` or below, always https, or "": no answer makes us, or whoever opens a
    page, fetch from a host of its choice."""
    if not isinstance(value, str) or not is_plain_address(value):
        return ""
    try:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and parts.port in (None, 80, 443) and "@" not in parts.netloc
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if not plain or not any(host == known or host.endswith(f".{known}") for known in hosts):
        return ""
    return urlunsplit(("https", host, parts.path, parts.query, ""))
