"""Listens that a client posts: the rows of `POST /listens/bulk`, checked one by one.

By hand and not by a serializer, because a thousand rows are checked in one request.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, isrc_of, known_ids, spotify_id_of, uuid_of
from listening.importers.rows import Reject, Unusable, believable, milliseconds_of, moment_of, name_of, optional_name


def read_submitted(row: object, latest: datetime, sources: Collection[str]) -> tuple[str, Play] | Reject:
    """(source, play), or why the row cannot be taken. `latest` is the latest start that is believed.

    The key is the moment and the names as cleaned: the same listen sent again, with or without its album
    or ids, is the same listen.
    """
    if not isinstance(row, dict):
        return Reject("not_an_object", "This row is not an object with named values.")
    try:
        source = row.get("source")
        if not isinstance(source, str) or source not in sources:
            raise Unusable("invalid_choice", f"source must be one of {', '.join(sources)}.")
        track = name_of(row.get("track"), "track", MAX_TRACK)
        artist = name_of(row.get("artist"), "artist")
        start = believable(moment_of(row.get("listened_at"), "listened_at"), latest)
        return source, Play(
            track=track,
            artist=artist,
            album=optional_name(row.get("album"), "album"),
            started_at=start,
            source_key=play_key(start, artist, track),
            ms_played=_length(row.get("ms_played"), "ms_played"),
            duration_ms=_length(row.get("duration_ms"), "duration_ms"),
            external_ids=_ids(row),
        )
    except Unusable as error:
        return error.reject


def _length(value: object, what: str) -> int | None:
    return None if value is None else milliseconds_of(value, what)


def _ids(row: dict[str, object]) -> dict[str, str]:
    return known_ids(
        spotify=_id(spotify_id_of(row.get("spotify_id")), row, "spotify_id", "a Spotify track id"),
        musicbrainz=_id(uuid_of(row.get("musicbrainz_id")), row, "musicbrainz_id", "the UUID of a recording"),
        isrc=_id(isrc_of(row.get("isrc")), row, "isrc", "an ISRC"),
    )


def _id(found: str, row: dict[str, object], name: str, what: str) -> str:
    """`found`; an id that was given but is none is refused, not dropped."""
    if not found and row.get(name) not in (None, ""):
        raise Unusable("invalid", f"{name} is not {what}.")
    return found
