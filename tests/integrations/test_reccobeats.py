"""ReccoBeats: rows belong to the track in their `href`, whatever their order."""

from __future__ import annotations

import pytest

from integrations.errors import BadAnswer, ComeBackLater, Rejected
from integrations.providers import reccobeats
from integrations.types import FeatureData
from tests.integrations.answers import uuid
from tests.integrations.fake_provider import Reply


def spotify_id(n: int) -> str:
    return f"{n:022d}"


def row(n: int, **changes: object) -> dict[str, object]:
    return {
        "id": uuid(n),
        "href": f"https://open.spotify.com/track/{spotify_id(n)}",
        "isrc": "GBUM72000433",
        "acousticness": 0.44,
        "danceability": 0.761,
        "energy": n / 100,
        "instrumentalness": 6.7e-06,
        "key": 11,
        "liveness": 0.0921,
        "loudness": -6.9,
        "mode": 1,
        "speechiness": 0.0944,
        "tempo": 80.87,
        "valence": 0.531,
        **changes,
    }


def test_rows_are_mapped_by_their_address_and_never_by_position(there):
    there.on("/v1/audio-features", Reply(200, {"content": [row(3), row(99), row(1), row(3, energy=0.9)]}))
    found = reccobeats.audio_features([spotify_id(n) for n in (1, 2, 3)])
    assert {one.asked_id: one.energy for one in found} == {spotify_id(1): 0.01, spotify_id(3): 0.03}
    assert there.requests[0].param("ids") == ",".join(spotify_id(n) for n in (1, 2, 3))


def test_a_row_is_read_whole():
    (found,) = reccobeats.parse_features({"content": [row(1)]}, [spotify_id(1)])
    assert found == FeatureData(spotify_id(1), 80.87, 11, 1, 0.01, 0.531, 0.761, 0.44, 6.7e-06, 0.0944, 0.0921, -6.9)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"key": -1}, "key"),
        ({"key": None}, "key"),
        ({"key": 12}, "key"),
        ({"mode": -1}, "mode"),
        ({"tempo": 0}, "tempo"),
        ({"tempo": "fast"}, "tempo"),
        ({"energy": 1.5}, "energy"),
        ({"energy": True}, "energy"),
        ({"valence": 1e999}, "valence"),
        ({"loudness": 120}, "loudness"),
    ],
)
def test_what_is_unknown_or_of_another_scale_is_none(changes, name):
    (found,) = reccobeats.parse_features({"content": [row(1, **changes)]}, [spotify_id(1)])
    assert getattr(found, name) is None


def test_zero_is_a_value_of_all_but_the_tempo():
    (found,) = reccobeats.parse_features({"content": [row(1, energy=0, key=0, mode=0, loudness=0)]}, [spotify_id(1)])
    assert (found.energy, found.key, found.mode, found.loudness) == (0.0, 0, 0, 0.0)


def test_no_ids_are_no_call_and_too_many_or_none_of_spotifys_are_refused(there):
    assert reccobeats.audio_features([]) == []
    for ids in ([spotify_id(n) for n in range(41)], ["x"], [f"{spotify_id(1)},{spotify_id(2)}"]):
        with pytest.raises(Rejected):
            reccobeats.audio_features(ids)
    assert there.requests == []


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(429, {"error": "slow"}, {"Retry-After": "3600"}), ComeBackLater),
        (Reply(200, {"content": None}), BadAnswer),
        (Reply(200, b'{"content": [{"tempo": NaN}]}', type="application/json"), BadAnswer),
    ],
)
def test_refusals_have_their_meaning(there, reply, outcome):
    there.on("*", reply)
    with pytest.raises(outcome):
        reccobeats.audio_features([spotify_id(1)])
