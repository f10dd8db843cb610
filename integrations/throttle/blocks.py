"""Providers that asked us to stay away for a while, remembered for all processes."""

from __future__ import annotations

from datetime import datetime


def must_not_be_blocked(provider: str, group: str = "", account_id: int | None = None) -> None:
    """Raises ComeBackLater while the app, or this account, is to stay away from these endpoints."""


def block(provider: str, group: str = "", account_id: int | None = None, *, until: datetime) -> datetime:
    """Stay away until then; an earlier end never shortens a block. Returns the end that holds."""
    return until
