"""Measure the rule for records of the same play on made-up, labelled histories."""

from __future__ import annotations

import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from integrations.keys import source_key
from integrations.types import Play
from listening.duplicates import VERSION, Record, match
from listening.evaluation.cases import CASES, Measures, measured, told_in
from listening.evaluation.recorders import Told
from listening.folding import fold_artist, fold_track
from listening.models import ListenEvent
from listening.services import listens
from listening.services.duplicates import Foreseen, foresee
from listening.services.listens import BATCH, record_plays
from listening.services.stretches import Row
from sidetrack.models import User

GOAL = 1.2


class Command(BaseCommand):
    help = (
        "Measures the rule for records of the same play (docs/duplicates.md) on made-up histories of which the truth "
        "is known: precision, recall and real repeats lost for each case, by the rule alone and through the database "
        "in random order, and what it costs an import. It works in a database of its own beside the site's, which it "
        "drops again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--people", type=int, default=5, help="People for each case (default 5).")
        parser.add_argument("--days", type=int, default=60, help="Days of listening of each (default 60).")
        parser.add_argument("--rounds", type=int, default=7, help="Rounds in which the cost is measured (default 7).")

    def handle(self, *, seed: int, people: int, days: int, rounds: int, **options: Any) -> None:
        self.stdout.write(f"Rule {VERSION}, seed {seed}, {people} people of {days} days for each case.\n")
        self.stdout.write(
            f"{'case':24}{'plays':>8}{'records':>9}{'counted':>9}{'precision':>11}{'recall':>9}{'lost':>6}"
        )
        self._measure(seed, people, days)
        with _scratch_database():
            self.stdout.write(
                f"\nThrough the database ({connection.vendor}), in batches in random order, one person a case:"
            )
            self._through_database(seed, min(days, 20))
            self.stdout.write(f"\nCost on {connection.vendor}, medians of {rounds} rounds:")
            self._cost(seed, rounds)

    def _measure(self, seed: int, people: int, days: int) -> None:
        whole = Measures()
        for case in sorted(CASES, key=lambda case: not case.in_sum):
            if not case.in_sum and whole.records:
                self._line("all of these", whole)
                self.stdout.write("Not in the sum, for nothing tells them from hearing a track again:")
                whole.records = 0
            found = Measures()
            for person in range(people):
                told = told_in(case, seed, person, days)
                found.add(measured(told, match(_records(told))))
            self._line(case.name, found)
            if case.in_sum:
                whole.add(found)

    def _line(self, name: str, found: Measures) -> None:
        self.stdout.write(
            f"{name:24}{found.plays:8}{found.records:9}{found.counted:9}{found.precision:11.4f}{found.recall:9.4f}"
            f"{found.lost:6}"
        )

    def _through_database(self, seed: int, days: int) -> None:
        whole, different = Measures(), 0
        for case in CASES:
            told = told_in(case, seed, 0, days)
            by_table = _stored(told, random.Random(seed))  # noqa: S311 - no secret
            different += by_table != match(_records(told))
            if case.in_sum:
                whole.add(measured(told, by_table))
        self._line("all in the sum", whole)
        said = (
            "the same as the rule said of all records at once" if not different else f"DIFFERENT in {different} cases"
        )
        self.stdout.write(f"In each of {len(CASES)} cases the table says {said}.")

    def _cost(self, seed: int, rounds: int) -> None:
        """Two imports of two sources in both orders: in one the second import's records are the ones that count."""
        case = next(case for case in CASES if case.name == "names")
        told = told_in(case, seed, 0, 100)
        sources = [recorder.source for recorder in case.recorders]
        seconds: dict[tuple[bool, str, int], list[float]] = defaultdict(list)
        for number in range(rounds + 1):
            for matching in (True, False) if number % 2 else (False, True):
                for order in (sources, sources[::-1]):
                    mark = f"{number} {matching} {order[0]}"
                    for place, took in enumerate(_ingest(told, order, mark, matching=matching)):
                        if number:  # the first round only warms up
                            seconds[matching, order[0], place].append(took)
        self.stdout.write(f"{len(told)} records in two imports, every play told by both sources")
        everything = [(first, place) for first in sources for place in (0, 1)]
        for first, second in (sources, sources[::-1]):
            self._compare(f"{first}, first", seconds, [(first, 0)])
            self._compare(f"{second}, then", seconds, [(first, 1)])
        ratio = self._compare("all four", seconds, everything)
        self.stdout.write(f"goal {GOAL}: {'met' if ratio <= GOAL else 'MISSED'}")

    def _compare(
        self, name: str, seconds: dict[tuple[bool, str, int], list[float]], parts: list[tuple[str, int]]
    ) -> float:
        with_it, without = (
            median(sum(found) for found in zip(*(seconds[on, first, place] for first, place in parts), strict=True))
            for on in (True, False)
        )
        ratio: float = with_it / without
        self.stdout.write(
            f"{name:24}{with_it * 1000:8.0f} ms with matching,{without * 1000:8.0f} without: {ratio:5.2f} times"
        )
        return ratio


