"""What is done to people: admitted, banned, given a role, renamed; and what they choose for themselves."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import Invite, ServiceToken, User
from sidetrack.models.people import RESERVED_NAMES, check_time_zone, username_rule
from sidetrack.services.tokens import revoke_token
from sidetrack.text import checked_line


@transaction.atomic
def admit(person: User, *, by: Actor, reason: str = "") -> User:
    """Make somebody who waits a member. Admitting a member changes nothing; a banned person is a Conflict."""
    by.must_moderate()
    person = locked_person(person)
    if person.status == User.Status.BANNED:
        raise Conflict("This person is banned. Lift the ban instead.")
    if person.status == User.Status.PENDING:
        _set_status(person, User.Status.MEMBER, "person.admit", by=by, reason=reason)
    return person


@transaction.atomic
def ban(person: User, *, by: Actor, reason: str) -> User:
    """Shut somebody out: signed out at once, hidden from members, refused at every door.

    They lose their role, and what they made that opens a door: their service tokens and invites.
    Moderators and owners are banned by an owner only; nobody bans themselves.
    """
    by.must_moderate()
    reason = checked_line(reason, "reason", 500)
    person = locked_person(person, with_owners=True)
    if by.user is not None and by.user.pk == person.pk:
        raise NotAllowed("You cannot ban yourself.")
    if person.status == User.Status.BANNED:
        return person
    if person.role != User.Role.MEMBER:
        by.must_own()
        must_leave_an_owner(person)
    before = {"status": person.status, "role": person.role}
    person.status, person.role = User.Status.BANNED, User.Role.MEMBER
    person.save(update_fields=["status", "role", "updated_at"])
    after = {"status": person.status, "role": person.role}
    audit.record("person.ban", person, by=by, reason=reason, subject=person, before=before, after=after)
    take_keys(person, by=by, why=f"Made by person {person.pk}, who was banned.")
    return person


@transaction.atomic
def unban(person: User, *, by: Actor, reason: str = "") -> User:
    """Make a banned person a member again, without the role they had."""
    by.must_moderate()
    person = locked_person(person)
    if person.status == User.Status.BANNED:
        _set_status(person, User.Status.MEMBER, "person.unban", by=by, reason=reason)
    return person


@transaction.atomic
def set_role(person: User, role: str, *, by: Actor, reason: str = "") -> User:
    """Give a member a role; owners only, and one owner always remains."""
    by.must_own()
    if role not in User.Role.values:
        raise Invalid("A role is member, moderator or owner.", attr="role", code="invalid_choice")
    person = locked_person(person, with_owners=True)
    if person.role == role:
        return person
    if not person.is_member:
        raise Conflict("Only a member can have a role. Admit them first.")
    must_leave_an_owner(person)
    before = {"role": person.role}
    person.role = role
    person.save(update_fields=["role", "updated_at"])
    audit.record("person.role", person, by=by, reason=reason, subject=person, before=before, after={"role": role})
    return person


@transaction.atomic
def rename(
    person: User, *, by: Actor, username: str | None = None, display_name: str | None = None, reason: str = ""
) -> User:
    """Change what somebody is called: oneself, or anybody by a moderator. None leaves a name as it is."""
    if by.user is None or by.user.pk != person.pk or by.token is not None:
        by.must_moderate()
    person = locked_person(person)
    wanted: dict[str, Any] = {}
    if username is not None:
        wanted["username"] = checked_username(username)
    if display_name is not None:
        wanted["display_name"] = checked_line(display_name, "display_name", 80, required=False)
    try:
        with transaction.atomic():
            return _change(person, wanted, "person.rename", by=by, reason=reason)
    except IntegrityError:
        raise Invalid("That name is taken.", attr="username", code="unique") from None


@transaction.atomic
def change_settings(
    *,
    by: Actor,
    time_zone: str | None = None,
    visibility: str | None = None,
    hide_name_on_reviews: bool | None = None,
) -> User:
    """What one chooses for oneself; None leaves a choice as it is."""
    if by.user is None or by.token is not None:
        raise NotAllowed("Only you can change your settings.")
    wanted: dict[str, Any] = {}
    if time_zone is not None:
        wanted["time_zone"] = _checked_zone(time_zone)
    if visibility is not None:
        if visibility not in User.Visibility.values:
            raise Invalid("Choose public, members or nobody.", attr="visibility", code="invalid_choice")
        wanted["visibility"] = visibility
    if hide_name_on_reviews is not None:
        wanted["hide_name_on_reviews"] = hide_name_on_reviews
    return _change(locked_person(by.user), wanted, "person.settings", by=by)


def take_keys(person: User, *, by: Actor, why: str) -> None:
    """Tokens and invites of somebody who is out: they know the secrets of these."""
    for token in ServiceToken.objects.filter(created_by=person, revoked_at=None).order_by("pk"):
        revoke_token(token, by=by, reason=why)
    for invite in Invite.objects.filter(created_by=person, withdrawn_at=None).order_by("pk"):
        close_invite(invite, by=by, reason=why)


def close_invite(invite: Invite, *, by: Actor, reason: str = "") -> None:
    """The link admits nobody any more. Closing twice changes nothing."""
    if Invite.objects.filter(pk=invite.pk, withdrawn_at=None).update(withdrawn_at=timezone.now()):
        audit.record("invite.withdraw", invite, by=by, reason=reason)


def checked_username(username: str) -> str:
    """The name in small letters, or Invalid naming `username`."""
    username = checked_line(username, "username", 40).lower()
    try:
        username_rule(username)
    except ValidationError as error:
        raise Invalid(error.messages[0], attr="username") from None
    if username in RESERVED_NAMES:
        raise Invalid("That name is kept for the site.", attr="username", code="reserved")
    return username


def _checked_zone(name: str) -> str:
    try:
        check_time_zone(name)
    except ValidationError as error:
        raise Invalid(error.messages[0], attr="time_zone", code="time_zone") from None
    return name


def locked_person(person: User, *, with_owners: bool = False) -> User:
    """The person's row, locked and fresh; `with_owners` locks every owner's row too, in order of id.

    "No key": who writes something of theirs meanwhile (a vote, an audit row) need not wait, and nobody waits in a ring.
    """
    wanted = Q(pk=person.pk)
    if with_owners:
        wanted |= Q(role=User.Role.OWNER)
    rows = {row.pk: row for row in User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")}
    if person.pk not in rows or not rows[person.pk].is_active:
        raise NotFound("There is no such person here.")
    return rows[person.pk]


def must_leave_an_owner(person: User) -> None:
    """Call with all owners locked."""
    others = User.objects.filter(role=User.Role.OWNER, status=User.Status.MEMBER, is_active=True).exclude(pk=person.pk)
    if person.role == User.Role.OWNER and not others.exists():
        raise Conflict("This is the last owner. Make somebody else an owner first.", code="last_owner")


def _set_status(person: User, status: User.Status, verb: str, *, by: Actor, reason: str) -> None:
    before = {"status": person.status}
    person.status = status
    person.save(update_fields=["status", "updated_at"])
    audit.record(verb, person, by=by, reason=reason, subject=person, before=before, after={"status": status})


def _change(person: User, wanted: dict[str, Any], verb: str, *, by: Actor, reason: str = "") -> User:
    """Write the values that differ, with one audit row for them."""
    changed = {name: value for name, value in wanted.items() if getattr(person, name) != value}
    if not changed:
        return person
    before = {name: getattr(person, name) for name in changed}
    for name, value in changed.items():
        setattr(person, name, value)
    person.save(update_fields=[*changed, "updated_at"])
    audit.record(verb, person, by=by, reason=reason, subject=person, before=before, after=changed)
    return person
