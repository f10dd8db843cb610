"""What a row of a history becomes, and the checks every format shares. Pure: clock and zone are passed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, BinaryIO

from integrations.types import Play
from integrations.values import EARLIEST, LONGEST_MS, MAX_NAME
from sidetrack.text import clean_line, is_endless

# The same few names come again and again in a history.
_clean_line = lru_cache(maxsize=2000)(clean_line)


@dataclass(frozen=True)
class Skip:
    """A row left out on purpose; `reason` is shown to the member and counted."""

    reason: str


@dataclass(frozen=True)
class Reject:
    """A row that cannot be taken. `detail` is a sentence without the row's own text."""

    code: str
    detail: str


Row = Play | Skip | Reject


class Unusable(Exception):
    """Raised inside a row; becomes its Reject."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.reject = Reject(code, detail)


@dataclass(frozen=True)
class Reading:
    """What reading a row takes beside the row: the latest start that is believed, and the member's zone, in which
    a clock tells the time that names no zone."""

    latest: datetime
    zone: tzinfo = UTC


@dataclass(frozen=True)
class Importer:
    """One format. `recognise` looks at the first 64 kB of a text as UTF-8; `records` makes one dict of each row of
    such a text, or a Reject; `read` makes a Play or Skip of a dict or raises Unusable."""

    name: str
    title: str
    source: str
    recognise: Callable[[bytes], bool]
    records: Callable[[BinaryIO], Iterator[object]]
    read: Callable[[dict[str, Any], Reading], Play | Skip]

    def row(self, record: object, reading: Reading) -> Row:
        if isinstance(record, Reject):
            return record
        if not isinstance(record, dict):
            return Reject("not_an_object", "This row is not an object with named values.")
        try:
            return self.read(record, reading)
        except Unusable as error:
            return error.reject


def name_of(value: object, what: str, max_length: int = MAX_NAME) -> str:
    """A cleaned, not blank line, or Unusable naming `what`."""
    if value is None or value == "":
        raise Unusable("missing", f"The {what} is missing.")
    if not isinstance(value, str):
        raise Unusable("not_text", f"The {what} is not text.")
    if is_endless(value, max_length):
        raise Unusable("too_long", f"The {what} is longer than {max_length} characters.")
    line = value.strip() if value.isascii() and value.isprintable() and "  " not in value else _cleaned(value, what)
    if not line:
        raise Unusable("missing", f"The {what} is missing.")
    if len(line) > max_length:
        raise Unusable("too_long", f"The {what} is longer than {max_length} characters.")
    return line


def optional_name(value: object, what: str) -> str | None:
    """As `name_of`, but nothing, or only blanks, is None."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return name_of(value, what)


def _cleaned(value: str, what: str) -> str:
    if "\x00" in value:
        raise Unusable("null_characters_not_allowed", f"The {what} holds a null character.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unusable("not_unicode", f"The {what} is not valid Unicode text.") from None
    return _clean_line(value)


def number_of(value: object, what: str) -> float | int:
    """A finite number (no text, no truth value), or Unusable naming `what`."""
    if value is None:
        raise Unusable("missing", f"The {what} is missing.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("not_a_number", f"The {what} is not a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Unusable("not_a_number", f"The {what} is not a number.")
    return value


def told(value: object) -> object:
    """The number where a file writes one as text ("215.3"); anything else as it is."""
    if isinstance(value, str) and len(value) < 40 and value.isascii():
        try:
            return int(value)
        except ValueError:
            with suppress(ValueError):
                return float(value)
    return value


def milliseconds_of(value: object, what: str) -> int:
    """0 to 24 hours, or Unusable naming `what`."""
    number = number_of(value, what)
    if not 0 <= number <= LONGEST_MS:
        raise Unusable("out_of_range", f"The {what} is not between 0 and 24 hours.")
    return int(number)


def optional_milliseconds(value: object) -> int | None:
    """For values that clients fill in freely: what is no sensible length above 0 is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_MS:
        return None
    return int(value) or None


def milliseconds(seconds: object) -> int | None:
    """A length in seconds, in a number or as text, in whole milliseconds; None when it is no sensible length."""
    number = told(seconds)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return optional_milliseconds(number * 1000)


def moment_of(text: object, what: str) -> datetime:
    """An ISO 8601 time with its zone, in UTC, or Unusable naming `what`."""
    if text is None:
        raise Unusable("missing", f"The {what} is missing.")
    if not isinstance(text, str):
        raise Unusable("not_a_time", f"The {what} is not a date and time as text.")
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unusable("not_a_time", f"The {what} is no date and time that we can read.") from None
    raise Unusable("no_time_zone", f"The {what} does not say its time zone; end it with Z for UTC.")


def epoch_of(value: object, what: str) -> datetime:
    """Seconds since 1970 as a moment in UTC, or Unusable naming `what`."""
    number = number_of(value, what)
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    except OverflowError:
        raise Unusable("out_of_range", f"The {what} is not a time we can believe.") from None


def believable(start: datetime, latest: datetime) -> datetime:
    """`start` when it is neither before listens were told of nor after `latest`, else Unusable."""
    if start < EARLIEST:
        raise Unusable("too_old", "The time is before October 2002.")
    if start > latest:
        raise Unusable("in_the_future", "The time is in the future.")
    return start
