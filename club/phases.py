"""Where a week stands, derived from its dates: nominating, voting, discussing, closed.

Pure: the clock is passed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    NOMINATING = "nominating"
    VOTING = "voting"
    DISCUSSING = "discussing"
    CLOSED = "closed"


def is_past(moment: datetime | None, now: datetime) -> bool:
    """A deadline is past from its own instant on; no deadline is never past."""
    return moment is not None and moment <= now


def poll_is_open(*, now: datetime, votes_close_at: datetime | None, poll_closed_at: datetime | None) -> bool:
    """Votes are taken."""
    return poll_closed_at is None and not is_past(votes_close_at, now)


def takes_nominations(
    *,
    now: datetime,
    nominations_close_at: datetime | None,
    votes_close_at: datetime | None,
    poll_closed_at: datetime | None,
) -> bool:
    """Nominations are taken: until their own deadline, and never after the close of the poll."""
    return poll_is_open(now=now, votes_close_at=votes_close_at, poll_closed_at=poll_closed_at) and not is_past(
        nominations_close_at, now
    )


def phase(
    *,
    now: datetime,
    date_discussion: datetime,
    nominations_close_at: datetime | None,
    votes_close_at: datetime | None,
    poll_closed_at: datetime | None,
    has_nominations: bool,
    has_votes: bool,
    has_winner: bool,
    discussion_days: int,
) -> Phase:
    """The phase of a week.

    While the poll is open: nominating until the nominations' deadline, or where there is none until
    the first vote stands; then voting. Afterwards: discussing until `discussion_days` after the
    discussion, or after the close of the poll if that came later; then closed. A week in which
    nothing was nominated and nothing won has nothing to discuss and is closed with its poll.
    """
    if poll_is_open(now=now, votes_close_at=votes_close_at, poll_closed_at=poll_closed_at):
        voting = is_past(nominations_close_at, now) if nominations_close_at else has_votes
        return Phase.VOTING if voting else Phase.NOMINATING
    if not has_nominations and not has_winner:
        return Phase.CLOSED
    closed_at = poll_closed_at or votes_close_at or date_discussion
    if now < max(date_discussion, closed_at) + timedelta(days=discussion_days):
        return Phase.DISCUSSING
    return Phase.CLOSED
