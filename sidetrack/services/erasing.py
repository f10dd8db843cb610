"""The end of an account: what opens or shows it goes at once, the rest in pieces by a job that always ends.

The person's row stays, empty and shut: club history hangs on it, under "former member".
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotAllowed
from sidetrack.jobs import enqueue
from sidetrack.models import Erasure, JobRun, User
from sidetrack.rights import Handler, handlers
from sidetrack.services.people import locked_person, must_leave_an_owner

LOOKED_AFTER = timedelta(days=1)
"""So long after an erasure is done, rows that a request in flight brought late are still looked for."""

State = Erasure.State
_EMPTY = {
    "display_name": "",
    "email": "",
    "is_active": False,
    "role": User.Role.MEMBER,
    "visibility": User.Visibility.NOBODY,
    "hide_name_on_reviews": True,
    "time_zone": "UTC",
    "last_login": None,
}


def leave(*, by: Actor, confirm: str, password: str = "", keep_words: bool = True) -> Erasure:
    """End the acting person's account; what is kept about them is then removed by the job `erase_member`.

    `confirm` is their username, typed; the password is asked of who has one. Raises Invalid naming `confirm` or
    `password`, and Conflict for the last owner.
    """
    if by.user is None or by.token is not None:
        raise NotAllowed("Only you can delete your account.")
    _check(by.user, confirm, password)
    with transaction.atomic():
        person = locked_person(by.user, with_owners=True)
        must_leave_an_owner(person)
        for handler in reversed(handlers()):
            handler.leave(person)
        # After the handlers: a new username takes a lock that whoever holds a week and votes would wait for.
        _empty(person)
        erasure = Erasure.objects.create(user=person, keep_words=keep_words)
        audit.record("person.leave", person, by=Actor(user=person), after={"keep_words": keep_words})
        _hand_out(erasure)
    return erasure


def _check(person: User, confirm: str, password: str) -> None:
    if confirm.strip().lower() != person.username:
        raise Invalid(f"Type your username, {person.username}, to confirm.", attr="confirm", code="confirm")
    if person.has_usable_password() and not person.check_password(password):
        raise Invalid("This is not your password.", attr="password", code="wrong_password")


def _empty(person: User) -> None:
    """Nothing personal is left in the row, nobody can sign in to it, and it shows nothing."""
    if not person.username.startswith(f"former-{person.pk}"):
        person.username = _free_name(person.pk)
    person.set_unusable_password()
    for name, value in _EMPTY.items():
        setattr(person, name, value)
    person.save()


def _is_empty(person: User) -> bool:
    named = person.username.startswith(f"former-{person.pk}") and not person.has_usable_password()
    return named and all(getattr(person, name) == value for name, value in _EMPTY.items())


@transaction.atomic
def _empty_again(person_id: int) -> int:
    """A request in flight may have written the row as it had read it. Returns 1 where one did."""
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    if _is_empty(person):
        return 0
    _empty(person)
    return 1


def _free_name(pk: int) -> str:
    name = f"former-{pk}"
    return f"{name}-{secrets.token_hex(6)}" if User.objects.filter(username=name).exists() else name


def erase(person_id: int, *, keep: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Remove what is kept about somebody who left, app by app from the right, until nothing is left.

    Each piece is a transaction with its count; `keep` is called in it and may end it by raising. Whatever comes in
    late is met by another round. Returns rows by app.
    """
    erasure = Erasure.objects.select_related("user").filter(user=person_id).first()
    if erasure is None:
        return {}
    Erasure.objects.filter(pk=erasure.pk, state=State.QUEUED).update(state=State.RUNNING, progressed_at=timezone.now())
    while _empty_again(person_id) + _round(erasure, keep):
        pass
    Erasure.objects.filter(pk=erasure.pk).exclude(state=State.DONE).update(state=State.DONE, finished_at=timezone.now())
    erasure.refresh_from_db()
    return dict(erasure.removed)


def _round(erasure: Erasure, keep: Callable[[], None]) -> int:
    """Ask every app until it has nothing more; how many rows went."""
    gone = 0
    for handler in reversed(handlers()):
        while piece := _piece(erasure, handler, keep):
            gone += piece
    return gone


@transaction.atomic
def _piece(erasure: Erasure, handler: Handler, keep: Callable[[], None]) -> int:
    keep()
    piece = handler.erase(erasure.user, erasure.keep_words)
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    row.removed[handler.app] = row.removed.get(handler.app, 0) + piece
    row.through = [app for app in row.through if app != handler.app] + ([] if piece else [handler.app])
    row.progressed_at = timezone.now()
    row.save(update_fields=["removed", "through", "progressed_at"])
    return piece


def look_after_erasures(keep: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Hand out again what nobody works on, and remove what came in late of who left lately. Returns counts."""
    resumed = 0
    for erasure in Erasure.objects.exclude(state=State.DONE):
        if not JobRun.objects.filter(job__name="erase_member", key=_key(erasure), state__in=JobRun.OPEN).exists():
            _hand_out(erasure)
            resumed += 1
    late = 0
    for erasure in Erasure.objects.filter(state=State.DONE, finished_at__gt=timezone.now() - LOOKED_AFTER):
        before = sum(erasure.removed.values())
        late += sum(erase(erasure.user_id, keep=keep).values()) - before
    return {"erasures_resumed": resumed, "late_rows": late}


def _hand_out(erasure: Erasure) -> None:
    enqueue("erase_member", {"person_id": erasure.user_id}, key=_key(erasure))


def _key(erasure: Erasure) -> str:
    return f"erase-{erasure.user_id}"
