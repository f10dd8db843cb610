"""A person's accounts elsewhere, without anything secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.scopes import grants
from sidetrack.models import User


def links_of(person: User) -> list[dict[str, Any]]:
    """One dict an account, by provider, as the API tells it. For oneself only; never a token."""
    return [link_json(account) for account in LinkedAccount.objects.filter(user=person).order_by("provider")]


def link_json(account: LinkedAccount) -> dict[str, Any]:
    return {
        "provider": account.provider,
        "external_id": account.external_id,
        "external_name": account.external_name,
        "verified": account.verified,
        "state": account.health,
        "grants": [name for name, granted in grants(account.provider, account.scopes).items() if granted],
        "last_good_at": account.last_good_at,
        "last_error": account.last_error if account.health != LinkedAccount.Health.OK else "",
        "consent_ends_at": account.consent_ends_at,
        "days_left": days_left(account),
        "created_at": account.created_at,
        "updated_at": account.updated_at,
    }


def days_left(account: LinkedAccount, now: datetime | None = None) -> int | None:
    """Whole days until the member's consent ends, 0 at the end; None where it does not end by itself."""
    ends = account.consent_ends_at
    return None if ends is None else max(0, (ends - (now or timezone.now())).days)
