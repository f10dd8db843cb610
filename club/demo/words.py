"""Puts pitches and reviews together from the phrase banks, from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from club.demo import phrases
from club.demo.albums import DemoAlbum
from club.demo.phrases import Deck


@dataclass(frozen=True)
class Writer:
    """The club's pen: one for all, so that two members never write the same line close together."""

    dice: random.Random
    decks: dict[str, Deck]

    @classmethod
    def seeded(cls, seed: str) -> Writer:
        dice = random.Random(f"{seed} words")  # noqa: S311 - a demo, not a secret
        banks = {
            "pitch": phrases.PITCHES,
            "pitch end": phrases.PITCH_ENDS,
            "loved": phrases.LOVED,
            "liked": phrases.LIKED,
            "cool": phrases.COOL,
            "track": phrases.ABOUT_TRACKS,
            "closer": phrases.CLOSERS,
        } | phrases.SOUNDS
        return cls(dice, {name: Deck(lines, dice) for name, lines in banks.items()})

    def pitch(self, album: DemoAlbum) -> str:
        """Why the club should listen to it; one in six says nothing."""
        if self.dice.random() < 1 / 6:
            return ""
        return self._say(album, self.dice.choice(album.tracks), "pitch", "pitch end")

    def review(self, album: DemoAlbum, halves: int, favorite: str) -> str:
        """What somebody who gave `halves` writes: a verdict, then a detail or two."""
        verdict = "loved" if halves >= 9 else "liked" if halves >= 6 else "cool"
        parts = [verdict, phrases.family(album.genres), "track", "closer"]
        chosen = [part for position, part in enumerate(parts) if position == 0 or self.dice.random() < 0.5]
        return self._say(album, favorite or album.tracks[0], *chosen)

    def _say(self, album: DemoAlbum, track: str, *parts: str) -> str:
        lines = [self.decks[part].deal() for part in parts]
        return " ".join(line for line in lines if line).format(
            album=album.title, artist=album.artist, track=track, year=album.year, genre=album.genres[0]
        )
