"""What a week shows to everybody alike: one plain dict, built from rows and aggregates.

Nothing in it depends on the viewer, so that it can be cached (club/cache.py); what is the viewer's
own comes from `own_ballot` and club/selectors/ratings.py.
"""

from __future__ import annotations

from typing import Any

from django.db.models import FilteredRelation, Q

from club.histogram import ratings_summary
from club.models import Nomination, Week
from club.selectors.names import nominator
from club.selectors.state import WeekState
from club.tally import Standing, Tally, tally
from listening.selectors.albums import album_cards
from sidetrack.models import User

Json = dict[str, Any]


def week_detail(state: WeekState) -> Json:
    """All a week shows: two queries beside the one that read `state`, however many rows there are.

    The Week of the API, with `nominations` (earliest first), `poll` (`poll_summary`) and
    `ratings_summary` of the current winner. Moments are aware datetimes.
    """
    rows = _nominations(state.week)
    cards = _cards(state.week, rows)
    counted = tally([row["pk"] for row in rows], state.ballots)
    standings = {standing.nomination_id: standing for standing in counted.ranking}
    nominations = [_nomination_json(row, cards, standings[row["pk"]], state.week) for row in rows]
    return {
        **week_json(state, cards.get(state.week.winner_album_id or 0)),
        "nominations": nominations,
        "poll": _poll_json(state, counted, nominations),
        "ratings_summary": ratings_summary(state.marks.values()),
    }


def week_json(state: WeekState, winner: Json | None) -> Json:
    """The Week of the API."""
    return week_fields(state.week, str(state.phase), winner, state.external)


def week_fields(week: Week, phase: str, winner: Json | None, external: dict[str, str]) -> Json:
    return {
        "id": week.pk,
        "number": week.number,
        "label": week.label,
        "date_discussion": week.date_discussion,
        "phase": phase,
        "nominations_close_at": week.nominations_close_at,
        "votes_close_at": week.votes_close_at,
        "poll_closed_at": week.poll_closed_at,
        "winner": winner,
        "winner_nomination_id": week.winner_nomination_id,
        "decided_at": week.decided_at,
        "decided_by": week.decided_by or None,
        "external": external,
        "created_at": week.created_at,
        "updated_at": week.updated_at,
    }


def poll_summary(state: WeekState) -> Json:
    """The poll as `votes/summary` answers it. Where the poll is open, `winner_nomination_id` is who leads."""
    poll: Json = week_detail(state)["poll"]
    return poll


def own_ballot(viewer: User | None, state: WeekState) -> dict[int, int]:
    """The viewer's own votes: `{rank: nomination_id}`. No query."""
    if viewer is None:
        return {}
    return {ballot.rank: ballot.nomination_id for ballot in state.ballots if ballot.user_id == viewer.pk}


def _nominations(week: Week) -> list[Json]:
    message = FilteredRelation("refs", condition=Q(refs__platform="discord"))
    rows = Nomination.objects.filter(week=week).annotate(posted=message).order_by("created_at", "pk")
    return [
        dict(row)
        for row in rows.values(
            "pk",
            "album_id",
            "user_id",
            "user__display_name",
            "user__username",
            "user__status",
            "user__is_active",
            "pitch",
            "pitch_track_url",
            "tags",
            "posted__external_id",
            "posted__channel_id",
            "created_at",
            "updated_at",
        )
    ]


def _cards(week: Week, rows: list[Json]) -> dict[int, Json]:
    ids = {row["album_id"] for row in rows} | ({week.winner_album_id} if week.winner_album_id else set())
    return {key: card.as_json() for key, card in album_cards(sorted(ids)).items()}


def _nomination_json(row: Json, cards: dict[int, Json], standing: Standing, week: Week) -> Json:
    return {
        "id": row["pk"],
        "week_id": week.pk,
        "album": cards[row["album_id"]],
        "nominator": nominator(row),
        "pitch": row["pitch"],
        "pitch_track_url": row["pitch_track_url"],
        "tags": row["tags"],
        "message": _message(row),
        "points": standing.points,
        "first_place_votes": standing.firsts,
        "second_place_votes": standing.seconds,
        "position": standing.position,
        "tied": standing.tied,
        "is_winner": row["pk"] == week.winner_nomination_id,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _message(row: Json) -> Json | None:
    if row["posted__external_id"] is None:
        return None
    return {"channel_id": row["posted__channel_id"], "message_id": row["posted__external_id"]}


def _poll_json(state: WeekState, counted: Tally, nominations: list[Json]) -> Json:
    by_id = {nomination["id"]: nomination for nomination in nominations}
    winner = state.week.winner_nomination_id if state.week.winner_album_id else counted.winner_id
    return {
        "week_id": state.week.pk,
        "total_voters": counted.total_voters,
        "total_points": counted.total_points,
        "closed": not state.poll_open,
        "ranking": [_rank_json(standing, by_id[standing.nomination_id]) for standing in counted.ranking],
        "winner_nomination_id": winner,
        # The ladder decided only where nobody decided otherwise.
        "tie_break": counted.tie_break if winner == counted.winner_id else None,
    }


def _rank_json(standing: Standing, nomination: Json) -> Json:
    return {
        "nomination_id": standing.nomination_id,
        "album": nomination["album"],
        "nominator": nomination["nominator"],
        "points": standing.points,
        "first_place_votes": standing.firsts,
        "second_place_votes": standing.seconds,
        "position": standing.position,
        "tied": standing.tied,
    }
