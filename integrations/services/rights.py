"""A member's accounts elsewhere, in their export and when they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from integrations.models import LinkedAccount
from integrations.services.gone import remember_gone
from sidetrack.models import User
from sidetrack.rights import Handler, Section, in_pieces

COVERS = ("integrations.linkedaccount",)
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
    accounts = list(LinkedAccount.objects.filter(user=person))
    for account in accounts:
        remember_gone(account.provider, account.external_id)
        account.delete()
    return len(accounts)


HANDLER = Handler("integrations", COVERS, export, erase, leave)
