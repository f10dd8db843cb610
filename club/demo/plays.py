"""A year of listening for each member of the demo, as plays.

Pure: the same seed and the same day give the same plays. People hear albums in sittings, at the
hours people do in their own zone, come back to their favourites, and play what the club has chosen.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from club.demo.albums import DemoAlbum
from club.demo.people import DemoPerson
from club.demo.plan import PlannedWeek, liking
from integrations.types import Play

HOURS = (2, 1, 0, 0, 0, 1, 3, 7, 9, 8, 6, 5, 5, 6, 6, 6, 7, 9, 10, 11, 12, 11, 8, 4)
"""How often a sitting begins in each hour of the day, at the listener's own clock."""
DAYS = 365
_SITTING = 8  # tracks at most, so that a sitting ends within its hour


def plan_plays(
    seed: str, today: date, person: DemoPerson, weeks: Sequence[PlannedWeek], albums: Sequence[DemoAlbum]
) -> list[Play]:
    """About `person.plays` plays of the year before `today`, oldest first, none overlapping another."""
    dice = random.Random(f"{seed} plays {person.username}")  # noqa: S311 - a demo, not a secret
    diary = _Diary(person, today, dice)
    for week in weeks:
        if week.won_by and dice.random() < 0.75:
            for _ in range(dice.randint(1, 3)):
                diary.sit(week.won_by, week.votes_close_at.date() + timedelta(days=dice.randint(0, 9)))
    favorites = dice.choices(albums, [liking(person, album) ** 3 for album in albums], k=26)
    weights = [1 / (place + 2) for place in range(len(favorites))]
    while len(diary.plays) < person.plays:
        day = today - timedelta(days=1 + min(DAYS - 1, int(abs(dice.triangular(-90, DAYS, 20)))))
        diary.sit(dice.choices(favorites, weights)[0], day)
    return sorted(diary.plays, key=lambda play: play.started_at)


class _Diary:
    """What one person played, one sitting an hour."""

    def __init__(self, person: DemoPerson, today: date, dice: random.Random) -> None:
        self.person, self.dice = person, dice
        self.zone = ZoneInfo(person.zone)
        self.end = datetime.combine(today, time(), UTC)
        self.taken: set[datetime] = set()
        self.plays: list[Play] = []

    def sit(self, album: DemoAlbum, day: date) -> None:
        """Play some of an album on that day; nothing when that hour is taken or yet to come."""
        hour = self.dice.choices(range(24), HOURS)[0]
        slot = datetime.combine(day, time(hour), self.zone).astimezone(UTC)
        slot = slot.replace(minute=0)
        if slot in self.taken or slot + timedelta(hours=1) > self.end:
            return
        self.taken.add(slot)
        self.plays.extend(self._sitting(album, slot + timedelta(seconds=self.dice.randint(0, 500))))

    def _sitting(self, album: DemoAlbum, moment: datetime) -> Iterator[Play]:
        first = 0 if self.dice.random() < 0.7 else self.dice.randrange(len(album.tracks))
        for track in album.tracks[first : first + _SITTING]:
            duration = duration_ms(album, track)
            played = duration if self.dice.random() < 0.93 else int(duration * self.dice.uniform(0.3, 0.9))
            yield Play(
                track=track,
                artist=album.artist,
                album=album.title,
                started_at=moment,
                source_key=source_key(self.person, moment),
                ms_played=played,
                duration_ms=duration,
            )
            moment += timedelta(milliseconds=played, seconds=1)
            moment = moment.replace(microsecond=0)


def duration_ms(album: DemoAlbum, track: str) -> int:
    """A made-up length between 2 and 6 minutes, always the same for a track."""
    return random.Random(f"{album.title} {track}").randint(120, 360) * 1000  # noqa: S311 - a demo, not a secret


def source_key(person: DemoPerson, moment: datetime) -> str:
    return hashlib.sha256(f"demo {person.username} {moment.isoformat()}".encode()).hexdigest()[:40]
