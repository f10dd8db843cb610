"""Counts a poll: points, then first places, then the earlier nomination.

Pure: no ORM, no clock. The order of the ballots never matters; the order of the nominations is the
order in which they were made and is the last step of the tie ladder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

POINTS = {1: 2, 2: 1}
"""Points of a vote by its rank."""

TieBreak = Literal["first_place_votes", "earliest_nomination"]


@dataclass(frozen=True)
class Ballot:
    """One vote: `user_id` gives `nomination_id` the rank 1 or 2."""

    nomination_id: int
    user_id: int
    rank: int


@dataclass(frozen=True)
class Standing:
    """A nomination's place. `position` is shared where points and first places are equal (1, 1, 3)."""

    nomination_id: int
    points: int
    firsts: int
    seconds: int
    position: int
    tied: bool


@dataclass(frozen=True)
class Tally:
    """The poll, best first. `winner_id` is None where nobody voted; `tie_break` is the step that decided."""

    ranking: list[Standing]
    winner_id: int | None
    tie_break: TieBreak | None
    total_voters: int
    total_points: int


def tally(nomination_ids_in_order: Sequence[int], ballots: Iterable[Ballot]) -> Tally:
    """Count `ballots` over the nominations, given in the order they were made.

    Ballots for a nomination that is not among them (withdrawn) do not count.
    """
    order = {nomination_id: place for place, nomination_id in enumerate(nomination_ids_in_order)}
    counted = [ballot for ballot in ballots if ballot.nomination_id in order]
    ranks = {nomination_id: [0, 0] for nomination_id in order}
    for ballot in counted:
        ranks[ballot.nomination_id][ballot.rank - 1] += 1
    scores = {key: (POINTS[1] * firsts + POINTS[2] * seconds, firsts) for key, (firsts, seconds) in ranks.items()}
    best_first = sorted(order, key=lambda key: (-scores[key][0], -scores[key][1], order[key]))
    ranking = _standings(best_first, scores, ranks)
    return Tally(
        ranking=ranking,
        winner_id=ranking[0].nomination_id if ranking and ranking[0].points else None,
        tie_break=_tie_break(ranking),
        total_voters=len({ballot.user_id for ballot in counted}),
        total_points=sum(points for points, _ in scores.values()),
    )


def _standings(
    best_first: list[int], scores: dict[int, tuple[int, int]], ranks: dict[int, list[int]]
) -> list[Standing]:
    positions: dict[tuple[int, int], int] = {}
    sharers: dict[tuple[int, int], int] = {}
    for place, key in enumerate(best_first, start=1):
        positions.setdefault(scores[key], place)
        sharers[scores[key]] = sharers.get(scores[key], 0) + 1
    return [
        Standing(
            nomination_id=key,
            points=scores[key][0],
            firsts=ranks[key][0],
            seconds=ranks[key][1],
            position=positions[scores[key]],
            tied=sharers[scores[key]] > 1,
        )
        for key in best_first
    ]


def _tie_break(ranking: list[Standing]) -> TieBreak | None:
    """What set the winner apart from the runner-up, where points did not."""
    if len(ranking) < 2 or not ranking[0].points or ranking[0].points > ranking[1].points:
        return None
    return "first_place_votes" if ranking[0].firsts > ranking[1].firsts else "earliest_nomination"
