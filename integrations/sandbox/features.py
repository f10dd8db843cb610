"""How a track sounds, made up: tempo, key, energy and the rest, so that albums of one genre are alike."""

from __future__ import annotations

from integrations.sandbox import ids
from integrations.sandbox.catalogue import Track


def of(seed: int, track: Track) -> dict[str, float | int]:
    """0 to 1, but tempo in BPM, loudness in dB, key 0 to 11, mode 0 or 1."""

    def near(name: str, spread: float = 0.3) -> float:
        """The album's own value, and the track's near it."""
        middle = 0.15 + 0.7 * ids.fraction(seed, name, track.album_key)
        return round(min(1.0, max(0.0, middle + spread * (ids.fraction(seed, name, track.spotify) - 0.5))), 4)

    energy = near("energy")
    return {
        "danceability": near("danceability"),
        "energy": energy,
        "key": ids.number(seed, "key", track.spotify) % 12,
        "loudness": round(-22 + 18 * energy + ids.fraction(seed, "loudness", track.spotify), 3),
        "mode": int(ids.fraction(seed, "mode", track.spotify) < 0.6),
        "speechiness": round(near("speechiness") * 0.3, 4),
        "acousticness": round(1 - near("acousticness", 0.6) * energy, 4),
        "instrumentalness": round(near("instrumentalness") ** 3, 6),
        "liveness": round(near("liveness") * 0.5, 4),
        "valence": near("valence", 0.5),
        "tempo": round(62 + 118 * near("tempo", 0.5), 3),
    }
