"""Last.fm's own words: pages of `user.getRecentTracks` as downloaders save them, in JSON or XML.

Numbers are strings, a single track may stand where a list should, and the track that is playing comes on top of
every page, without a date. `uts` is the start in seconds. All that tell the second are one source, keyed by time
and names: the same scrobble from two kinds of file is stored once. Track ids are not taken: Last.fm's are often of
another recording, and an id would win over the name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, known_ids, uuid_of, whole_second
from listening.importers.markup import tracks
from listening.importers.records import records, records_under
from listening.importers.rows import Importer, Reading, Skip, believable, epoch_of, name_of, optional_name, told

SOURCE = "lastfm"
PLAYING = Skip("playing now, not a listen")


def scrobble(
    start: datetime,
    artist: object,
    track: object,
    album: object,
    artist_id: object,
    album_id: object,
    *,
    latest: datetime,
) -> Play:
    """A play of Last.fm as any of its files tells it. Raises Unusable."""
    artist_name = name_of(artist, "artist")
    track_name = name_of(track, "track", MAX_TRACK)
    album_name = optional_name(album, "album")
    return Play(
        track=track_name,
        artist=artist_name,
        album=album_name,
        started_at=believable(start, latest),
        source_key=play_key(whole_second(start), artist_name, track_name),
        external_ids=known_ids(
            musicbrainz_artist=uuid_of(artist_id), musicbrainz_release=uuid_of(album_id) if album_name else ""
        ),
    )


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    date, attributes = record.get("date"), record.get("@attr")
    if not date or (isinstance(attributes, dict) and attributes.get("nowplaying") == "true"):
        return PLAYING
    start = epoch_of(told(date.get("uts") if isinstance(date, dict) else date), "date")
    artist, album = _named(record.get("artist")), _named(record.get("album"))
    return scrobble(start, artist[0], record.get("name"), album[0], artist[1], album[1], latest=reading.latest)


def _named(value: object) -> tuple[object, object]:
    """(name, id) of an artist or album; the name is "#text", or "name" where the page was asked for as extended."""
    if not isinstance(value, dict):
        return value, None
    return value.get("#text", value.get("name")), value.get("mbid")


def _is_json(sample: bytes) -> bool:
    return sample.lstrip()[:1] in (b"[", b"{") and b'"lovedtracks"' not in sample


def _recognise_pages(sample: bytes) -> bool:
    return _is_json(sample) and (b'"recenttracks"' in sample or (b'"track"' in sample and b'"#text"' in sample))


def _recognise_tracks(sample: bytes) -> bool:
    return _is_json(sample) and b'"#text"' in sample and b'"date"' in sample and b'"uts"' in sample


def _recognise_xml(sample: bytes) -> bool:
    return sample.lstrip()[:1] == b"<" and b"<recenttracks" in sample


IMPORTERS = (
    Importer(
        name="lastfm_pages",
        title="Last.fm history (JSON pages)",
        source=SOURCE,
        recognise=_recognise_pages,
        records=records_under("track"),
        read=read,
    ),
    Importer(
        name="lastfm_tracks",
        title="Last.fm history (JSON)",
        source=SOURCE,
        recognise=_recognise_tracks,
        records=records,
        read=read,
    ),
    Importer(
        name="lastfm_xml",
        title="Last.fm history (XML)",
        source=SOURCE,
        recognise=_recognise_xml,
        records=tracks,
        read=read,
    ),
)
