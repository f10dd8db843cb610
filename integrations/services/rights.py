"""A member's accounts elsewhere, in their export and when they leave."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from social_django.models import UserSocialAuth

from integrations.models import LinkedAccount
from integrations.services.gone import remember_gone
from integrations.services.unlinking import give_back
from sidetrack.models import User
from sidetrack.rights import Handler, Section, in_pieces

COVERS = ("integrations.linkedaccount", "social_django.usersocialauth")
_LINKS = {
    "provider": "where",
    "external_id": "your id there",
    "external_name": "your name there",
    "created_at": "when it was linked",
    "updated_at": "when its name last changed",
}


def export(person: User) -> list[Section]:
    about = "Your accounts elsewhere; keys to them are not in here."
    return [Section("linked_accounts.jsonl", about, _LINKS, lambda: _links(person))]


def _links(person: User) -> Iterator[dict[str, Any]]:
    for row in in_pieces(LinkedAccount.objects.filter(user=person).values("pk", *_LINKS), "pk"):
        yield {name: row[name] for name in _LINKS}


def leave(person: User) -> None:
    """The links go at once, and no bot makes the person anew from them."""
    erase(person, True)


@transaction.atomic
def erase(person: User, keep_words: bool) -> int:
    """Grants are given back once this is committed, as far as providers take them."""
    accounts = list(LinkedAccount.objects.filter(user=person))
    for account in accounts:
        remember_gone(account.provider, account.external_id)
        grant = account.refresh_token or account.access_token
        transaction.on_commit(partial(give_back, account.provider, grant), robust=True)
        account.delete()
    # social-auth is given nothing to keep; should it hold something all the same, it goes too.
    gone: int = UserSocialAuth.objects.filter(user=person).delete()[0]
    return len(accounts) + gone


HANDLER = Handler("integrations", COVERS, export, erase, leave)
