"""Providers that asked us to stay away for a while, remembered for all processes.

Times are compared with the clock of the machine that asks. Clocks of several machines differ by less than the moment
that is added to every block, as long as they are set by NTP.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.budgets import label
from integrations.errors import ComeBackLater
from integrations.models import ProviderBlock
from integrations.retry_after import LONGEST

MARGIN = timedelta(milliseconds=250)
KEPT = timedelta(days=7)
"""How long a block that is over is kept, for the desk."""


def blocked_until(provider: str, group: str = "", account_id: int | None = None) -> datetime | None:
    """Until when the app, or this account, is to stay away from these endpoints. One look by primary key."""
    keys = {_key(provider, *part) for part in (("", None), (group, None), ("", account_id), (group, account_id))}
    holding = ProviderBlock.objects.filter(key__in=keys, until__gt=timezone.now()).order_by("-until")
    return holding.values_list("until", flat=True).first()


def must_not_be_blocked(provider: str, group: str = "", account_id: int | None = None) -> None:
    """Raises ComeBackLater while the app, or this account, is to stay away from these endpoints."""
    until = blocked_until(provider, group, account_id)
    if until is not None:
        raise come_back(provider, until)


def come_back(provider: str, until: datetime) -> ComeBackLater:
    return ComeBackLater(provider, f"{label(provider)} asked us to come back later.", until=until)


def block(provider: str, group: str = "", account_id: int | None = None, *, until: datetime) -> datetime:
    """Stay away until then and a moment; an earlier end never shortens a block. Returns the end that holds.

    Without a group it is of all endpoints of the provider, without an account of the whole app.
    """
    now = timezone.now()
    until = min(until, now + timedelta(seconds=LONGEST)) + MARGIN
    row = ProviderBlock(
        key=_key(provider, group, account_id), provider=provider, group=group, account_id=account_id, until=until
    )
    try:
        with transaction.atomic():
            ProviderBlock.objects.bulk_create([row], ignore_conflicts=True)
    except IntegrityError:
        return until  # the account is gone meanwhile, and nobody asks for it any more
    ProviderBlock.objects.filter(key=row.key, until__lt=until).update(until=until, created_at=now)
    ProviderBlock.objects.filter(until__lt=now - KEPT).delete()
    return ProviderBlock.objects.filter(key=row.key).values_list("until", flat=True).first() or until


def _key(provider: str, group: str, account_id: int | None) -> str:
    return f"{provider}:{group}:{account_id or ''}"
