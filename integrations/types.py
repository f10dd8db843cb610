"""Typed values that come in from providers and files. Foreign JSON ends where these begin.

Names are cleaned one-line text that is not blank, times are aware UTC. A field that the provider does not tell is
None, "" or empty: it is never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from integrations.secret import Secret

T = TypeVar("T")


@dataclass(frozen=True)
class Play:
    """One play as a source tells it, cleaned: one-line names that are not blank, a start in UTC.

    `album` is None when the source names none. `source_key` is a hash of what the source said.
    `external_ids` may hold, of the track: spotify, musicbrainz (recording), isrc; of its album:
    spotify_album, musicbrainz_release, musicbrainz_release_group; of its artist: musicbrainz_artist.
    """

    track: str
    artist: str
    album: str | None
    started_at: datetime
    source_key: str
    ms_played: int | None = None
    duration_ms: int | None = None
    external_ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SkippedRow:
    """A row of an answer that is no play (now playing, podcast, local file) or could not be read, and why."""

    why: str


@dataclass(frozen=True)
class PlaysPage:
    """Plays of one answer, newest first, and how to go on.

    `next_cursor` is opaque text to ask for the following page with, "" where there is none. `full` says that the
    page is as long as the provider lets it be, so that older plays may exist beyond it. `total_pages` where told.
    """

    plays: list[Play]
    skipped: list[SkippedRow] = field(default_factory=list)
    next_cursor: str = ""
    full: bool = False
    total_pages: int | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of many, and the opaque cursor of the next page ("" where there is none)."""

    items: list[T]
    next_cursor: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Profile:
    """Who an account elsewhere is. `id` is what links are keyed on; `former_ids` are older keys of the same account."""

    id: str
    name: str
    former_ids: tuple[str, ...] = ()
    email: str = ""
    email_verified: bool = False
    url: str = ""
    avatar_url: str = ""


@dataclass(frozen=True)
class Tokens:
    """What a token endpoint gives. `refresh_token` is empty where the reply brings none: the old one stays."""

    access_token: Secret
    expires_in: int | None
    refresh_token: Secret = field(default_factory=Secret)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Access:
    """What a call is made with: whose account (our id, for budgets and blocks) and its token. Neither: the app's."""

    account_id: int | None = None
    token: Secret = field(default_factory=Secret)
    name: str = ""
    """The account's name there, for providers that ask by name."""


NOBODY = Access()
"""Calls that belong to no account."""


@dataclass(frozen=True)
class ArtistData:
    name: str
    external_ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TagData:
    """A word about an album or artist with its weight as the provider counts (0 to 100, or votes)."""

    name: str
    weight: int = 1
    is_genre: bool = False


@dataclass(frozen=True)
class TrackData:
    title: str
    artists: tuple[ArtistData, ...]
    artist_credit: str
    duration_ms: int | None = None
    disc: int = 1
    number: int | None = None
    external_ids: dict[str, str] = field(default_factory=dict)
    album: str = ""


@dataclass(frozen=True)
class AlbumData:
    """An album or one of its editions. `external_ids` by scheme as in the catalogue (spotify, musicbrainz,
    musicbrainz_release, upc, deezer, apple). `kind` is album, single, ep, compilation, ... or "". `tracks` may be the
    first page only: `tracks_total` tells."""

    title: str
    artists: tuple[ArtistData, ...]
    artist_credit: str
    released: str = ""
    """ "2012", "2012-10" or "2012-10-05": as exact as told."""
    kind: str = ""
    cover_url: str = ""
    external_ids: dict[str, str] = field(default_factory=dict)
    tags: tuple[TagData, ...] = ()
    tracks: tuple[TrackData, ...] = ()
    tracks_total: int | None = None
    country: str = ""
    score: float | None = None
    """A search hit as the provider rates it, 0 to 100; no probability."""

    @property
    def year(self) -> int | None:
        text = self.released[:4]
        return int(text) if text.isascii() and text.isdigit() and 1860 <= int(text) <= date.max.year else None


@dataclass(frozen=True)
class FeatureData:
    """Audio features of one track; every value may be missing. 0 to 1, but `tempo` in BPM, `loudness` in dB,
    `key` 0 (C) to 11, `mode` 1 major 0 minor. `asked_id` is the id we asked by."""

    asked_id: str
    tempo: float | None = None
    key: int | None = None
    mode: int | None = None
    energy: float | None = None
    valence: float | None = None
    danceability: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    speechiness: float | None = None
    liveness: float | None = None
    loudness: float | None = None


@dataclass(frozen=True)
class PlaylistRef:
    """A playlist elsewhere, without what is in it. `snapshot_id` changes with every write."""

    id: str
    name: str
    snapshot_id: str = ""
    url: str = ""
    description: str = ""
    owner_id: str = ""
    total: int | None = None
    public: bool | None = None


@dataclass(frozen=True)
class PlaylistItem:
    """One row: the track's URI, or "" for what cannot be added again (local file, gone, episode)."""

    uri: str
    title: str = ""
