"""The people of the made-up world. Each has an account at every provider, and is odd in one way of its own."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.sandbox import ids


@dataclass(frozen=True)
class Habit:
    """From and to an hour of the day (UTC), and how likely they listen then."""

    start: float
    end: float
    likely: float


@dataclass(frozen=True)
class Person:
    """`oddity` is what the desk tells about them."""

    name: str
    habits: tuple[Habit, ...]
    oddity: str = ""
    japanese: bool = False
    in_guild: bool = True
    hides: bool = False
    on_allowlist: bool = True
    verified: bool = True
    plays: int | None = None
    """So many in all, long ago, instead of habits."""

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"

    @property
    def spotify_id(self) -> str:
        return f"sandbox-{self.key}"

    def account_id(self, seed: int) -> str:
        return ids.base62(26, seed, "account", self.key)

    def discord_id(self, seed: int) -> str:
        return ids.snowflake(1_500_000_000_000 + ids.number(seed, self.key) % 10**11, seed, self.key)

    def listenbrainz_token(self, seed: int) -> str:
        return ids.uuid(seed, "listenbrainz token", self.key)


EVENINGS = (Habit(7.2, 8.3, 0.5), Habit(17.5, 19.0, 0.6), Habit(20.0, 23.2, 0.75))
OFFICE = (Habit(8.5, 11.5, 0.7), Habit(12.5, 16.5, 0.6))
NIGHTS = (Habit(0.2, 3.5, 0.6), Habit(21.5, 23.6, 0.8))
ALWAYS = tuple(Habit(hour + 0.05, hour + 1.0, 1.0) for hour in range(24))

PEOPLE = (
    Person("Ada", ALWAYS, "is hardly ever without music, day and night: watch listens arrive"),
    Person("Ben", EVENINGS, "listens in the evening"),
    Person("Cleo", OFFICE, "hides recent listening at Last.fm", hides=True),
    Person("Dai", NIGHTS, "listens at night, much of it Japanese", japanese=True),
    Person("Eve", EVENINGS, "is not in the club's Discord server", in_guild=False),
    Person("Finn", OFFICE, "may sign in with Spotify, but is not on the app's list of users", on_allowlist=False),
    Person("Gus", (), "has never listened to anything; the e-mail at Discord is not verified", verified=False, plays=0),
    Person("Hana", (), "has listened once in her life", plays=1),
)
BY_KEY = {person.key: person for person in PEOPLE}


def somebody_else(person: Person) -> Person:
    return PEOPLE[(PEOPLE.index(person) + 1) % len(PEOPLE)]
