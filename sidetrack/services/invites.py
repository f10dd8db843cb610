"""Invite links: made by moderators, each use admits one person, never more than it was made for."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from sidetrack import audit
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, Invalid, NotFound
from sidetrack.models import Invite, User
from sidetrack.services.people import admit, close_invite
from sidetrack.text import checked_line

MOST_USES = 1000
LONGEST_DAYS = 365


@transaction.atomic
def make_invite(*, by: Actor, uses: int = 1, days: int = 14, note: str = "") -> Invite:
    """A link for `uses` people, open for `days` days."""
    by.must_moderate()
    if not 1 <= uses <= MOST_USES:
        raise Invalid(f"An invite is for 1 to {MOST_USES} people.", attr="uses_left", code="out_of_range")
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"An invite is open for 1 to {LONGEST_DAYS} days.", attr="days", code="out_of_range")
    note = checked_line(note, "note", 200, required=False)
    expires_at = timezone.now() + timedelta(days=days)
    invite = Invite.objects.create(created_by=by.user, uses_left=uses, expires_at=expires_at, note=note)
    audit.record("invite.make", invite, by=by, after={"uses": uses, "days": days, "note": note})
    return invite


@transaction.atomic
def withdraw_invite(invite: Invite, *, by: Actor, reason: str = "") -> Invite:
    """Close an invite; who came in through it stays. Withdrawing twice changes nothing."""
    by.must_moderate()
    close_invite(invite, by=by, reason=reason)
    invite.refresh_from_db()
    return invite


@transaction.atomic
def use_invite(code: str, *, by: Actor) -> User:
    """Admit the acting person, who waits. Raises NotFound for an unknown code, Conflict for a closed invite.

    A member or a banned person uses nothing up; the one stays what they are, the other is refused.
    """
    person = by.user
    if person is None or by.token is not None:
        raise NotFound("Sign in to use an invite.")
    invite = Invite.objects.filter(code=code).first()
    if invite is None:
        raise NotFound("This invite does not exist.")
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.status == User.Status.MEMBER:
        return person
    # One statement takes a use or takes none: two people cannot have the last one.
    open_ = Invite.objects.filter(pk=invite.pk, withdrawn_at=None, uses_left__gt=0, expires_at__gt=timezone.now())
    if not open_.update(uses_left=F("uses_left") - 1):
        raise Conflict("This invite is used up or no longer open.", code="invite_closed")
    return admit(person, by=SITE, reason=f"Invite {invite.pk}")
