"""What every service of the club does first and last: who may act, lock the week, raise its version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

from club import phases
from club.models import Week
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotAllowed, NotFound


def must_run_the_club(by: Actor) -> None:
    """Weeks are made and changed by the bot (scope club:write), by moderators, and by the site's own commands."""
    if by is SITE or (by.token is not None and "club:write" in by.token.scopes):
        return
    if not by.is_moderator:
        raise NotAllowed("Only the club's bot or a moderator may do this.")


def locked(week: Week) -> Week:
    """The week as it stands now, its row locked until the transaction ends.

    Every write to a week, its nominations, votes or ratings takes this lock first, so that they
    happen one after the other.
    """
    found = Week.objects.select_for_update().filter(pk=week.pk).first()
    if found is None:
        raise NotFound("There is no such week here.")
    return found


def touch(week: Week) -> None:
    """Something the week shows has changed: answers cached under its version are stale."""
    Week.objects.filter(pk=week.pk).update(version=F("version") + 1)
    week.refresh_from_db(fields=["version"])


def change(week: Week, **fields: Any) -> Week:
    """Write these fields of a locked week and raise its version."""
    Week.objects.filter(pk=week.pk).update(**fields, version=F("version") + 1, updated_at=timezone.now())
    week.refresh_from_db()
    return week


def must_take_votes(week: Week, now: datetime) -> None:
    if not phases.poll_is_open(now=now, votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at):
        raise Conflict("The poll of this week is closed.", code="poll_closed")


def must_take_nominations(week: Week, now: datetime) -> None:
    must_take_votes(week, now)
    if phases.is_past(week.nominations_close_at, now):
        raise Conflict("Nominations for this week are closed.", code="nominations_closed")
