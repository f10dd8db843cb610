"""Refreshes ahead of need, so that nobody who looks at a page waits for a token."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.errors import MustReconnect, ProviderError
from integrations.providers import PROVIDERS
from integrations.selectors.syncable import accounts_expiring
from integrations.services.tokens import refresh

PERIOD = timedelta(minutes=30)
"""From one run to the next."""
SPARE = timedelta(minutes=5)
"""A token has at least this left when the next run begins, so that a run may be late or take its time."""


def refresh_expiring(now: datetime) -> dict[str, int]:
    """Refresh what would end before the next run is through: `{"refreshed", "lost", "later"}`.

    A token that lasts beyond that is left alone, and so are accounts in quarantine: their probe refreshes by itself.
    Tokens of an hour come to one call in 30 minutes, which is the least that never lets one end.
    """
    able = [name for name, provider in PROVIDERS.items() if provider.refresh and provider.is_configured]
    counts = {"refreshed": 0, "lost": 0, "later": 0}
    for account in accounts_expiring(able, now + PERIOD + SPARE):
        try:
            refresh(account)
            counts["refreshed"] += 1
        except MustReconnect:
            counts["lost"] += 1
        except ProviderError:  # the token stays, and is tried when it is used or in the next run
            counts["later"] += 1
    return counts
