"""A person's accounts elsewhere, without anything secret."""

from __future__ import annotations

from typing import Any

from integrations.models import LinkedAccount
from sidetrack.models import User


def links_of(person: User) -> list[dict[str, Any]]:
    """`[{"provider", "external_id", "external_name", "created_at", "updated_at"}]`, by provider. For oneself only."""
    fields = ("provider", "external_id", "external_name", "created_at", "updated_at")
    return list(LinkedAccount.objects.filter(user=person).order_by("provider").values(*fields))
