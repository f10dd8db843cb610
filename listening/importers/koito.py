"""Koito's own export: `{"version": "1", "listens": [...]}`, `listened_at` the start with its zone.

Track, album and artists each have aliases, of which one is the name shown; the first artist is taken unless another
is marked as the primary one. Ids are those its owner keeps: of a recording, a release, an artist.
"""

from __future__ import annotations

from typing import Any

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, known_ids, uuid_of, whole_second
from listening.importers.records import records_under
from listening.importers.rows import (
    Importer,
    Reading,
    Skip,
    Unusable,
    believable,
    milliseconds,
    moment_of,
    name_of,
    optional_name,
)


def recognise(sample: bytes) -> bool:
    return b'"listens"' in sample and b'"aliases"' in sample and b'"listened_at"' in sample


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    start = moment_of(record.get("listened_at"), "listened_at")
    said = _object(record.get("track"))
    maker = _primary(record.get("artists"))
    release = _object(record.get("album"))
    artist = name_of(_primary(maker.get("aliases")).get("alias"), "artist")
    track = name_of(_primary(said.get("aliases")).get("alias"), "track", MAX_TRACK)
    album = optional_name(_primary(release.get("aliases")).get("alias"), "album")
    return Play(
        track=track,
        artist=artist,
        album=album,
        started_at=believable(start, reading.latest),
        source_key=play_key(whole_second(start), artist, track),
        duration_ms=milliseconds(said.get("duration")),
        external_ids=known_ids(
            musicbrainz=uuid_of(said.get("mbid")),
            musicbrainz_artist=uuid_of(maker.get("mbid")),
            musicbrainz_release=uuid_of(release.get("mbid")) if album else "",
        ),
    )


def _object(value: object) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise Unusable("not_an_object", "A part of this row is not an object with named values.")
    return value or {}


def _primary(values: object) -> dict[str, Any]:
    """The object of a list that is marked as primary, else its first."""
    found = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    return next((each for each in found if each.get("is_primary") is True), found[0] if found else {})


KOITO = Importer(
    name="koito",
    title="Koito export",
    source="koito",
    recognise=recognise,
    records=records_under("listens"),
    read=read,
)
