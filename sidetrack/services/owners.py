"""The first owner of a site, made from its console."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Invalid
from sidetrack.models import User
from sidetrack.services.people import checked_username


@transaction.atomic
def make_owner(username: str, *, by: Actor, email: str = "", password: str | None = None) -> tuple[User, bool]:
    """The person with this username as an owner, made when there is none. Returns them and whether they are new.

    A new owner needs an address and a password; of somebody known, what is given is replaced.
    """
    by.must_own()
    username = checked_username(username)
    person = User.objects.select_for_update(no_key=True).filter(username=username).first()
    new = person is None
    person = person or User(username=username)
    if new and not (email and password):
        raise Invalid("A new owner needs an e-mail address and a password.", attr="password" if email else "email")
    before = {} if new else {"status": person.status, "role": person.role}
    if email:
        person.email = _checked_email(email)
    if password:
        person.set_password(_checked_password(password, person))
    person.status, person.role, person.is_active = User.Status.MEMBER, User.Role.OWNER, True
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:
        raise Invalid("Somebody else has this e-mail address.", attr="email", code="unique") from None
    if email:
        _confirm(person)
    after = {"status": person.status, "role": person.role}
    audit.record("person.owner", person, by=by, subject=person, before=before, after=after)
    return person, new


def _confirm(person: User) -> None:
    """The address counts as confirmed: whoever has the console is trusted."""
    EmailAddress.objects.filter(user=person).update(primary=False)
    EmailAddress.objects.update_or_create(
        user=person, email=person.email.lower(), defaults={"verified": True, "primary": True}
    )


def _checked_email(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(error.messages[0], attr="email") from None
    return email


def _checked_password(password: str, person: User) -> str:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), attr="password") from None
    return password
