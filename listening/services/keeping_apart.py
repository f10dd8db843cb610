"""A member's word on what was taken for the same play: "these were two plays", and that taken back."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from listening.models import ListenEvent
from listening.services.deleting import lock_member
from listening.services.duplicates import match_around
from listening.services.listens import again_on_deadlock
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound


def keep_apart(listen_id: int, *, by: Actor) -> ListenEvent:
    """Count one's own listen, taken for a record of another's play, as a play of its own from now on.

    Said again it changes nothing. Raises NotFound, and Conflict for a listen that is taken for no other's.
    """
    return again_on_deadlock(partial(_set, listen_id, by, True))


def take_together(listen_id: int, *, by: Actor) -> ListenEvent:
    """Undo `keep_apart`: the rule decides about this listen again."""
    return again_on_deadlock(partial(_set, listen_id, by, False))


@transaction.atomic
def _set(listen_id: int, by: Actor, apart: bool) -> ListenEvent:
    if by.user is None or by.token is not None or not 0 < listen_id < 2**63:
        raise NotFound("There is no such play.")
    lock_member(by.user.pk)
    listen = ListenEvent.objects.filter(pk=listen_id, user=by.user).first()
    if listen is None:
        raise NotFound("There is no such play.")
    if listen.kept_apart == apart:
        return listen
    if apart and listen.duplicate_of_id is None:
        raise Conflict("This play is not taken for another source's.")
    listen.kept_apart = apart
    listen.save(update_fields=["kept_apart"])
    match_around(by.user.pk, [listen.started_at])
    listen.refresh_from_db()
    return listen
