"""The demo club's past as plain values: who nominated, voted and rated what, and when.

Pure: the same seed and the same day give the same club. All that happened lies before `today`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from club.demo.albums import DemoAlbum
from club.demo.people import DemoPerson
from club.demo.words import Writer
from club.tally import Ballot, Tally, tally

WEEKS = 30
TIES = {9: "first_place_votes", 17: "earliest_nomination"}
"""Weeks whose poll needs the ladder, and the step that decides it."""
OVERRIDDEN = 12
"""The week in which a moderator put the runner-up in the winner's place."""


@dataclass(frozen=True)
class PlannedNomination:
    by: DemoPerson
    album: DemoAlbum
    pitch: str
    at: datetime


@dataclass(frozen=True)
class PlannedVote:
    by: DemoPerson
    rank: int
    choice: int  # position in the week's nominations
    at: datetime


@dataclass(frozen=True)
class PlannedRating:
    by: DemoPerson
    halves: int
    favorite_track: str
    review: str
    at: datetime


@dataclass
class PlannedWeek:
    """`winner` is a position in `nominations`, None while the poll is open."""

    number: int
    date_discussion: datetime
    nominations: list[PlannedNomination] = field(default_factory=list)
    votes: list[PlannedVote] = field(default_factory=list)
    winner: int | None = None
    ratings: list[PlannedRating] = field(default_factory=list)

    @property
    def opened_at(self) -> datetime:
        return self.date_discussion - timedelta(days=15)

    @property
    def nominations_close_at(self) -> datetime:
        return self.date_discussion - timedelta(days=8)

    @property
    def votes_close_at(self) -> datetime:
        return self.date_discussion - timedelta(days=2)

    @property
    def won_by(self) -> DemoAlbum | None:
        return None if self.winner is None else self.nominations[self.winner].album

    def count(self) -> Tally:
        return tally(range(len(self.nominations)), [Ballot(v.choice, hash_of(v.by), v.rank) for v in self.votes])


def hash_of(person: DemoPerson) -> int:
    """A number for a person, the same in every process (hash() is not)."""
    return int.from_bytes(person.username.encode())


def plan_weeks(seed: str, today: date, people: Sequence[DemoPerson], albums: Sequence[DemoAlbum]) -> list[PlannedWeek]:
    """Thirty weeks, oldest first: the newest is being voted on, the one before is being discussed."""
    now = datetime.combine(today, time(), UTC)
    newest = datetime.combine(today + timedelta(days=6), time(19), UTC)
    writer = Writer.seeded(seed)
    voters = [person for person in people if person.status == "member"]
    weeks: list[PlannedWeek] = []
    for number in range(1, WEEKS + 1):
        week = PlannedWeek(number, newest - timedelta(weeks=WEEKS - number))
        dice = random.Random(f"{seed} week {number}")  # noqa: S311 - a demo, not a secret
        week.nominations = _nominations(week, dice, voters, _field(weeks, albums), writer)
        week.votes = _votes(week, f"{seed} poll {number}", voters, now)
        if week.votes_close_at <= now:
            week.winner = _winner(week)
            week.ratings = _ratings(week, dice, voters, writer, now)
        weeks.append(week)
    return weeks


def liking(person: DemoPerson, album: DemoAlbum) -> float:
    """How much an album is a person's kind of thing, 0.5 to about 5."""
    genres = " ".join(album.genres)
    own = random.Random(f"{person.username} {album.title}").random()  # noqa: S311 - a demo, not a secret
    return 0.5 + own + sum(1.5 for word in person.likes if word in genres)


def _field(weeks: Sequence[PlannedWeek], albums: Sequence[DemoAlbum]) -> list[DemoAlbum]:
    """What may be nominated: nothing that won or was up in the last six weeks; others only sometimes twice."""
    won = {week.won_by for week in weeks}
    lately = {entry.album for week in weeks[-6:] for entry in week.nominations}
    before = [entry.album for week in weeks for entry in week.nominations]
    twice = set(before[::5])
    used = set(before) - twice
    return [album for album in albums if album not in won and album not in lately and album not in used]


def _nominations(
    week: PlannedWeek,
    dice: random.Random,
    people: Sequence[DemoPerson],
    field: list[DemoAlbum],
    writer: Writer,
) -> list[PlannedNomination]:
    found: list[PlannedNomination] = []
    moments = sorted(dice.uniform(0.2, 6.8) for _ in range(dice.randint(5, 8)))
    for person, days in zip(dice.sample(list(people), len(moments)), moments, strict=True):
        free = [album for album in field if album not in {entry.album for entry in found}]
        album = dice.choices(free, [liking(person, album) ** 3 for album in free])[0]
        found.append(PlannedNomination(person, album, writer.pitch(album), _moment(week.opened_at, days)))
    return found


def _votes(week: PlannedWeek, seed: str, people: Sequence[DemoPerson], now: datetime) -> list[PlannedVote]:
    """A poll; where a tie is wanted, the first of many that ends in it."""
    for attempt in range(1000):
        dice = random.Random(f"{seed} {attempt}")  # noqa: S311 - a demo, not a secret
        week.votes = [vote for vote in _poll(week, dice, people) if vote.at < now]
        if week.count().tie_break == TIES.get(week.number):
            break
    return week.votes


def _poll(week: PlannedWeek, dice: random.Random, people: Sequence[DemoPerson]) -> list[PlannedVote]:
    votes: list[PlannedVote] = []
    for person in dice.sample(list(people), dice.randint(13, 21)):
        weights = [liking(person, entry.album) * (0.2 if entry.by == person else 1.0) for entry in week.nominations]
        first = dice.choices(range(len(weights)), weights)[0]
        weights[first] = 0.0
        second = dice.choices(range(len(weights)), weights)[0]
        at = _moment(week.nominations_close_at, min(0.02 + dice.expovariate(0.9), 5.9))
        votes.append(PlannedVote(person, 1, first, at))
        if dice.random() < 0.85:
            votes.append(PlannedVote(person, 2, second, at + timedelta(seconds=dice.randint(4, 90))))
    return votes


def _winner(week: PlannedWeek) -> int | None:
    count = week.count()
    return count.ranking[1].nomination_id if week.number == OVERRIDDEN else count.winner_id


def _ratings(
    week: PlannedWeek, dice: random.Random, people: Sequence[DemoPerson], writer: Writer, now: datetime
) -> list[PlannedRating]:
    album = week.won_by
    assert album is not None  # noqa: S101 - a decided week
    merit = dice.uniform(6.3, 9.0)
    found: list[PlannedRating] = []
    for person in dice.sample(list(people), dice.randint(11, 19)):
        at = _moment(week.votes_close_at, 0.3 + dice.expovariate(0.35))
        halves = min(10, max(2, round(dice.gauss(merit + 0.5 * (liking(person, album) - 1.5), 1.3))))
        favorite = dice.choice(album.tracks) if dice.random() < 0.7 else ""
        review = writer.review(album, halves, favorite) if dice.random() < 0.6 else ""
        if at < now:
            found.append(PlannedRating(person, halves, favorite, review, at))
    return sorted(found, key=lambda rating: rating.at)


def _moment(start: datetime, days: float) -> datetime:
    """To the second: what two engines store alike."""
    return (start + timedelta(days=days)).replace(microsecond=0)
