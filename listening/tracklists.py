"""One list of tracks from what several catalogues say of an album. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from integrations.types import TrackData
from listening.folding import fold_track

MOST_TRACKS = 1000
APART_MS = 10_000
"""Lengths further apart than this are of two recordings."""


def combined(lists: Sequence[Sequence[TrackData]]) -> list[TrackData]:
    """The first list that holds anything, each track with the ids and the length that the others know of it."""
    first = next((tracks for tracks in lists if tracks), ())
    others = [tracks for tracks in lists if tracks and tracks is not first]
    return [_completed(track, others) for track in numbered(first)]


def numbered(tracks: Sequence[TrackData]) -> list[TrackData]:
    """With a number each: the place in the list where none is told."""
    return [
        track if track.number is not None else replace(track, number=at)
        for at, track in enumerate(tracks[:MOST_TRACKS], start=1)
        if track.title and track.artist_credit
    ]


def _completed(track: TrackData, others: Sequence[Sequence[TrackData]]) -> TrackData:
    for tracks in others:
        if (same := _same(track, tracks)) is not None:
            ids = {**same.external_ids, **track.external_ids}
            track = replace(track, external_ids=ids, duration_ms=track.duration_ms or same.duration_ms)
    return track


def _same(track: TrackData, tracks: Sequence[TrackData]) -> TrackData | None:
    """The track of that name: the one at the same place, or the only one."""
    named = [other for other in tracks if fold_track(other.title) == fold_track(track.title) and _as_long(track, other)]
    placed = [other for other in named if (other.disc, other.number) == (track.disc, track.number)]
    return placed[0] if placed else named[0] if len(named) == 1 else None


def _as_long(one: TrackData, other: TrackData) -> bool:
    if one.duration_ms is None or other.duration_ms is None:
        return True
    return abs(one.duration_ms - other.duration_ms) <= APART_MS
