"""The poll of a week, counted from its rows, and as the audit log keeps it."""

from __future__ import annotations

from typing import Any

from club.models import Nomination, Vote, Week
from club.tally import Ballot, Tally, tally


def count(week: Week) -> Tally:
    """The tally of the votes that stand now."""
    nominations = Nomination.objects.filter(week=week).order_by("created_at", "pk").values_list("pk", flat=True)
    votes = Vote.objects.filter(week=week).values_list("nomination_id", "user_id", "rank")
    return tally(list(nominations), [Ballot(*vote) for vote in votes])


def tally_as_json(week: Week, counted: Tally) -> dict[str, Any]:
    """Totals for the audit log: what a decision was made from. Ballots stay secret."""
    albums = {
        nomination.pk: str(nomination.album)
        for nomination in Nomination.objects.filter(week=week).select_related("album")
    }
    return {
        "ranking": [
            {
                "nomination_id": row.nomination_id,
                "album": albums[row.nomination_id],
                "points": row.points,
                "first_place_votes": row.firsts,
                "second_place_votes": row.seconds,
                "position": row.position,
            }
            for row in counted.ranking
        ],
        "total_voters": counted.total_voters,
        "tie_break": counted.tie_break,
    }


def winner_as_json(week: Week) -> dict[str, Any]:
    """The winner and how it came to be, for the audit log."""
    if week.winner_album is None:
        return {"winner": None}
    return {
        "winner": str(week.winner_album),
        "album_id": week.winner_album_id,
        "nomination_id": week.winner_nomination_id,
        "decided_by": week.decided_by,
    }
