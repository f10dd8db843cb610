"""The front page: this week, the last winner, and what the one who looks can do now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from club.phases import poll_is_open, takes_nominations
from club.selectors.lists import as_rows, counted
from sidetrack.gate import may_see_club
from sidetrack.models import User

Json = dict[str, Any]


def home(viewer: User | None, now: datetime | None = None) -> Json:
    """Seven queries at most, however old the club.

    `{"current": week row|None, "poll_open", "last_winner": week row|None, "to_do": [{"action", "week"}]}`
    with the rows of club/selectors/lists.py. `to_do` is what a member has not done yet, `action` being
    "nominate", "vote" (first choice), "vote_second" or "rate", `week` the week's number. All is empty
    where the viewer may not see the club.
    """
    now = now or timezone.now()
    if not may_see_club(viewer):
        return {"current": None, "poll_open": False, "last_winner": None, "to_do": []}
    week, won = current_week(now), counted(Week.objects.filter(winner_album__isnull=False)).order_by("-number").first()
    rows = {row["id"]: row for row in as_rows({each.pk: each for each in (week, won) if each}.values(), now)}
    return {
        "current": rows[week.pk] if week else None,
        "poll_open": week is not None and _poll_open(week, now),
        "last_winner": rows[won.pk] if won else None,
        "to_do": _to_do(viewer, week, won, now),
    }


def current_week(now: datetime | None = None) -> Week | None:
    """The week to act in: of those with an open poll the one discussed next, else the newest.

    A poll that stayed open long after its discussion was forgotten and is passed over for a newer one.
    """
    now = now or timezone.now()
    open_polls = counted(Week.objects.filter(Q(votes_close_at__isnull=True) | Q(votes_close_at__gt=now)))
    open_polls = open_polls.filter(poll_closed_at__isnull=True)
    forgotten = now - timedelta(days=settings.CLUB_DISCUSSION_DAYS)
    return (
        open_polls.filter(date_discussion__gte=forgotten).order_by("date_discussion", "number").first()
        or counted(Week.objects.all()).order_by("-number").first()
    )


def _to_do(viewer: User | None, week: Week | None, won: Week | None, now: datetime) -> list[Json]:
    if viewer is None or not viewer.is_member:
        return []
    actions = _in_poll(viewer, week, now) if week else []
    todo = [{"action": action, "week": week.number} for action in actions] if week else []
    if won and not Rating.objects.filter(user=viewer, week=won, album=won.winner_album_id).exists():
        todo.append({"action": "rate", "week": won.number})
    return todo


def _in_poll(viewer: User, week: Any, now: datetime) -> list[str]:
    if not _poll_open(week, now):
        return []
    own = Nomination.objects.filter(week=week).aggregate(mine=Count("pk", filter=Q(user=viewer)), all=Count("pk"))
    ranks = set(Vote.objects.filter(week=week, user=viewer).values_list("rank", flat=True))
    votable = own["all"] if settings.CLUB_VOTE_OWN else own["all"] - own["mine"]
    actions = ["nominate"] if not own["mine"] and _takes_nominations(week, now) else []
    if votable and 1 not in ranks:
        actions.append("vote")
    if votable > 1 and 2 not in ranks and 1 in ranks:
        actions.append("vote_second")
    return actions


def _poll_open(week: Week, now: datetime) -> bool:
    return poll_is_open(now=now, votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at)


def _takes_nominations(week: Week, now: datetime) -> bool:
    return takes_nominations(
        now=now,
        nominations_close_at=week.nominations_close_at,
        votes_close_at=week.votes_close_at,
        poll_closed_at=week.poll_closed_at,
    )
