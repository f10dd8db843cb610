"""Maloja's export: `{"maloja": {...}, "scrobbles": [...]}`, `time` the start in seconds since 1970.

A track has a list of artists in no order that we could rely on; the first is taken, as it is for others who read it.
"""

from __future__ import annotations

from typing import Any

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, whole_second
from listening.importers.records import records_under
from listening.importers.rows import (
    Importer,
    Reading,
    Skip,
    Unusable,
    believable,
    epoch_of,
    milliseconds,
    name_of,
    optional_name,
    told,
)


def recognise(sample: bytes) -> bool:
    return b'"scrobbles"' in sample and (b'"maloja"' in sample or (b'"artists"' in sample and b'"title"' in sample))


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    said = record.get("track")
    if not isinstance(said, dict):
        raise Unusable("missing", "The track is missing.")
    start = epoch_of(told(record.get("time")), "time")
    artists = said.get("artists")
    artist = name_of(artists[0] if isinstance(artists, list) and artists else artists or None, "artist")
    track = name_of(said.get("title"), "track", MAX_TRACK)
    album = said.get("album")
    return Play(
        track=track,
        artist=artist,
        album=optional_name(album.get("albumtitle") if isinstance(album, dict) else album, "album"),
        started_at=believable(start, reading.latest),
        source_key=play_key(whole_second(start), artist, track),
        ms_played=milliseconds(record.get("duration")),
        duration_ms=milliseconds(said.get("length")),
    )


MALOJA = Importer(
    name="maloja",
    title="Maloja export",
    source="maloja",
    recognise=recognise,
    records=records_under("scrobbles"),
    read=read,
)
