"""A ListenBrainz export: one listen a line, `listened_at` the start in seconds since 1970.

`additional_info` is what the client claimed, `mbid_mapping` the server's match, which may be wrong or null.
Ids of the match are taken only where the names agree, so that a wrong match renames nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, isrc_of, known_ids, spotify_id_of, uuid_of, whole_second
from listening.importers.records import records, records_under
from listening.importers.rows import (
    Importer,
    Reading,
    Skip,
    Unusable,
    believable,
    epoch_of,
    milliseconds,
    name_of,
    optional_milliseconds,
    optional_name,
    told,
)


def recognise(sample: bytes) -> bool:
    return b'"track_metadata"' in sample and b'"listened_at"' in sample


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    if record.get("playing_now") is True or record.get("listen_type") == "playing_now":
        return Skip("playing now, not a listen")
    said = record.get("track_metadata")
    if not isinstance(said, dict):
        raise Unusable("missing", "The track_metadata is missing.")
    start = epoch_of(told(record.get("listened_at")), "listened_at")
    artist = name_of(said.get("artist_name"), "artist")
    track = name_of(said.get("track_name"), "track", MAX_TRACK)
    album = optional_name(said.get("release_name"), "album")
    client, match = _object(said.get("additional_info")), _object(said.get("mbid_mapping"))
    return Play(
        track=track,
        artist=artist,
        album=album,
        started_at=believable(start, reading.latest),
        source_key=play_key(whole_second(start), artist, track),
        ms_played=milliseconds(client.get("duration_played")),
        duration_ms=optional_milliseconds(told(client.get("duration_ms"))) or milliseconds(client.get("duration")),
        external_ids=known_ids(
            spotify=spotify_id_of(client.get("spotify_id")),
            isrc=isrc_of(client.get("isrc")),
            musicbrainz=uuid_of(client.get("recording_mbid")) or _matched_recording(match, track),
            musicbrainz_artist=_artist_id(client, match, artist),
            **(_album_ids(client, match) if album else {}),
        ),
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _matched_recording(match: dict[str, Any], track: str) -> str:
    name = match.get("recording_name")
    return uuid_of(match.get("recording_mbid")) if isinstance(name, str) and name.casefold() == track.casefold() else ""


def _artist_id(client: dict[str, Any], match: dict[str, Any], artist: str) -> str:
    """The id of a single artist; of several it is not said whose name the line is."""
    matched = match.get("artists")
    if isinstance(matched, list) and len(matched) == 1 and isinstance(matched[0], dict):
        name = matched[0].get("artist_credit_name")
        if isinstance(name, str) and name.casefold() == artist.casefold():
            return uuid_of(matched[0].get("artist_mbid"))
    claimed = client.get("artist_mbids")
    return uuid_of(claimed[0]) if isinstance(claimed, list) and len(claimed) == 1 else ""


def _album_ids(client: dict[str, Any], match: dict[str, Any]) -> dict[str, str]:
    """Of the release the client names. The server matches a recording, which may stand on another release too."""
    release = uuid_of(client.get("release_mbid"))
    group = uuid_of(client.get("release_group_mbid"))
    if not group and release and release == uuid_of(match.get("release_mbid")):
        group = uuid_of(match.get("release_group_mbid"))
    return known_ids(musicbrainz_release=release, musicbrainz_release_group=group)


def _in_list(key: bytes) -> Callable[[bytes], bool]:
    opening = re.compile(rb'"%s"\s*:\s*\[' % key)
    return lambda sample: recognise(sample) and opening.search(sample) is not None


# What the API answers (`{"payload": {"listens": [...]}}`) and takes (`{"payload": [...]}`), saved as it is.
PAGES = tuple(
    Importer(
        name="listenbrainz_pages",
        title="ListenBrainz listens",
        source="listenbrainz",
        recognise=_in_list(key.encode()),
        records=records_under(key),
        read=read,
    )
    for key in ("listens", "payload")
)
LISTENBRAINZ = Importer(
    name="listenbrainz_export",
    title="ListenBrainz export",
    source="listenbrainz",
    recognise=recognise,
    records=records,
    read=read,
)
