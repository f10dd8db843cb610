"""Whose account an access is, and what they played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.errors import BadAnswer
from integrations.keys import source_key
from integrations.providers.spotify.asking import get
from integrations.providers.spotify.judging import NAME
from integrations.providers.spotify.shapes import picture_of
from integrations.types import Access, Play, PlaysPage, Profile, SkippedRow
from integrations.values import (
    AHEAD,
    EARLIEST,
    MAX_TRACK,
    BadRow,
    isrc_of,
    known_ids,
    length_ms,
    line,
    listed,
    name_of,
    optional_name,
    picture,
    record,
    records,
    spotify_id_of,
)

MOST_PLAYS = 50
"""Spotify tells the last 50 plays and no more, whatever is asked for."""
_SECONDS_END = 100_000_000_000
"""Milliseconds below are of 1973: somebody passed seconds, which Spotify takes without a word."""


def who(access: Access) -> Profile:
    """`id` is the account's `account_id` where `/me` tells it (since 2026-05; it never changes), else its old `id`.

    Restricted apps are told neither e-mail nor country, so nobody is; Spotify never verified the address anyway.
    """
    data = get(access, "me", "me")
    account, former = line(data.get("account_id")), line(data.get("id"))
    if not account and not former:
        raise BadAnswer(NAME, "Spotify did not say whose account this is.")
    return Profile(
        id=account or former,
        name=line(data.get("display_name")) or former or account,
        former_ids=(former,) if account and former and former != account else (),
        url=picture(record(data.get("external_urls")).get("spotify"), ("open.spotify.com",)),
        avatar_url=picture_of(data),
    )


def recently_played(
    access: Access, *, after_ms: int | None = None, before_ms: int | None = None, limit: int = MOST_PLAYS
) -> PlaysPage:
    """Plays after or before a moment (Unix milliseconds, exclusive; not both), of the last 50 there are.

    A play's `source_key` is made of the moment in milliseconds and the track's id: read again it is the same.
    `started_at` is what Spotify calls `played_at`, which has meant the end of the play at times. `next_cursor` is
    the `before_ms` of older plays; often there are none behind it. The artist is the track's first one: other sources
    name only that one.
    """
    moment = {"after": after_ms, "before": before_ms}
    asked = {key: value for key, value in moment.items() if value is not None}
    if len(asked) > 1 or any(0 < value < _SECONDS_END for value in asked.values()):
        raise ValueError("Ask after or before a moment in milliseconds.")
    data = get(access, "me/player/recently-played", "player", limit=limit, **asked)
    return page_of(data, limit, timezone.now())


def page_of(data: dict[str, Any], limit: int, now: datetime) -> PlaysPage:
    """The plays of an answer, newest first, and what else stood in it."""
    if data and not isinstance(data.get("items"), list):
        raise BadAnswer(NAME, "Spotify's list of plays has another shape than expected.")
    rows = listed(data.get("items"))
    plays: list[Play] = []
    skipped: list[SkippedRow] = []
    for row in rows:
        try:
            plays.append(_play(row, now))
        except BadRow as error:
            skipped.append(SkippedRow(str(error)))
    plays.sort(key=lambda play: play.started_at, reverse=True)
    cursor = line(record(data.get("cursors")).get("before")) if data.get("next") else ""
    return PlaysPage(
        plays, skipped, next_cursor=cursor if cursor.isdecimal() and cursor.isascii() else "", full=len(rows) >= limit
    )


def _play(row: object, now: datetime) -> Play:
    track = record(record(row).get("track"))
    if reason := _no_track(track):
        raise BadRow(reason)
    started = _moment(record(row).get("played_at"), now + AHEAD)
    artists = records(track.get("artists"))
    album = record(track.get("album"))
    track_id = line(track.get("id"))
    return Play(
        track=name_of(track.get("name"), "track", MAX_TRACK),
        artist=name_of(artists[0].get("name") if artists else None, "artist"),
        album=optional_name(album.get("name"), "album"),
        started_at=started,
        source_key=source_key(NAME, _milliseconds(started), track_id),
        duration_ms=length_ms(track.get("duration_ms")),
        external_ids=known_ids(
            spotify=spotify_id_of(track_id),
            spotify_album=spotify_id_of(album.get("id"), "album"),
            isrc=isrc_of(record(track.get("external_ids")).get("isrc")),
        ),
    )


def _no_track(track: dict[str, Any]) -> str:
    """Why a row is no play of music, or ""."""
    if not track:
        return "it names no track"
    if track.get("is_local") is True or line(track.get("uri")).startswith("spotify:local:"):
        return "a local file"
    if track.get("type", "track") != "track" or track.get("episode") is True:
        return "a podcast or audiobook"
    return "" if line(track.get("id")) else "the track has no id"


def _moment(value: object, latest: datetime) -> datetime:
    try:
        started = datetime.fromisoformat(value) if isinstance(value, str) and len(value) < 40 else None
        started = started.astimezone(UTC) if started and started.tzinfo else None
    except (ValueError, OverflowError):
        started = None
    if started is None:
        raise BadRow("the time of play is no time")
    if not EARLIEST <= started <= latest:
        raise BadRow("the time of play cannot be")
    return started


def _milliseconds(moment: datetime) -> int:
    """Whole ones: "…20Z" and "…20.000Z" are one moment."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
