"""Takes from the buckets of a call: the provider's, its endpoint group's and the account's."""

from __future__ import annotations


def try_take(provider: str, group: str = "", account_id: int | None = None) -> None:
    """Take now, or raise ComeBackLater with the time when there will be room. For who must not wait."""


def take(provider: str, group: str = "", account_id: int | None = None, *, wait: float) -> None:
    """Take, waiting in turn up to `wait` seconds; ComeBackLater where it would take longer. For workers."""
