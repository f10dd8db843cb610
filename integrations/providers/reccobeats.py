"""ReccoBeats: audio features by Spotify's track ids, without a key.

Facts: at most 40 ids a call; unknown ones are left out, the order is its own and `id` is its own too, so that only
the last part of `href` says which of ours a row is about. Scales are Spotify's; `key` -1 means not found out.
Group: none; the limit is unpublished.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings

from integrations import values
from integrations.errors import Rejected
from integrations.http import Call, send
from integrations.providers.answers import garbled, json_judge
from integrations.providers.base import Provider
from integrations.providers.reading import object_of
from integrations.types import Access, FeatureData
from integrations.values import inner, records

NAME = "reccobeats"
LABEL = "ReccoBeats"
MOST = 40
"""Ids a call."""
SHARES = (
    "energy",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
    "speechiness",
    "liveness",
)
"""Told from 0 to 1."""

judge = json_judge(NAME, LABEL)


def audio_features(ids: Sequence[str]) -> list[FeatureData]:
    """Features of those of up to 40 Spotify track ids that it knows; `asked_id` says of which."""
    if not ids:
        return []
    if len(ids) > MOST or not all(values.spotify_id_of(one) == one for one in ids):
        raise Rejected(NAME, f"ReccoBeats takes up to {MOST} track ids of Spotify at a time.")
    call = Call(NAME, f"{settings.RECCOBEATS_API_URL}/v1/audio-features", params={"ids": ",".join(ids)})
    return parse_features(object_of(call, send(call, judge)), ids)


def parse_features(body: object, ids: Iterable[str]) -> list[FeatureData]:
    """What was answered about `ids`, each once; rows about anything else are left out."""
    if not isinstance(body, dict) or not isinstance(body.get("content"), list):
        raise garbled(NAME, LABEL)
    asked = set(ids)
    found: dict[str, FeatureData] = {}
    for row in records(inner(body).get("content")):
        spotify_id = values.spotify_id_of(row.get("href"))
        if spotify_id in asked:
            found.setdefault(spotify_id, _features(spotify_id, row))
    return list(found.values())


def _features(spotify_id: str, row: dict[str, Any]) -> FeatureData:
    tempo = values.real(row.get("tempo"), 0.0, 1000.0)
    return FeatureData(
        asked_id=spotify_id,
        tempo=tempo or None,
        key=values.whole(row.get("key"), 0, 11),
        mode=values.whole(row.get("mode"), 0, 1),
        loudness=values.real(row.get("loudness"), -100.0, 20.0),
        **{name: values.real(row.get(name), 0.0, 1.0) for name in SHARES},
    )


def _probe(_: Access) -> None:
    audio_features(["02MWAaffLxlfxAUY7c5dvx"])


PROVIDER = Provider(NAME, LABEL, judge, _probe)
