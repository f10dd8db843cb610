"""Decides a week's winner: by its votes, or by a moderator who says why.

A decision freezes the poll and leaves an audit row with the tally it was made from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from club import phases
from club.models import Nomination, Week
from club.services.counting import count, tally_as_json, winner_as_json
from club.services.rules import change, locked, must_run_the_club
from listening.models import Album
from listening.services.catalogue import album_by_id
from listening.services.locks import lock_merging_to_use
from sidetrack import audit
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.text import checked_line

VOTES, OVERRIDE = Week.DecidedBy.VOTES, Week.DecidedBy.OVERRIDE


@transaction.atomic
def close_poll(week: Week, *, by: Actor, reason: str = "") -> Week:
    """Close the poll and decide the winner from the votes; a closed poll stays as it is.

    Where nobody voted, nobody wins.
    """
    must_run_the_club(by)
    week = locked(week)
    if week.poll_closed_at is not None:
        return week
    return _decide_by_votes(week, "week.close_poll", by=by, reason=_line(reason, required=False))


@transaction.atomic
def name_winner(week: Week, nomination_id: int, *, by: Actor, reason: str = "") -> Week:
    """Decide for this nomination. Naming another than the votes say is an override and needs a moderator."""
    must_run_the_club(by)
    week = locked(week)
    nomination = _nomination(week, nomination_id, "winner_nomination_id")
    if week.winner_nomination_id == nomination.pk:
        return week
    overridden = week.decided_by == OVERRIDE
    if not overridden and count(week).winner_id == nomination.pk:
        return _decide_by_votes(week, "week.close_poll", by=by, reason=_line(reason, required=False))
    if not by.is_moderator:
        raise NotAllowed("The votes say otherwise. Only a moderator may name another winner.", code="override")
    return _override(week, nomination.album, nomination, by=by, reason=_line(reason or "Named as the winner."))


@transaction.atomic
def override_winner(
    week: Week, *, by: Actor, reason: str, nomination_id: int | None = None, album_id: int | None = None
) -> Week:
    """A moderator names the winner, a nomination of the week or any album, and says why.

    Closes a poll that is still open. Ratings given to another winner are kept and count no more.
    """
    by.must_moderate()
    reason = _line(reason)
    if (nomination_id is None) == (album_id is None):
        raise Invalid("Name the winner by nomination_id or by album_id.", attr="nomination_id", code="required")
    week = locked(week)
    if nomination_id is not None:
        nomination = _nomination(week, nomination_id, "nomination_id")
        return _override(week, nomination.album, nomination, by=by, reason=reason)
    lock_merging_to_use()
    album = album_by_id(album_id or 0, "album_id")
    first_of_it = week.nominations.filter(album=album).order_by("created_at", "pk").first()
    return _override(week, album, first_of_it, by=by, reason=reason)


@transaction.atomic
def redecide(week: Week, *, by: Actor, reason: str) -> Week:
    """Undo an override: the votes decide again."""
    by.must_moderate()
    reason = _line(reason)
    week = locked(week)
    if week.poll_closed_at is None:
        raise Conflict("The poll of this week was never closed.", code="poll_open")
    if week.decided_by != OVERRIDE:
        return week
    return _decide_by_votes(week, "week.redecide", by=by, reason=reason)


@transaction.atomic
def reopen(week: Week, *, by: Actor, reason: str, votes_close_at: datetime | None = None) -> Week:
    """Open a closed poll again, until `votes_close_at` or until somebody closes it. The winner is undone.

    Nominations stay closed where their own deadline has passed.
    """
    by.must_moderate()
    reason = _line(reason)
    now = timezone.now()
    week = locked(week)
    if phases.poll_is_open(now=now, votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at):
        raise Conflict("The poll of this week is open.", code="poll_open")
    if phases.is_past(votes_close_at, now):
        raise Invalid("The new deadline must lie in the future.", attr="votes_close_at", code="past")
    if votes_close_at and week.nominations_close_at and votes_close_at < week.nominations_close_at:
        raise Invalid("Votes cannot close before nominations do.", attr="votes_close_at", code="order")
    before = winner_as_json(week) | {"poll": tally_as_json(week, count(week))}
    week = _write(week, None, None, None, poll_closed_at=None, votes_close_at=votes_close_at)
    audit.record("week.reopen", week, by=by, reason=reason, before=before, after={"winner": None})
    return week


def decide_due_polls() -> int:
    """Decide every poll whose deadline has passed, each once and in its own transaction. Returns how many."""
    due = Week.objects.filter(poll_closed_at__isnull=True, votes_close_at__lte=timezone.now())
    return sum(decide_if_due(week) for week in list(due.order_by("votes_close_at", "pk")))


@transaction.atomic
def decide_if_due(week: Week) -> bool:
    """Decide the poll of this week if its deadline has passed; False where that is done already."""
    week = locked(week)
    if week.poll_closed_at is not None or not phases.is_past(week.votes_close_at, timezone.now()):
        return False  # somebody was quicker, or moved the deadline
    _decide_by_votes(week, "week.close_poll", by=SITE, reason="The deadline has passed.")
    return True


def _decide_by_votes(week: Week, verb: str, *, by: Actor, reason: str) -> Week:
    before = winner_as_json(week)
    counted = count(week)
    nomination = (
        Nomination.objects.select_related("album").get(pk=counted.winner_id) if counted.winner_id is not None else None
    )
    week = _write(week, nomination.album if nomination else None, nomination, VOTES, poll_closed_at=_closed_at(week))
    after = winner_as_json(week) | {"poll": tally_as_json(week, counted)}
    audit.record(verb, week, by=by, reason=reason, before=before, after=after)
    return week


def _override(week: Week, album: Album, nomination: Nomination | None, *, by: Actor, reason: str) -> Week:
    same = week.winner_album_id == album.pk and week.winner_nomination_id == (nomination.pk if nomination else None)
    if same and week.decided_by == OVERRIDE:
        return week
    before = winner_as_json(week) | {"poll": tally_as_json(week, count(week))}
    week = _write(week, album, nomination, OVERRIDE, poll_closed_at=_closed_at(week))
    audit.record("week.override_winner", week, by=by, reason=reason, before=before, after=winner_as_json(week))
    return week


def _write(week: Week, album: Album | None, nomination: Nomination | None, decided_by: str | None, **poll: Any) -> Week:
    decided = (
        {"decided_at": timezone.now(), "decided_by": decided_by} if album else {"decided_at": None, "decided_by": ""}
    )
    return change(week, winner_album=album, winner_nomination=nomination, **decided, **poll)


def _closed_at(week: Week) -> datetime:
    """A poll closes when it is closed, but never after its deadline, however late that is noticed."""
    if week.poll_closed_at is not None:
        return week.poll_closed_at
    now = timezone.now()
    return min(now, week.votes_close_at) if week.votes_close_at else now


def _nomination(week: Week, nomination_id: int, attr: str) -> Nomination:
    nomination = week.nominations.select_related("album").filter(pk=nomination_id).first()
    if nomination is None:
        raise Invalid("This week has no such nomination.", attr=attr, code="does_not_exist")
    return nomination


def _line(reason: str, *, required: bool = True) -> str:
    return checked_line(reason, "reason", 500, required=required)
