"""What sources record of true plays: each with its stamps, its names, its gaps. Pure; nothing here knows the rule.

Stamps are as our importers hand them on: of Spotify's files the end less the time played, of the others as told.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listening.evaluation.listeners import Played, Song

Stamp = Callable[[random.Random, Played], float]
Names = Callable[[random.Random, Song], tuple[str, str]]


@dataclass(frozen=True)
class Told:
    """One record, and the true play it is of. `start` in seconds since 1970, `ms_played` where the source tells it."""

    play: int
    source: str
    start: float
    title: str
    artist: str
    ms_played: int | None
    duration_ms: int | None


def at_start(chance: random.Random, play: Played) -> float:
    return play.start


def seconds_off(most: float) -> Stamp:
    """Clocks and slow clients: mostly a few seconds, now and then up to `most`."""

    def stamp(chance: random.Random, play: Played) -> float:
        return play.start + (chance.uniform(-most, most) if chance.random() < 0.2 else chance.gauss(0, most / 8))

    return stamp


def at_minute(chance: random.Random, play: Played) -> float:
    return play.start // 60 * 60


def end_less_played(chance: random.Random, play: Played) -> float:
    return play.end - play.seconds


def minute_of_end_less_played(chance: random.Random, play: Played) -> float:
    return play.end // 60 * 60 - play.seconds


def at_end(chance: random.Random, play: Played) -> float:
    return play.end


def start_or_end(chance: random.Random, play: Played) -> float:
    """As Spotify's list of recent plays: starts on some days, ends on others."""
    return play.start if int(play.start // 86_400) % 2 else play.end


def hours_off(chance: random.Random, play: Played) -> float:
    return play.start + 7200


def as_named(chance: random.Random, song: Song) -> tuple[str, str]:
    return song.title, song.artist


def edited(chance: random.Random, song: Song) -> tuple[str, str]:
    """As services write the same track, each in its own way."""
    title, artist = song.title, song.artist
    title = chance.choice(
        [
            title,
            title.upper(),
            f"{title} (Album Version)",
            f"{title} - Remastered 2011",
            f"{title} - 2009 Remaster",
            f"{title} (feat. {song.guest})" if song.guest else title.lower(),
            title.replace(" ", ", ", 1) + "!",
            f"{title} - Single Version",
        ]
    )
    if song.guest:
        artist = chance.choice([artist, f"{artist} & {song.guest}", f"{artist} feat. {song.guest}"])
    return title, chance.choice([artist, artist.upper(), f"The {artist}"])


@dataclass(frozen=True)
class Recorder:
    source: str
    stamp: Stamp = at_start
    names: Names = as_named
    misses: float = 0.0
    """The share of plays it never hears of."""

    def tell(self, chance: random.Random, plays: Sequence[Played]) -> list[Told]:
        return [self._told(chance, play) for play in plays if chance.random() >= self.misses]

    def _told(self, chance: random.Random, play: Played) -> Told:
        title, artist = self.names(chance, play.song)
        at = self.stamp(chance, play)
        played = round(play.seconds * 1000) if self.source in ("spotify_history", "spotify_account") else None
        # Spotify's list of recent plays gives the length of every track, others of some.
        is_length_told = play.song.is_length_told or self.source == "spotify"
        return Told(
            play.id,
            self.source,
            round(at, 3) if self.source == "spotify" else float(int(at)),
            title,
            artist,
            played,
            play.song.length * 1000 if is_length_told else None,
        )
