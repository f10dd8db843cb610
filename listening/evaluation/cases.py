"""The cases that are measured, and the measures. Pure."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from listening.evaluation.listeners import Played, Taste, history, songs
from listening.evaluation.recorders import (
    Recorder,
    Told,
    at_end,
    at_minute,
    at_start,
    edited,
    end_less_played,
    hours_off,
    minute_of_end_less_played,
    seconds_off,
    start_or_end,
)


@dataclass(frozen=True)
class Case:
    """`in_sum` is false for what no rule can tell from listening again."""

    name: str
    recorders: tuple[Recorder, ...]
    taste: Taste = field(default_factory=Taste)
    in_sum: bool = True
    same_second: bool = False


_OFF = seconds_off(30)
_MESSY = Recorder("lastfm", _OFF, edited, misses=0.1)

CASES = [
    Case("exact", (Recorder("lastfm"), Recorder("listenbrainz"))),
    Case("seconds off", (Recorder("lastfm", _OFF), Recorder("listenbrainz", seconds_off(10)))),
    Case("minutes", (Recorder("lastfm_minutes", at_minute), Recorder("listenbrainz"))),
    Case("minutes of one's own", (Recorder("lastfm_minutes", at_minute), Recorder("lastfm"))),
    Case("pauses", (Recorder("spotify_history", end_less_played), Recorder("lastfm")), Taste(pause=0.2)),
    Case("minutes of ends", (Recorder("spotify_account", minute_of_end_less_played), Recorder("lastfm"))),
    Case("two files of Spotify", tuple(
        Recorder(source, stamp)
        for source, stamp in (("spotify_account", minute_of_end_less_played), ("spotify_history", end_less_played))
    )),
    Case("ends", (Recorder("spotify", at_end), Recorder("lastfm", seconds_off(5)))),
    Case("starts or ends", (Recorder("spotify", start_or_end), Recorder("spotify_history", end_less_played))),
    Case("names", (Recorder("lastfm", _OFF, edited), Recorder("spotify_history", end_less_played, edited))),
    Case("repeats", (Recorder("lastfm", _OFF), Recorder("listenbrainz")), Taste(repeat=0.5)),
    Case("repeats and ends", (Recorder("spotify", at_end), Recorder("lastfm")), Taste(repeat=0.5)),
    Case("short tracks", (Recorder("lastfm", seconds_off(10)), Recorder("maloja")), Taste(repeat=0.3, short=0.7)),
    Case("one second", (Recorder("lastfm"), Recorder("listenbrainz")), same_second=True),
    Case("gaps", (Recorder("lastfm", misses=0.2), Recorder("listenbrainz", misses=0.2)), Taste(repeat=0.2)),
    Case("gaps, seconds off", (_MESSY, Recorder("koito", seconds_off(10), misses=0.2)), Taste(repeat=0.2)),
    Case("three sources", (
        Recorder("spotify_history", end_less_played),
        Recorder("lastfm", _OFF),
        Recorder("lastfm_minutes", at_minute),
    )),
    Case("all at once", (
        Recorder("spotify_history", end_less_played, edited, misses=0.1),
        _MESSY,
        Recorder("spotify_account", minute_of_end_less_played, misses=0.05),
    ), Taste(repeat=0.15, pause=0.1, short=0.1)),
    Case("two hours off", (Recorder("scrobbler_log", hours_off), Recorder("listenbrainz", at_start)), in_sum=False),
    Case("gaps and ends", (
        Recorder("spotify", start_or_end, misses=0.1), Recorder("lastfm", misses=0.1)
    ), Taste(repeat=0.2), in_sum=False),
]  # fmt: skip


@dataclass
class Measures:
    """`plays` that any source tells of, `records` of them, and how many plays are `counted`."""

    plays: int = 0
    records: int = 0
    counted: int = 0
    right: int = 0
    found: int = 0
    true: int = 0
    lost: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    def add(self, other: Measures) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def told_in(case: Case, seed: int, person: int, days: int) -> list[Told]:
    """Every record of one made-up listener, by play."""
    chance = random.Random(f"{seed} {case.name} {person}")  # noqa: S311 - no secret
    plays = history(chance, songs(chance, 300), days, case.taste)
    if case.same_second:
        plays = _in_one_second(plays)
    return [told for recorder in case.recorders for told in recorder.tell(chance, plays)]


def _in_one_second(plays: Sequence[Played]) -> list[Played]:
    """Players that send what they kept all at once: every second play bears the stamp of the one before."""
    moved = []
    for before, play in zip([None, *plays[:-1]], plays, strict=True):
        late = before is not None and play.id % 2 == 1 and before.song != play.song
        moved.append(Played(play.id, play.song, before.start if late and before else play.start, play.seconds))
    return moved


def measured(told: Sequence[Told], found: Mapping[int, int]) -> Measures:
    """`found`: {place of a duplicate in `told`: place of its canonical record}."""
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(told)):
        groups[found.get(place, place)].append(place)
    pairs = [pair for group in groups.values() for pair in combinations(group, 2)]
    sizes = Counter(each.play for each in told)
    return Measures(
        plays=len(sizes),
        records=len(told),
        counted=len(groups),
        right=sum(told[one].play == told[two].play for one, two in pairs),
        found=len(pairs),
        true=sum(size * (size - 1) // 2 for size in sizes.values()),
        lost=_lost(groups.values(), told),
    )


def _lost(groups: Iterable[Sequence[int]], told: Sequence[Told]) -> int:
    """Plays for which nothing is counted: told in one group alone, and that group stands for another already."""
    plays = [{told[place].play for place in group} for group in groups]
    seen = Counter(play for group in plays for play in group)
    return sum(max(0, sum(seen[play] == 1 for play in group) - 1) for group in plays if len(group) > 1)
