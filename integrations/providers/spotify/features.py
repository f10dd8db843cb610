"""Audio features, which Spotify closed on 2024-11-27 to all apps but older ones with an extended quota."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.capabilities import is_open, note_closed, note_open
from integrations.errors import Forbidden, NotThere
from integrations.providers.spotify.asking import checked, get
from integrations.providers.spotify.judging import NAME
from integrations.types import Access, FeatureData
from integrations.values import line, real, records, whole

AT_ONCE = 100
CAPABILITY = "audio_features"
_CLOSED = "Spotify does not offer audio features to us."


def audio_features(access: Access, ids: Sequence[str]) -> list[FeatureData]:
    """Of at most 100 tracks, those that have any. Forbidden(reason="closed") where this app may not; then nothing is
    asked for a week, and nobody's account is at fault."""
    if len(ids) > AT_ONCE:
        raise ValueError(f"At most {AT_ONCE} tracks at once.")
    if not is_open(NAME, CAPABILITY):
        raise Forbidden(NAME, _CLOSED, reason="closed")
    if not ids:
        return []
    try:
        data = get(access, "audio-features", "features", ids=",".join(map(checked, ids)))
    except NotThere:
        note_closed(NAME, CAPABILITY, "Spotify answered that there is no such endpoint.")
        raise Forbidden(NAME, _CLOSED, reason="closed") from None
    except Forbidden as error:
        if error.reason == "closed":
            note_closed(NAME, CAPABILITY, "Spotify answered that this app may not read audio features.")
        raise
    note_open(NAME, CAPABILITY)
    return [features_of(row) for row in records(data.get("audio_features")) if line(row.get("id"))]


def features_of(row: dict[str, Any]) -> FeatureData:
    """A tempo of 0 and a key of -1 mean that Spotify could not tell."""
    return FeatureData(
        asked_id=line(row.get("id")),
        tempo=real(row.get("tempo"), 1, 400),
        key=whole(row.get("key"), 0, 11),
        mode=whole(row.get("mode"), 0, 1),
        energy=_share(row, "energy"),
        valence=_share(row, "valence"),
        danceability=_share(row, "danceability"),
        acousticness=_share(row, "acousticness"),
        instrumentalness=_share(row, "instrumentalness"),
        speechiness=_share(row, "speechiness"),
        liveness=_share(row, "liveness"),
        loudness=real(row.get("loudness"), -100, 20),
    )


def _share(row: dict[str, Any], key: str) -> float | None:
    return real(row.get(key), 0, 1)
