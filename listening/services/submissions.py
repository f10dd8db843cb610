"""Listens that clients post for a member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.utils import timezone

from integrations.types import Play
from listening.importers.rows import Reject
from listening.importers.submitted import read_submitted
from listening.models import ListenEvent
from listening.services.listens import FUTURE, Outcome, again_on_deadlock, record_plays
from sidetrack.actors import Actor
from sidetrack.models import User


@dataclass
class Submission:
    """What became of the rows of one request; `rejected` by index from 0."""

    received: int
    outcome: Outcome = field(default_factory=Outcome)
    rejected: list[tuple[int, Reject]] = field(default_factory=list)


def submit_listens(rows: Sequence[object], *, by: Actor) -> Submission:
    """Store the rows of the acting member that can be taken, all in one transaction, and say why the others cannot."""
    user = by.must_be_member()
    submission = Submission(received=len(rows))
    latest = timezone.now() + FUTURE
    plays: dict[str, list[Play]] = {}
    sources = ListenEvent.Source.values  # worked out anew whenever it is asked for
    for index, row in enumerate(rows):
        read = read_submitted(row, latest, sources)
        if isinstance(read, Reject):
            submission.rejected.append((index, read))
        else:
            plays.setdefault(read[0], []).append(read[1])
    submission.outcome = again_on_deadlock(partial(_record, user, plays))
    return submission


@transaction.atomic
def _record(user: User, plays: dict[str, list[Play]]) -> Outcome:
    outcomes = [record_plays(user, plays[source], source=source) for source in sorted(plays)]
    return Outcome(sum(each.inserted for each in outcomes), sum(each.duplicates for each in outcomes))
