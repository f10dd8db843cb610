"""Made-up listeners and what they truly played: sessions, tracks on repeat, tracks of half a minute, pauses. Pure.

Nothing here knows the rule. The same seed gives the same people for ever.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

DAY = 86_400
BEGIN = 1_735_689_600  # 1 January 2025

_WORDS = ("river", "glass", "orange", "static", "winter", "paper", "engine", "velvet", "hollow", "signal", "mirror")


@dataclass(frozen=True)
class Song:
    """A track: its length in seconds, and whether any source tells that length."""

    title: str
    artist: str
    guest: str
    length: int
    is_length_told: bool


@dataclass(frozen=True)
class Played:
    """One true play. `start` in seconds since 1970; `seconds` of music heard, `pause` of silence within."""

    id: int
    song: Song
    start: float
    seconds: float
    pause: float = 0

    @property
    def end(self) -> float:
        return self.start + self.seconds + self.pause


@dataclass(frozen=True)
class Taste:
    """How somebody listens: chances that a song is put on repeat, paused, left early, or is a short one."""

    repeat: float = 0.06
    pause: float = 0.03
    early: float = 0.05
    short: float = 0.04


def songs(chance: random.Random, number: int) -> list[Song]:
    found = []
    for place in range(number):
        artist = f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {place % 40}".title()
        guest = f"{chance.choice(_WORDS)} {place % 17}".title() if chance.random() < 0.2 else ""
        title = f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {place}".title()
        length = max(61, min(900, round(chance.lognormvariate(5.35, 0.35))))
        found.append(Song(title, artist, guest, length, chance.random() < 0.8))
    return found


def history(chance: random.Random, shelf: list[Song], days: int, taste: Taste) -> list[Played]:
    """Some fifty plays a day, one after the other, never two at once."""
    played: list[Played] = []
    for day in range(days):
        at = BEGIN + day * DAY + chance.uniform(6, 12) * 3600
        for _ in range(chance.randint(1, 4)):
            for song in _session(chance, shelf, taste):
                played.append(_heard(chance, len(played), song, at, taste))
                at = played[-1].end + (0 if chance.random() < 0.7 else chance.uniform(1, 90))
            at += chance.uniform(0.3, 3) * 3600
    return played


def _session(chance: random.Random, shelf: list[Song], taste: Taste) -> list[Song]:
    wanted: list[Song] = []
    for _ in range(chance.randint(5, 25)):
        song = chance.choice(shelf)
        if chance.random() < taste.short:
            length = 31 + len(song.title) * 7 % 30
            song = replace(song, title=f"{song.title} Interlude", length=length)
        wanted += [song] * (chance.randint(2, 6) if chance.random() < taste.repeat else 1)
    return wanted


def _heard(chance: random.Random, number: int, song: Song, at: float, taste: Taste) -> Played:
    seconds = song.length * chance.uniform(0.55, 0.95) if chance.random() < taste.early else song.length
    pause = chance.uniform(5, 200) if chance.random() < taste.pause else 0
    return Played(number, song, at, max(31.0, seconds), pause)
