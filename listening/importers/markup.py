"""From bytes to rows: the tracks of `user.getRecentTracks` in XML, one page or many one behind another.

Each <track> is cut out of the text and parsed alone: a broken one costs itself, declarations of entities are never
read, and memory is bounded by MAX_ROW.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from listening.importers.records import MAX_ROW
from listening.importers.rows import Reject
from listening.importers.streams import as_text

_PIECE = 256 * 1024
_START = re.compile(r"<track(?=[\s>])")
_END = "</track>"
_BROKEN = Reject("broken", "This track is not valid XML.")
_CUT = Reject("cut_short", "This track has no end.")
_TOO_LONG = Reject("too_long", "This track is longer than 256 kB.")


def tracks(stream: BinaryIO) -> Iterator[object]:
    """Each track in the shape it has in JSON, as far as it is told."""
    text, buffer, piece = as_text(stream), "", "more"
    while piece:
        piece = text.read(_PIECE)
        buffer += piece
        starts = [found.start() for found in _START.finditer(buffer)]
        for start, end in pairwise(starts):
            yield _track(buffer[start:end])
        buffer = buffer[starts[-1] :] if starts else buffer[-len("<track") :]
        if len(buffer) > MAX_ROW:
            yield _TOO_LONG if _END not in buffer else _track(buffer)
            buffer = ""
    if _START.match(buffer):
        yield _track(buffer)


def _track(text: str) -> object:
    end = text.find(_END)
    if end < 0:
        return _CUT
    try:
        track = fromstring(text[: end + len(_END)])
    except (ParseError, DefusedXmlException, ValueError):
        return _BROKEN
    shape: dict[str, Any] = {
        "name": track.findtext("name"),
        "artist": _named(track.find("artist")),
        "album": _named(track.find("album")),
        "@attr": dict(track.attrib),
    }
    date = track.find("date")
    return shape if date is None else shape | {"date": dict(date.attrib)}


def _named(element: Any) -> dict[str, Any]:
    """Artist or album: the name as text with the id as attribute, or (extended) both as elements."""
    if element is None:
        return {}
    name = element.findtext("name")
    return {"#text": element.text if name is None else name, "mbid": element.get("mbid") or element.findtext("mbid")}
