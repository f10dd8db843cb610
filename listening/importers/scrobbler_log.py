"""`.scrobbler.log` of portable players: tab-separated lines under `#AUDIOSCROBBLER/1.1`.

artist, album, track, number, length in seconds, rating (L listened, S skipped), time, and maybe the recording's id.
Under `#TZ/UTC` the time is seconds since 1970; else it is what the player's clock showed, counted as if that were
UTC: it is read in the member's zone. The key is what the clock showed, so that a change of zone doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from integrations.keys import play_key
from integrations.types import Play
from integrations.values import MAX_TRACK, known_ids, uuid_of
from listening.importers.rows import (
    Importer,
    Reading,
    Reject,
    Skip,
    Unusable,
    believable,
    epoch_of,
    milliseconds,
    name_of,
    optional_name,
    told,
)
from listening.importers.tables import tabbed_lines

_NAMES = ("artist", "album", "track", "number", "length", "rating", "time", "mbid")
_COLUMNS = Reject("columns", "This line does not have the values of a player's log.")


def recognise(sample: bytes) -> bool:
    return sample.lstrip().startswith(b"#AUDIOSCROBBLER/")


def lines(stream: BinaryIO) -> Iterator[object]:
    """Each line as {name: text}, with "utc" where the log says that its times are."""
    is_utc = False
    for fields in tabbed_lines(stream):
        if isinstance(fields, Reject):
            yield fields
        elif fields[0].startswith("#"):
            is_utc = is_utc or fields[0].strip().upper() == "#TZ/UTC"
        elif not 7 <= len(fields) <= 8:
            yield _COLUMNS
        else:
            yield {**dict(zip(_NAMES, fields, strict=False)), "utc": is_utc}


def read(record: dict[str, Any], reading: Reading) -> Play | Skip:
    if record["rating"].strip().upper() == "S":
        return Skip("skipped, says the player")
    if record["artist"] == "<Untagged>" or record["track"] == "<Untagged>":
        return Skip("no artist or track named")
    shown = epoch_of(told(record["time"].strip() or None), "time")
    artist = name_of(record["artist"], "artist")
    track = name_of(record["track"], "track", MAX_TRACK)
    album = optional_name(record["album"], "album")
    return Play(
        track=track,
        artist=artist,
        album=album,
        started_at=believable(shown if record["utc"] else _in_zone(shown, reading), reading.latest),
        source_key=play_key(shown if record["utc"] else shown.replace(tzinfo=None), artist, track),
        duration_ms=milliseconds(record["length"].strip()),
        external_ids=known_ids(musicbrainz=uuid_of(record.get("mbid", "").strip())),
    )


def _in_zone(shown: datetime, reading: Reading) -> datetime:
    try:
        return shown.replace(tzinfo=reading.zone).astimezone(UTC)
    except OverflowError:
        raise Unusable("out_of_range", "The time is not a time we can believe.") from None


SCROBBLER_LOG = Importer(
    name="scrobbler_log",
    title="A portable player's log",
    source="scrobbler_log",
    recognise=recognise,
    records=lines,
    read=read,
)
