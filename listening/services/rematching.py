"""Whole histories matched anew: after the rule changed, or because somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from listening.duplicates import VERSION
from listening.models import ListenEvent, MatchState
from listening.services.deleting import lock_member
from listening.services.duplicates import match_around
from listening.services.listens import again_on_deadlock
from listening.services.stretches import sources_of
from sidetrack.errors import NotFound
from sidetrack.models import User

CHUNK = 2000
"""Plays looked at in one transaction."""

Place = tuple[datetime, int] | None
"""Start and id of the play behind which to go on."""


def rematch_outdated(*, keep: Callable[[], None]) -> dict[str, int]:
    """Match everybody anew whose history was not yet matched whole by this version of the rule.

    Each member is noted when done, so that a run which was killed goes on with the next.
    """
    done = changed = 0
    outdated = User.objects.exclude(pk__in=MatchState.objects.filter(version=VERSION).values("user"))
    for user_id in outdated.filter(is_active=True).order_by("pk").values_list("pk", flat=True).iterator():
        if not ListenEvent.objects.filter(user=user_id).exists():
            continue
        changed += rematch(user_id, keep=keep)
        done += 1
    return {"members": done, "changed": changed}


def rematch(user_id: int, *, keep: Callable[[], None]) -> int:
    """Match a member's whole history anew, in chunks; returns the listens that changed. Doing it twice changes none."""
    changed = 0
    place: Place = None
    while True:
        try:
            found, place = again_on_deadlock(partial(_chunk, user_id, place, keep))
        except NotFound:
            return changed
        changed += found
        if place is None:
            return changed


@transaction.atomic
def _chunk(user_id: int, place: Place, keep: Callable[[], None]) -> tuple[int, Place]:
    """One stretch of plays, newest first, beginning behind `place`; what changed, and the place to go on from."""
    keep()
    lock_member(user_id)
    changed = 0
    last: Place = None
    if len(sources_of(user_id)) > 1:
        plays = ListenEvent.objects.filter(user=user_id, duplicate_of=None)
        if place is not None:
            plays = plays.filter(started_at__lte=place[0]).exclude(started_at=place[0], pk__gte=place[1])
        rows = list(plays.order_by("-started_at", "-pk").values_list("started_at", "pk")[:CHUNK])
        changed = match_around(user_id, [started for started, _ in rows])
        last = rows[-1] if len(rows) == CHUNK else None
    if last is None:
        now = timezone.now()
        MatchState.objects.update_or_create(user_id=user_id, defaults={"version": VERSION, "matched_at": now})
    return changed, last
