"""Accounts that jobs may ask providers for, in the order in which they should."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from integrations.models import LinkedAccount
from sidetrack.models import User

_HEALTH = LinkedAccount.Health


def accounts_to_sync(provider: str, now: datetime, *scopes: str) -> list[LinkedAccount]:
    """Members' accounts there that are to be asked now and were granted all these scopes.

    The healthy first, then the degraded, then the quarantined whose probe is due; in each those that were good longest
    ago first. Never what must be reconnected, nor accounts of people who are no members (any more).
    """
    due = Q(health__in=[_HEALTH.OK, _HEALTH.DEGRADED]) | Q(health=_HEALTH.QUARANTINED, probe_at__lte=now)
    rank = Case(
        When(health=_HEALTH.OK, then=Value(0)),
        When(health=_HEALTH.DEGRADED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    accounts = of_members().filter(due, provider=provider).annotate(rank=rank)
    ordered = accounts.order_by("rank", F("last_good_at").asc(nulls_first=True), "pk")
    return [account for account in ordered if account.has_scopes(*scopes)]


def accounts_expiring(providers: list[str], by: datetime) -> list[LinkedAccount]:
    """Members' accounts whose access token ends by then and which can be refreshed; the quarantined are left alone."""
    asked = of_members().filter(provider__in=providers, health__in=[_HEALTH.OK, _HEALTH.DEGRADED])
    ending = asked.filter(access_expires_at__lte=by).order_by("access_expires_at", "pk")
    return [account for account in ending if account.refresh_token]


def of_members() -> QuerySet[LinkedAccount]:
    """Accounts of those whom the club admitted and who have not left, with their people."""
    return LinkedAccount.objects.select_related("user").filter(user__in=User.objects.members())
