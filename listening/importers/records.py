"""From bytes to values: JSON, one value a line or one array, or arrays inside of objects, read in pieces.

A broken row becomes a Reject and the rows after it are still read; Python's own decoder is used piece
by piece because it goes on after a bad row and takes NaN, where an event parser ends at the first error.
Memory is bounded by MAX_ROW plus one piece.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from listening.importers.rows import Reject

MAX_ROW = 256 * 1024
"""Characters of one row. Real rows have about 1,000; ListenBrainz takes at most 10,240 bytes."""

_PIECE = 256 * 1024
_BROKEN = Reject("broken", "This row is not valid JSON.")
_TOO_LONG = Reject("too_long", "This row is longer than 256 kB.")
_CUT = Reject("cut_short", "The file ends in the middle; what came after could not be read.")
_LOST = Reject("broken", "The file is broken here; the rows after this one could not be read.")

_GAP = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)
_BARE = re.compile(r"[^,\s{}\[\]]+")
_PAIRS = {"}": "{", "]": "["}
_decoder = json.JSONDecoder()


def records(stream: BinaryIO) -> Iterator[object]:
    """The values of a JSON array, or of one JSON value a line; a Reject for each that cannot be read."""
    start = stream.read(1)
    while start.isspace():
        start = stream.read(1)
    if start == b"[":
        return _Pieces(stream).values()
    return _lines(start, stream)


def records_under(key: str) -> Callable[[BinaryIO], Iterator[object]]:
    """A reader of the elements of every array that is named `key`, wherever in however many documents it stands.

    An object in its place is its only element: converters from XML write a list of one so. The rest is passed over.
    """

    def read(stream: BinaryIO) -> Iterator[object]:
        return _Pieces(stream).values_under(key)

    return read


def _lines(start: bytes, stream: BinaryIO) -> Iterator[object]:
    line = start + stream.readline(MAX_ROW)
    while line:
        if len(line) >= MAX_ROW and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_ROW)
            yield _TOO_LONG
        elif not line.isspace():
            yield _value(line.decode("utf-8", "surrogateescape"))
        line = stream.readline(MAX_ROW)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # not JSON, a number of thousands of digits, or nested without end
        return _BROKEN


class _Pieces:
    """Values out of a text that is never in memory as a whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        self._buffer = ""
        self._at = 0
        self._lost = False

    def values_under(self, key: str) -> Iterator[object]:
        # Inside of a JSON string every quote stands behind a backslash: this finds keys alone.
        opening = re.compile(rf'"{key}"\s{{0,99}}:\s{{0,99}}(?=[\[{{])')
        while not self._lost:
            found = opening.search(self._buffer, self._at)
            if found is None:
                self._at = max(self._at, len(self._buffer) - len(key) - 300)
                if not self._more():
                    return
                continue
            self._at = found.end()
            if self._buffer[self._at] == "[":
                self._at += 1
                yield from self.values()
            else:
                yield self._element()

    def values(self) -> Iterator[object]:
        """The elements of an array whose `[` was read."""
        while not self._lost:
            match self._next_character():
                case "":
                    yield _CUT
                    return
                case "]":
                    return
            yield self._element()

    def _more(self) -> bool:
        piece = self._text.read(_PIECE)
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        return bool(piece)

    def _next_character(self) -> str:
        while True:
            gap = _GAP.match(self._buffer, self._at)
            self._at = gap.end() if gap else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _element(self) -> object:
        while True:
            try:
                value, end = _decoder.raw_decode(self._buffer, self._at)
            except RecursionError:
                return self._past_broken()
            except ValueError:
                if len(self._buffer) - self._at < MAX_ROW and self._more():
                    continue
                return self._past_broken()
            # A number at the very end of the buffer may go on in the next piece.
            if end == len(self._buffer) and self._buffer[end - 1] not in '}]"' and self._more():
                continue
            self._at = end
            return value

    def _past_broken(self) -> Reject:
        """Step behind an element that cannot be read, by counting its brackets outside of quotes."""
        bare = _BARE.match(self._buffer, self._at)
        if bare and self._buffer[self._at] != '"':
            self._at = bare.end()
            return _BROKEN
        opened: list[str] = []
        lists = 0  # how many of them are "[": looking each time would take quadratic time
        while len(self._buffer) - self._at <= 2 * MAX_ROW and len(opened) < MAX_ROW:
            for token in _TOKEN.finditer(self._buffer, self._at):
                sign = token.group()
                if sign == '"':  # a string that goes on in the next piece
                    break
                if sign == "]" and not lists:  # the end of the whole list
                    self._at = token.start()
                    return _BROKEN
                self._at = token.end()
                lists += _closes(sign, opened)
                if not opened:
                    return _BROKEN
            if not self._more():
                break
        self._lost = True
        return _LOST


def _closes(sign: str, opened: list[str]) -> int:
    """Note a bracket or string; a bracket left open inside is closed with the one around it.

    Returns by how much the number of open "[" changes.
    """
    if sign in _PAIRS.values():
        opened.append(sign)
        return int(sign == "[")
    fewer = 0
    if sign in _PAIRS:
        while opened:
            last = opened.pop()
            fewer += last == "["
            if last == _PAIRS[sign]:
                break
    return -fewer
