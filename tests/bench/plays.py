"""Plays to store, named like the catalogue that tests/bench/stock.py makes: `KNOWN` of them are of its tracks."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta

from integrations.types import Play

KNOWN = 0.6
PER_ALBUM, PER_ARTIST = 10, 40
"""Tracks of one album and of one artist: of track 123, the album is 12 and the artist 3."""

_YEARS = timedelta(days=5 * 365)


def batch(label: str, size: int, tracks: int, *, known: float = KNOWN) -> list[Play]:
    """A stretch of somebody's history, every play new. `label` makes its new names and its keys its own.

    Of what is new, half is by artists of the catalogue; four new tracks share an album. Many names have marks and
    accents, for folding is part of the work.
    """
    dice = random.Random(label)
    start = datetime.now(UTC).replace(microsecond=0) - _YEARS * dice.random() - timedelta(minutes=4 * size)
    plays = []
    for count in range(size):
        number = int(tracks * dice.random() ** 3)
        names = _stocked(number) if dice.random() < known else _new(f"{label} {count // 4}", count, number)
        moment = start + timedelta(minutes=4 * count, seconds=dice.randrange(60))
        plays.append(Play(*names, moment, key_of(f"{label} {count}"), 180_000, 200_000))
    return plays


def key_of(text: str) -> str:
    """40 hex digits, as `source_key` has them."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _stocked(number: int) -> tuple[str, str, str]:
    return f"Song {number}", f"Artist {number // PER_ARTIST}", f"Album {number // PER_ALBUM}"


def _new(album: str, count: int, number: int) -> tuple[str, str, str]:
    artist = (
        f"Artist {number // PER_ARTIST}" if count // 4 % 2 else f"Newcomer {album.rpartition(' ')[0]} {count // 16}"
    )
    title = f"Tune {album} {count}" + ("", "", " - 2011 Remaster", "", " (feat. Somebody)")[count % 5]
    return title, artist, f"Record {album}" + ("" if count // 4 % 10 else ": Björk's")
