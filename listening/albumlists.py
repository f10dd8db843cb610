"""Lists of albums as CSV files (title, artist and year under whatever header), and the pairs known to match.

Pure: text in, values out. What cannot be read is a BadList with a sentence that names file and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from listening.matching import Described

_NAMES = {
    "title": ("title", "album", "albumtitle", "albumname", "release", "releasetitle", "name"),
    "artist": ("artist", "artistname", "artistcredit", "albumartist", "artists", "band", "performer"),
    "year": ("year", "releaseyear", "yearreleased", "releasedate", "released", "date"),
    "id": ("id", "albumid", "releaseid", "uid", "key", "rowid"),
    "label": ("label", "gold", "match", "ismatch"),
}
_DELIMITERS = ",;\t|"
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_WRONG = {"0", "false", "no", "n"}


class BadList(Exception):
    """Says in a sentence what is wrong with a file."""


@dataclass(frozen=True)
class AlbumList:
    """`ids` stand beside `albums`: the file's own, or numbers of rows from 1."""

    ids: list[str]
    albums: list[Described]
    left_out: int  # rows without title or artist
    undated: int  # rows with a year that is none


def read_albums(name: str, data: bytes) -> AlbumList:
    """The albums of a file. Raises BadList."""
    header, rows = _table(name, data)
    columns = {what: _column(header, what) for what in ("title", "artist", "year", "id")}
    for what in ("title", "artist"):
        if columns[what] is None:
            raise BadList(f'{name} has no column "{what}"; its columns are {_quoted(header)}.')
    own_id = columns["id"] if columns["id"] is not None else _prefixed_id(header)
    ids, albums, left_out, undated = [], [], 0, 0
    for number, row in enumerate(rows, start=1):
        title, artist, year = (_cell(row, columns[what]) for what in ("title", "artist", "year"))
        if not title or not artist:
            left_out += 1
            continue
        found = _YEAR.search(year)
        undated += bool(year) and not found
        key = _cell(row, own_id) if own_id is not None else str(number)
        if not key:
            raise BadList(f'{name}, row {number}: the column "{header[own_id or 0]}" is empty.')
        ids.append(key)
        albums.append(Described(title, artist, int(found[1]) if found else None))
    if len(set(ids)) < len(ids):
        twice = next(key for place, key in enumerate(ids) if key in ids[:place])
        raise BadList(f'{name}: "{twice}" stands twice in the column "{header[own_id or 0]}".')
    if not albums:
        raise BadList(f"{name} names no album: no row has both title and artist.")
    return AlbumList(ids, albums, left_out, undated)


def read_pairs(name: str, data: bytes, ours: set[str], theirs: set[str]) -> set[tuple[str, str]]:
    """The true pairs of a file: two columns of ids, with or without a header, of the first list and the second.

    Of a file with a column "label" only the rows that say 1. Pairs of rows that were left out count all the same.
    Raises BadList.
    """
    header, rows = _table(name, data)
    if len(header) < 2:
        raise BadList(f"{name} has one column; pairs of ids need two.")
    first, second = _pair_columns(header)
    label = _column(header, "label")
    everything = list(rows)
    if not _is_header(header, first, second, ours, theirs):
        everything, label = [header, *everything], None
    pairs = set()
    for row in everything:
        one, other = _cell(row, first), _cell(row, second)
        if one and other and (label is None or _cell(row, label).lower() not in _WRONG):
            pairs.add((one, other))
    if not pairs:
        raise BadList(f"{name} names no pair.")
    for place, known, which in ((0, ours, "first"), (1, theirs, "second")):
        if not any(each[place] in known for each in pairs):
            column = header[(first, second)[place]]
            raise BadList(f'{name}: no id in the column "{column}" is one of the {which} list\'s.')
    return pairs


def _table(name: str, data: bytes) -> tuple[list[str], Iterator[list[str]]]:
    """The first row and the others; empty rows are none."""
    text = _text(data)
    if not text.strip():
        raise BadList(f"{name} is empty.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if any(row)]
    except csv.Error as error:
        raise BadList(f"{name} is no CSV file: {error}.") from None
    return [cell.strip() for cell in rows[0]], iter(rows[1:])


def _text(data: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """The one under which the first line shows most of the columns we know, else most columns."""
    line = next(line for line in text.splitlines() if line.strip())

    def shown(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader([line], delimiter=delimiter))
        return sum(_column(header, what) is not None for what in _NAMES), len(header)

    return max(_DELIMITERS, key=shown)


def _column(header: Sequence[str], what: str) -> int | None:
    """The place of a column, by the best of its names."""
    names = [re.sub(r"[\W_]", "", cell.casefold()) for cell in header]
    return next((names.index(name) for name in _NAMES[what] if name in names), None)


def _prefixed_id(header: Sequence[str]) -> int | None:
    """A single column named like "idAmazon" or "id_a"."""
    found = [place for place, cell in enumerate(header) if re.match(r"(?:id|ID)(?:_\w|[A-Z])", cell)]
    return found[0] if len(found) == 1 else None


def _pair_columns(header: Sequence[str]) -> tuple[int, int]:
    """The two columns that are named after ids, else the first two."""
    named = [place for place, cell in enumerate(header) if re.search(r"^id|id$|_id_|\bid\b", cell, re.IGNORECASE)]
    return (named[0], named[1]) if len(named) >= 2 else (0, 1)


def _is_header(row: Sequence[str], first: int, second: int, ours: set[str], theirs: set[str]) -> bool:
    return row[first] not in ours or row[second] not in theirs


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _quoted(header: Sequence[str]) -> str:
    return ", ".join(f'"{cell}"' for cell in header[:12])
