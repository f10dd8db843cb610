"""Whom a bot means: the person behind a Discord id, met before or new to the club."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.services.gone import is_gone
from integrations.services.naming import usernames
from sidetrack import audit
from sidetrack.actors import SITE
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.gate import LARGEST_ID
from sidetrack.models import User
from sidetrack.text import checked_line


@dataclass(frozen=True)
class PersonRef:
    """A person as a service client names them: by our id, or by Discord id and a name to show."""

    id: int | None = None
    discord_id: str = ""
    display_name: str = ""


def person_for(ref: PersonRef) -> User:
    """The person named; an unknown Discord id becomes a member, since the bot met them in the club.

    Raises Invalid for an unknown id and NotAllowed for somebody banned or gone: who deleted their
    account does not come back by a bot.
    """
    person = _by_id(ref.id) if ref.id is not None else _by_discord(ref)
    if not person.is_active:
        raise _gone()
    if person.status == User.Status.BANNED:
        raise NotAllowed("This person was banned from the club.", code="banned")
    return person


def _by_id(pk: int) -> User:
    person = User.objects.filter(pk=pk, is_active=True).first() if 0 < pk <= LARGEST_ID else None
    if person is None:
        raise Invalid("There is no person with this id.", attr="user.id", code="does_not_exist")
    return person


def _by_discord(ref: PersonRef) -> User:
    if not re.fullmatch(r"[0-9]{1,20}", ref.discord_id, re.ASCII):
        raise Invalid("A Discord id is up to 20 digits.", attr="user.discord_id", code="invalid")
    name = checked_line(ref.display_name, "user.display_name", 80, required=False)
    for username in usernames(name, ref.discord_id):
        account = _account(ref.discord_id)
        if account is not None:
            return _called(account, name)
        if is_gone(LinkedAccount.Provider.DISCORD, ref.discord_id):
            raise _gone()
        try:
            with transaction.atomic():
                return _welcome(ref.discord_id, name, username)
        except IntegrityError:  # somebody else was quicker, with the id or with the name
            continue
    account = _account(ref.discord_id)
    if account is None:
        raise Conflict("This person could not be added just now. Send it again.")
    return account.user


def _gone() -> NotAllowed:
    return NotAllowed("This person has left the site.", code="gone")


def _account(discord_id: str) -> LinkedAccount | None:
    provider = LinkedAccount.Provider.DISCORD
    return LinkedAccount.objects.select_related("user").filter(provider=provider, external_id=discord_id).first()


def _called(account: LinkedAccount, name: str) -> User:
    """Follow a new name on Discord, unless the person chose another name here, or has just left."""
    person, known = account.user, account.external_name
    if name and name != known:
        now = timezone.now()
        called = User.objects.filter(pk=person.pk, is_active=True, display_name=known)
        if called.update(display_name=name, updated_at=now):
            person.display_name = name
        LinkedAccount.objects.filter(pk=account.pk).update(external_name=name, updated_at=now)
    return person


def _welcome(discord_id: str, name: str, username: str) -> User:
    person = User(username=username, display_name=name, status=User.Status.MEMBER)
    person.set_unusable_password()
    person.save()
    LinkedAccount.objects.create(
        user=person, provider=LinkedAccount.Provider.DISCORD, external_id=discord_id, external_name=name
    )
    audit.record("person.welcome", person, by=SITE, subject=person, reason=f"Met by a bot as Discord id {discord_id}")
    return person
