"""Last.fm histories as exported by sites that read it: lastfmstats.com, mainstream.ghan.nl, benjaminbenben.com.

The first two tell the start to the second (the first in milliseconds), and Last.fm's own export on request has the
columns of the second. The last tells the minute alone, so its plays are a source of their own; it takes commas and
quotes out of the names and has no header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK
from listening.importers.lastfm import PLAYING, SOURCE, scrobble
from listening.importers.records import records, records_under
from listening.importers.rows import (
    Importer,
    Reading,
    Reject,
    Skip,
    Unusable,
    believable,
    epoch_of,
    name_of,
    number_of,
    optional_name,
    told,
)
from listening.importers.tables import columns_of, plain_rows, table

_DATE = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}),? (\d{1,2}):(\d{2})")
_DATED_LINE = re.compile(rb'^[^\n]*,\s?"?\d{1,2} [A-Z][a-z]{2} \d{4},? \d{1,2}:\d{2}"?\s*$', re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COLUMNS = Reject("columns", "This line does not have the four values artist, album, track and date.")


def read_lastfmstats(record: dict[str, Any], reading: Reading) -> Play | Skip:
    """Artist, Album, AlbumId, Track and Date, in JSON with small letters."""
    date = told(record.get("date"))
    if not date:
        return PLAYING
    album_id = record.get("albumId") or record.get("albumid")
    start = epoch_of(number_of(date, "date") // 1000, "date")
    return scrobble(
        start, record.get("artist"), record.get("track"), record.get("album"), None, album_id, latest=reading.latest
    )


def read_uts(record: dict[str, Any], reading: Reading) -> Play | Skip:
    """uts, utc_time, artist, artist_mbid, album, album_mbid, track, track_mbid."""
    uts = told(record.get("uts"))
    if not uts:
        return PLAYING
    artist_id = record.get("artist_mbid") or record.get("artistmbid")
    album_id = record.get("album_mbid") or record.get("albummbid")
    return scrobble(
        epoch_of(uts, "uts"),
        record.get("artist"),
        record.get("track"),
        record.get("album"),
        artist_id,
        album_id,
        latest=reading.latest,
    )


def read_minute(record: dict[str, Any], reading: Reading) -> Play | Skip:
    date = record["date"]
    if date in ("", "undefined", "null"):
        return PLAYING
    if date.lower() in ("date", "rawdatetime", "time"):
        return Skip("the names of the columns")
    start = _minute(date)
    artist = name_of(record["artist"], "artist")
    track = name_of(record["track"], "track", MAX_TRACK)
    return Play(
        track=track,
        artist=artist,
        album=optional_name(record["album"], "album"),
        started_at=believable(start, reading.latest),
        source_key=play_key(start, artist, track),
    )


def _minute(text: str) -> datetime:
    """ "06 Sep 2026, 14:23", with the comma or without, in UTC."""
    found = _DATE.fullmatch(text)
    if found and found[2] in _MONTHS:
        day, _, year, hour, minute = found.groups()
        with suppress(ValueError):
            return datetime(int(year), _MONTHS.index(found[2]) + 1, int(day), int(hour), int(minute), tzinfo=UTC)
    raise Unusable("not_a_time", "The date is not written like 06 Sep 2026, 14:23.")


def _minutes(stream: BinaryIO) -> Iterator[object]:
    for fields in plain_rows(stream):
        if isinstance(fields, Reject):
            yield fields
            continue
        if len(fields) == 5 and _DATE.fullmatch(f"{fields[3].strip()}, {fields[4].strip()}"):
            fields[3:] = [f"{fields[3].strip()}, {fields[4].strip()}"]
        if len(fields) != 4:
            yield _COLUMNS
            continue
        artist, album, track, date = fields
        yield {"artist": artist, "album": album, "track": track, "date": date.strip()}


def _recognise_stats_json(sample: bytes) -> bool:
    return sample.lstrip()[:1] == b"{" and b'"scrobbles"' in sample and b'"artist"' in sample and b'"date"' in sample


def _recognise_stats_csv(sample: bytes) -> bool:
    return {"artist", "album", "albumid", "track", "date"} <= columns_of(sample)


def _recognise_uts_json(sample: bytes) -> bool:
    return sample.lstrip()[:1] in (b"[", b"{") and b'"uts"' in sample and b'"utc_time"' in sample


def _recognise_uts_csv(sample: bytes) -> bool:
    return {"uts", "artist", "track"} <= columns_of(sample)


def _recognise_minutes(sample: bytes) -> bool:
    return _DATED_LINE.search(sample) is not None


IMPORTERS = (
    Importer(
        name="lastfmstats_json",
        title="Last.fm history from lastfmstats.com (JSON)",
        source=SOURCE,
        recognise=_recognise_stats_json,
        records=records_under("scrobbles"),
        read=read_lastfmstats,
    ),
    Importer(
        name="lastfmstats_csv",
        title="Last.fm history from lastfmstats.com (CSV)",
        source=SOURCE,
        recognise=_recognise_stats_csv,
        records=table,
        read=read_lastfmstats,
    ),
    Importer(
        name="lastfm_uts_json",
        title="Last.fm history (JSON rows)",
        source=SOURCE,
        recognise=_recognise_uts_json,
        records=records,
        read=read_uts,
    ),
    Importer(
        name="lastfm_uts_csv",
        title="Last.fm history (CSV)",
        source=SOURCE,
        recognise=_recognise_uts_csv,
        records=table,
        read=read_uts,
    ),
    Importer(
        name="lastfm_minutes",
        title="Last.fm history from benjaminbenben.com (CSV, to the minute)",
        source="lastfm_minutes",
        recognise=_recognise_minutes,
        records=_minutes,
        read=read_minute,
    ),
)
