"""Typed values that come in from providers and files. Foreign JSON ends where these begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Play:
    """One play as a source tells it, cleaned: one-line names that are not blank, a start in UTC.

    `album` is None when the source names none. `source_key` is a hash of what the source said.
    `external_ids` may hold, of the track: spotify, musicbrainz (recording), isrc; of its album:
    musicbrainz_release, musicbrainz_release_group; of its artist: musicbrainz_artist.
    """

    track: str
    artist: str
    album: str | None
    started_at: datetime
    source_key: str
    ms_played: int | None = None
    duration_ms: int | None = None
    external_ids: dict[str, str] = field(default_factory=dict)
