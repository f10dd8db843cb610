"""Who heard what when: a function of seed, person and day, so that nothing is kept and two reads agree.

The same play is told differently: Spotify stamps the end in milliseconds and leaves out what was heard elsewhere;
Last.fm and ListenBrainz stamp the start in seconds and leave out what was broken off before half of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from threading import Lock

from integrations.sandbox.catalogue import Album, Catalogue, Track
from integrations.sandbox.people import Person

DAY = 86_400_000
DAYS_OF_HISTORY = 90
"""Before the day the sandbox was first started."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`kind` is track, local (a file of their own), episode (of a podcast) or lost (Spotify knows it no more)."""

    started_ms: int
    track: Track
    ms_played: int
    kind: str
    elsewhere: bool
    late_ms: int

    @property
    def ended_ms(self) -> int:
        return self.started_ms + self.ms_played

    @property
    def is_at_spotify(self) -> bool:
        return not self.elsewhere and self.ms_played >= 30_000

    @property
    def is_scrobbled(self) -> bool:
        """Half the track or four minutes, and music."""
        return self.kind in ("track", "local") and self.ms_played >= min(self.track.duration_ms / 2, 240_000)

    @property
    def at_spotify_ms(self) -> int:
        """When Spotify shows it: some come late."""
        return self.ended_ms + 2000 + self.late_ms


class Hearing:
    """Days are worked out when first asked for, and remembered."""

    def __init__(self, seed: int, catalogue: Catalogue, first_day: int) -> None:
        self.seed, self.catalogue, self.first_day = seed, catalogue, first_day
        self._days: dict[tuple[str, int], tuple[Heard, ...]] = {}
        self._whole: dict[str, tuple[int, list[Heard]]] = {}
        self._favourite: dict[str, list[Album]] = {}
        self._lock = Lock()

    def day(self, person: Person, day: int) -> tuple[Heard, ...]:
        """All plays that start on that UTC day (number since 1970), also those yet to come; oldest first."""
        if (person.key, day) not in self._days:
            self._days[person.key, day] = tuple(self._heard_on(person, day))
        return self._days[person.key, day]

    def newest_first(self, person: Person, now_ms: int) -> Iterator[Heard]:
        """All that started by now."""
        for day in range(now_ms // DAY, self.first_day - 1, -1):
            yield from (heard for heard in reversed(self.day(person, day)) if heard.started_ms <= now_ms)

    def now_playing(self, person: Person, now_ms: int) -> Heard | None:
        newest = next(self.newest_first(person, now_ms), None)
        return newest if newest and newest.kind == "track" and newest.ended_ms > now_ms else None

    def scrobbles(self, person: Person, now_ms: int) -> list[Heard]:
        """What Last.fm and ListenBrainz know, oldest first: appended to, never changed."""
        with self._lock:
            today = now_ms // DAY
            until, known = self._whole.get(person.key, (self.first_day, []))
            if until > today:  # the clock went back
                until, known = self.first_day, []
            for day in range(until, today):
                known.extend(heard for heard in self.day(person, day) if heard.is_scrobbled)
            self._whole[person.key] = (today, known)
            running = [heard for heard in self.day(person, today) if heard.is_scrobbled]
            return known + [heard for heard in running if heard.ended_ms <= now_ms]

    def recently(self, person: Person, now_ms: int) -> list[Heard]:
        """The 50 plays that Spotify still knows, newest first by their end."""
        found: list[Heard] = []
        for heard in self.newest_first(person, now_ms):
            if heard.is_at_spotify and heard.at_spotify_ms <= now_ms:
                found.append(heard)
            if len(found) == 50:
                break
        return found

    def _heard_on(self, person: Person, day: int) -> Iterator[Heard]:
        chance = Random(f"{self.seed} {person.key} {day}")  # noqa: S311 - no secret
        if person.plays is not None:
            if day == self.first_day + 7 and person.plays:
                track = chance.choice(self.catalogue.tracks)
                yield Heard(day * DAY + 43_200_000, track, track.duration_ms, "track", False, 0)
            return
        at = day * DAY
        for habit in person.habits:
            if chance.random() >= habit.likely:
                continue
            at = max(at, day * DAY + int((habit.start + chance.random() * 0.2) * 3_600_000))
            end = day * DAY + int(min(habit.end, 23.85) * 3_600_000)
            while at < end:
                for track in self._sitting(person, chance):
                    if at >= end:
                        break
                    heard = _one(track, at, chance)
                    yield heard
                    at = heard.ended_ms + chance.randint(200, 3000)

    def _sitting(self, person: Person, chance: Random) -> list[Track]:
        """An album in order, or some of its tracks, or one track over and over."""
        album = self._album(person, chance)
        kind = chance.random()
        if kind < 0.55:
            return list(album.tracks[:14])
        if kind < 0.97:
            return [chance.choice(self._album(person, chance).tracks) for _ in range(chance.randint(3, 9))]
        return [chance.choice(album.tracks)] * chance.randint(2, 4)

    def _album(self, person: Person, chance: Random) -> Album:
        """Mostly one of their forty favourites, mostly one of the first of them."""
        if chance.random() < 0.15:
            return chance.choice(self.catalogue.albums)
        favourites = self._favourites(person)
        return favourites[int(len(favourites) * chance.random() ** 2)]

    def _favourites(self, person: Person) -> list[Album]:
        if person.key not in self._favourite:
            chance = Random(f"{self.seed} favourites {person.key}")  # noqa: S311 - no secret
            albums = self.catalogue.albums
            own = [album for album in albums if not person.japanese or album.artists[0].country == "JP"]
            self._favourite[person.key] = chance.sample(own, min(40, len(own)))
        return self._favourite[person.key]


def _one(track: Track, at: int, chance: Random) -> Heard:
    """Most are heard to the end; some are broken off, some elsewhere, and a few are no music Spotify can name."""
    played = track.duration_ms if chance.random() < 0.88 else int(track.duration_ms * chance.uniform(0.02, 0.95))
    odd = chance.random()
    kind = "local" if odd < 0.01 else "episode" if odd < 0.016 else "lost" if odd < 0.022 else "track"
    late = chance.randint(300_000, 5_400_000) if chance.random() < 0.03 else 0
    return Heard(at, track, max(played, 2000), kind, chance.random() < 0.05, late)
