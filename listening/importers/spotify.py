"""Spotify's extended streaming history: a JSON array of plays, old `endsong` files and new ones alike.

`ts` is the end of the stream in UTC, so the start is `ts - ms_played`; for plays without a network `ts` can
be the upload months later, and `offline_timestamp` is the start (seconds; milliseconds in old files).
Addresses, user agents, device, country and user name in the rows are never read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.keys import source_key
from integrations.types import Play
from integrations.values import EARLIEST, MAX_TRACK, known_ids, spotify_id_of
from listening.importers.records import records
from listening.importers.rows import (
    Importer,
    Reading,
    Skip,
    Unusable,
    believable,
    milliseconds_of,
    moment_of,
    name_of,
    optional_name,
    told,
)

SHORT_MS = 30_000

# A stream that ended for one of these before SHORT_MS was not listened to (the rule of ListenBrainz).
_INTERRUPTED = frozenset(
    {
        "fwdbtn",
        "backbtn",
        "endplay",
        "clickrow",
        "clickside",
        "playbtn",
        "remote",
        "logout",
        "popup",
        "trackerror",
        "unexpected-exit",
        "unexpected-exit-while-paused",
    }
)


def recognise(sample: bytes) -> bool:
    return b'"ms_played"' in sample and (b'"spotify_track_uri"' in sample or b'"master_metadata_track_name"' in sample)


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    if reason := _left_out(record):
        return Skip(reason)
    ms_played = milliseconds_of(told(record.get("ms_played")), "time played")
    if ms_played < SHORT_MS and (record.get("skipped") or _reason_end(record) in _INTERRUPTED):
        return Skip("skipped after a few seconds")
    ended = moment_of(_iso(record.get("ts")), "time")
    track = name_of(record["master_metadata_track_name"], "track", MAX_TRACK)
    artist = name_of(record.get("master_metadata_album_artist_name"), "artist")
    uri = record.get("spotify_track_uri")
    said: list[str | int] = [int(ended.timestamp()), uri if isinstance(uri, str) and uri else f"{artist}\x1f{track}"]
    offline = _offline_start(record, ended)
    if offline:  # uploaded together: one `ts` and one length for every time the track was played
        said.append(int(offline.timestamp()))
    return Play(
        track=track,
        artist=artist,
        album=optional_name(record.get("master_metadata_album_album_name"), "album"),
        started_at=believable(offline or start_of(ended, ms_played), reading.latest),
        source_key=source_key(*said, ms_played),
        ms_played=ms_played,
        external_ids=known_ids(spotify=spotify_id_of(uri)),
    )


def _left_out(record: dict[str, Any]) -> str:
    """Why a row is no play of music, or empty."""
    if record.get("incognito_mode") is True:
        return "private session"
    if "master_metadata_track_name" not in record:
        raise Unusable("missing", "The track is missing.")
    if record["master_metadata_track_name"] is not None:
        return ""
    if record.get("episode_name") or record.get("spotify_episode_uri"):
        return "podcast"
    if record.get("audiobook_title") or record.get("audiobook_uri"):
        return "audiobook"
    return "no track named (video, or removed from Spotify)"


def _reason_end(record: dict[str, Any]) -> str:
    reason = record.get("reason_end")
    return reason if isinstance(reason, str) else ""


def _iso(text: object) -> object:
    """Old files say "2016-05-10 08:49:39 UTC"."""
    return f"{text[:-4]}+00:00" if isinstance(text, str) and text.endswith(" UTC") else text


def start_of(ended: datetime, ms_played: int) -> datetime:
    """When a stream began that ended then. Raises Unusable for times before the calendar."""
    try:
        return ended - timedelta(milliseconds=ms_played)
    except OverflowError:
        raise Unusable("too_old", "The time is before October 2002.") from None


def _offline_start(record: dict[str, Any], ended: datetime) -> datetime | None:
    """The device's own clock at the start of a play without a network, when it is a time before the row was written."""
    value = record.get("offline_timestamp")
    if record.get("offline") is not True or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value < 10**14:
        return None
    start = datetime.fromtimestamp(value / 1000 if value >= 10**11 else value, UTC)
    return start if EARLIEST <= start <= ended else None


SPOTIFY = Importer(
    name="spotify_extended",
    title="Spotify extended streaming history",
    source="spotify_history",
    recognise=recognise,
    records=records,
    read=read,
)
