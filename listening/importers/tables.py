"""From bytes to rows: CSV with a header or without, by comma, semicolon or tab, read line by line.

Python's csv reader is given one line at a time, and more only while a quotation is open: a quote that is
never closed then costs its own row, and not the file behind it. Memory is bounded by MAX_ROW.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from listening.importers.records import MAX_ROW
from listening.importers.rows import Reject
from listening.importers.streams import as_text

_DELIMITERS = ",;\t"
_MOST_LINES = 20  # that one quoted value may hold
_ESCAPED = "+ACM-"  # "#" in UTF-7, in which some exports were written
_OPEN = "unexpected end of data"

_BROKEN = Reject("broken", "The quotation marks in this row do not fit.")
_TOO_LONG = Reject("too_long", "This row is longer than 256 kB.")
_TOO_MANY = Reject("columns", "This row has more columns than the table.")


def table(stream: BinaryIO) -> Iterator[object]:
    """Each row under a header as {name of column: value}; names in small letters and digits, without the rest.

    Blank lines, and comments that begin with "#", are passed over; "Date#somebody" is the column "date".
    """
    lines = _Lines(as_text(stream))
    header, delimiter = _header(lines)
    if not header:
        return
    for fields in rows(lines, delimiter, len(header)):
        if isinstance(fields, Reject):
            yield fields
        elif len(fields) > len(header) and any(fields[len(header) :]):
            yield _TOO_MANY
        else:
            yield dict(zip(header, fields, strict=False))


def columns_of(sample: bytes) -> frozenset[str]:
    """The columns that the header of a table names, told from the beginning of its text."""
    lines = _Lines(io.StringIO(sample.decode("utf-8", "replace"), newline=None))
    return frozenset(_header(lines)[0])


def plain_rows(stream: BinaryIO) -> Iterator[list[str] | Reject]:
    """The values of each line of a text without header."""
    return rows(_Lines(as_text(stream)), ",", 0)


def tabbed_lines(stream: BinaryIO) -> Iterator[list[str] | Reject]:
    """The values of each line that is not blank, parted by tabs; quotes are letters like others."""
    for line in _Lines(as_text(stream)):
        if isinstance(line, Reject):
            yield line
        elif line.strip():
            yield line.rstrip("\n").split("\t")


def rows(lines: _Lines, delimiter: str, width: int) -> Iterator[list[str] | Reject]:
    """The values of each row. A row of several lines must have `width` values, if any width is given."""
    for line in lines:
        if isinstance(line, Reject):
            yield line
        elif '"' in line:
            yield _quoted(line, lines, delimiter, width)
        elif line.strip():
            yield line.rstrip("\n").split(delimiter)


def _quoted(line: str, lines: _Lines, delimiter: str, width: int) -> list[str] | Reject:
    fields = _fields(line, delimiter)
    more: list[str] = []
    while fields is None and len(more) < _MOST_LINES and len(line) + sum(map(len, more)) < MAX_ROW:
        following = next(lines, None)
        if not isinstance(following, str):
            if following is not None:
                lines.back.append(following)
            break
        more.append(following)
        fields = _fields("".join([line, *more]), delimiter)
    if fields and (not more or not width or len(fields) == width):
        return fields
    lines.back.extend(reversed(more))
    return _BROKEN


def _fields(text: str, delimiter: str) -> list[str] | None:
    """The values of a row; nothing in it when it is broken, None when more of it must follow."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return None if _OPEN in str(error) else []


def _header(lines: _Lines) -> tuple[list[str], str]:
    """The names of the columns and what separates them, from the first line that is no comment."""
    for line in lines:
        if isinstance(line, Reject):
            return [], ","
        if line.startswith(_ESCAPED):
            lines.escaped = True
        elif line.strip() and not line.startswith("#"):
            delimiter = max(_DELIMITERS, key=line.split("#")[0].count)  # behind "#" stands a member's name
            return [_name(column) for column in _fields(line, delimiter) or []], delimiter
    return [], ","


def _name(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.split("#")[0].lower())


class _Lines:
    """The lines of a text, some of them given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.back: list[str | Reject] = []
        self.escaped = False

    def __iter__(self) -> Iterator[str | Reject]:
        return self

    def __next__(self) -> str | Reject:
        if self.back:
            return self.back.pop()
        line = self._text.readline(MAX_ROW)
        if not line:
            raise StopIteration
        if len(line) >= MAX_ROW and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = self._text.readline(MAX_ROW)
            return _TOO_LONG
        return _from_utf7(line) if self.escaped else line


def _from_utf7(line: str) -> str:
    try:
        return line.encode("ascii").decode("utf-7")
    except UnicodeError:  # not everything in such a file is escaped
        return line
