"""Calls made for an account: with a token that is good, and with its health kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from integrations.errors import Expired, MustReconnect, ProviderError, Unavailable
from integrations.models import LinkedAccount
from integrations.services.health import note
from integrations.services.tokens import access_of, end_grant, refresh
from integrations.types import Access

T = TypeVar("T")


def call_as(account: LinkedAccount, work: Callable[[Access], T]) -> T:
    """What `work` gives, called with the account's access; not inside a transaction.

    A token that is not taken any more is refreshed once and `work` is called a second time, so it must bear that.
    How it ended is kept as the account's health (docs/account-health.md), and every `ProviderError` is raised on:
    MustReconnect has ended the grant by then. What is no ProviderError says nothing about the account.
    """
    try:
        result = _called(account, work)
    except MustReconnect as error:
        end_grant(account, error.sentence)
        raise
    except ProviderError as error:
        note(account.pk, error)
        raise
    note(account.pk, None)
    return result


def _called(account: LinkedAccount, work: Callable[[Access], T]) -> T:
    access = access_of(account)
    try:
        return work(access)
    except Expired:
        access = refresh(account, stale=access.token)
    try:
        return work(access)
    except Expired as error:
        raise Unavailable(error.provider, "It does not take the key that it has just given.") from None
