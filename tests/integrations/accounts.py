"""Linked accounts for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.tokens import keep_tokens
from integrations.types import Tokens
from sidetrack.models import User


def link(person: User, provider: str = "spotify", *, expires_in: int | None = 3600, **fields: Any) -> LinkedAccount:
    """An account with tokens "old-access" and "old-refresh", as after a member's consent."""
    account = LinkedAccount.objects.create(
        user=person, provider=provider, external_id=f"{person.username}-id", external_name=person.name
    )
    tokens = Tokens(Secret("old-access"), expires_in, Secret("old-refresh"), ("listen",))
    keep_tokens(account, tokens, consented=True)
    if fields:
        LinkedAccount.objects.filter(pk=account.pk).update(**fields)
        account.refresh_from_db()
    return account


def link_expired(person: User, provider: str = "spotify", **fields: Any) -> LinkedAccount:
    return link(person, provider, **{"access_expires_at": timezone.now() - timedelta(minutes=1), **fields})
