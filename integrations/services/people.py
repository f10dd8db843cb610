"""Whom a bot means: the person behind a Discord id, met before or new to the club."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from integrations.models import LinkedAccount
from sidetrack.errors import Invalid, NotAllowed
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

    Raises Invalid for an unknown id and NotAllowed for somebody banned.
    """
    if ref.id is not None:
        person = User.objects.filter(pk=ref.id, is_active=True).first()
        if person is None:
            raise Invalid("There is no person with this id.", attr="user.id", code="does_not_exist")
    else:
        person = _by_discord(ref)
    if person.status == User.Status.BANNED:
        raise NotAllowed("This person was banned from the club.", code="banned")
    return person


def _by_discord(ref: PersonRef) -> User:
    if not re.fullmatch(r"[0-9]{1,20}", ref.discord_id, re.ASCII):
        raise Invalid("A Discord id is up to 20 digits.", attr="user.discord_id", code="invalid")
    name = checked_line(ref.display_name, "user.display_name", 80, required=False)
    account = _account(ref.discord_id)
    if account is None:
        try:
            with transaction.atomic():
                return _welcome(ref.discord_id, name)
        except IntegrityError:  # somebody else was quicker
            account = _account(ref.discord_id)
            if account is None:
                raise
    person = account.user
    if name and name != person.display_name and not person.has_usable_password():
        person.display_name = name
        person.save(update_fields=["display_name", "updated_at"])
    return person


def _account(discord_id: str) -> LinkedAccount | None:
    provider = LinkedAccount.Provider.DISCORD
    return LinkedAccount.objects.select_related("user").filter(provider=provider, external_id=discord_id).first()


def _welcome(discord_id: str, name: str) -> User:
    wanted = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower())
    username = wanted.strip("-")[:30].strip("-")
    if not username or User.objects.filter(username__iexact=username).exists():
        username = f"{username}-{discord_id}".strip("-")[-40:]
    person = User(username=username, display_name=name, status=User.Status.MEMBER)
    person.set_unusable_password()
    person.save()
    LinkedAccount.objects.create(
        user=person, provider=LinkedAccount.Provider.DISCORD, external_id=discord_id, external_name=name
    )
    return person
