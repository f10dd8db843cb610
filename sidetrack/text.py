"""Text from outside, made safe to keep: normalised, without control and bidi characters.

What people typed is kept otherwise as it is and escaped on the way out.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from sidetrack.errors import Invalid

# Controls (but tab and newline), bidi overrides and isolates, zero-width marks used for spoofing, BOM.
# Zero-width joiner and non-joiner stay: scripts and emoji need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = re.compile(r"\s+")


def is_endless(text: str, max_length: int) -> bool:
    """So long that no cleaning makes it fit: refuse it unread, since sorting accents can take quadratic time."""
    return len(text) > 4 * max_length + 1000


def clean_line(text: str) -> str:
    """One line: NFC, unwanted characters out, runs of white space to one space."""
    return _SPACES.sub(" ", _UNWANTED.sub("", unicodedata.normalize("NFC", text.replace("\x85", " ")))).strip()


def clean_text(text: str) -> str:
    """Several lines: NFC, unwanted characters out, at most one empty line in a row."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", _UNWANTED.sub("", text)).strip()


def checked_line(text: str, attr: str, max_length: int, *, required: bool = True) -> str:
    """`clean_line`, or Invalid naming `attr` when nothing is left, a NUL is in it, or it is too long."""
    if "\x00" in text:
        raise Invalid("Null characters are not allowed.", attr=attr, code="null_characters_not_allowed")
    line = text if is_endless(text, max_length) else clean_line(text)
    if required and not line:
        raise Invalid("This may not be blank.", attr=attr, code="blank")
    if len(line) > max_length:
        raise Invalid(f"Use at most {max_length} characters.", attr=attr, code="max_length")
    return line


def checked_text(text: str, attr: str, max_length: int) -> str:
    """`clean_text`, or Invalid naming `attr` when a NUL is in it or it is too long. May be empty."""
    if "\x00" in text:
        raise Invalid("Null characters are not allowed.", attr=attr, code="null_characters_not_allowed")
    cleaned = text if is_endless(text, max_length) else clean_text(text)
    if len(cleaned) > max_length:
        raise Invalid(f"Use at most {max_length} characters.", attr=attr, code="max_length")
    return cleaned


def checked_url(url: str, attr: str, max_length: int = 500) -> str:
    """A http(s) address with a host and no credentials, or Invalid naming `attr`. Empty stays empty."""
    url = url.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        usable = False
    if not usable or len(url) > max_length or re.search(r"[\s\x00-\x20\"<>\\^`{|}\x7f]", url) or _UNWANTED.search(url):
        raise Invalid("This is not a web address we can link to (http or https).", attr=attr, code="url")
    return url


def formula_free(text: str) -> str:
    """A cell for a spreadsheet: what it would take for a formula begins with an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