def _records(told: Sequence[Told]) -> list[Record]:
    """As the table holds them."""
    names = [(fold_artist(each.artist), fold_track(each.title)) for each in told]
    return [
        Record(
            place,
            each.source,
            _key(each, place),
            int(each.start * 1000),
            each.ms_played,
            each.duration_ms,
            int.from_bytes(blake2b(name[0].encode(), digest_size=7).digest()),
            *name,
        )
        for place, (each, name) in enumerate(zip(told, names, strict=True))
    ]


def _plays(told: Sequence[Told], mark: str = "") -> list[Play]:
    """`mark` makes other music of it."""
    return [
        Play(
            each.title,
            f"{mark} {each.artist}".strip(),
            f"The Best of {mark} {fold_artist(each.artist)}",
            datetime.fromtimestamp(each.start, UTC),
            _key(each, place),
            each.ms_played,
            each.duration_ms,
            _ids(each, mark),
        )
        for place, each in enumerate(told)
    ]


def _ids(told: Told, mark: str) -> dict[str, str]:
    """Spotify names every track by an id; the same title by the same artist has one."""
    if not told.source.startswith("spotify_h"):
        return {}
    name = f"{mark} {fold_artist(told.artist)} {fold_track(told.title)}"
    return {"spotify": blake2b(name.encode(), digest_size=11).hexdigest()}


def _key(told: Told, place: int) -> str:
    return source_key(told.source, place)


def _stored(told: Sequence[Told], chance: random.Random) -> dict[int, int]:
    """What the table says after all of it came in, in batches of any size and order."""
    user, plays = _somebody(), _plays(told)
    places = {play.source_key: place for place, play in enumerate(plays)}
    batches = []
    for source in sorted({each.source for each in told}):
        own = [play for play, each in zip(plays, told, strict=True) if each.source == source]
        if chance.random() < 0.5:
            chance.shuffle(own)
        while own:
            size = chance.randint(1, 400)
            batches.append((source, own[:size]))
            own = own[size:]
    chance.shuffle(batches)
    for source, batch in batches:
        record_plays(user, batch, source=source)
    rows = ListenEvent.objects.filter(user=user).exclude(duplicate_of=None)
    pairs = rows.values_list("source_key", "duplicate_of__source_key")
    return {places[one]: places[str(canonical)] for one, canonical in pairs}


def _ingest(told: Sequence[Told], sources: Sequence[str], mark: str, *, matching: bool) -> list[float]:
    """Seconds that each source's import takes, one after the other, for a new member who hears what nobody else did."""
    plays, found, user = _plays(told, mark), [], _somebody()
    with _as_it_is() if matching else _without_matching():
        for source in sources:
            own = [play for play, each in zip(plays, told, strict=True) if each.source == source]
            began = time.perf_counter()
            for at in range(0, len(own), BATCH):
                record_plays(user, own[at : at + BATCH], source=source)
            found.append(time.perf_counter() - began)
    return found


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _without_matching() -> Iterator[None]:
    """The seam of `record_plays` left empty, as if there were no such rule."""
    vars(listens)["foresee"] = _foresee_nothing
    try:
        yield
    finally:
        vars(listens)["foresee"] = foresee


def _foresee_nothing(user_id: int, source: str, new: Sequence[Row]) -> Foreseen:
    return Foreseen([None] * len(new), [])


def _somebody() -> User:
    return User.objects.create(username=f"evaluation-{random.getrandbits(60)}")


@contextmanager
def _scratch_database() -> Iterator[None]:
    """An empty database beside the site's, as tests use one; dropped at the end."""
    named = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = f"{named}_evaluation_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(named, verbosity=0)
