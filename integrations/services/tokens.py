"""Tokens of linked accounts: kept, given out, refreshed by one process at a time, and dropped when the grant is gone.

Nothing else writes them. Every write makes `token_version` grow, and what comes back from a provider is stored only
over the version it was made from: whoever reconnects or disconnects meanwhile is not overwritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.errors import MustReconnect, Unavailable
from integrations.http import Patience, patience, patience_now
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS, Provider
from integrations.secret import Secret, Unreadable
from integrations.types import Access, Tokens
from sidetrack.jobs import enqueue

LEASE = timedelta(seconds=20)
"""After this a refresh counts as dead, and the next process makes its own."""
IN_LEASE = Patience(attempts=3, total=12.0, pause=3.0, connect=3.0, read=6.0, waits_for_budget=6.0)
"""What a refresh may take at most, so that it ends before its lease."""
MARGIN = timedelta(seconds=60)
"""A token with less left is refreshed before it is used."""
LONGEST_WAIT = 25.0
"""Seconds a worker waits for another's refresh: longer than a lease, so that a dead one is taken up."""
_READ = (
    "access_token",
    "refresh_token",
    "access_expires_at",
    "token_version",
    "refresh_lease_until",
    "scopes",
    "authorised_at",
    "warned_days",
    "health",
    "health_since",
    "failures",
    "probe_at",
    "last_error",
)
_NO_TOKENS: dict[str, Any] = {"access_token": Secret(), "refresh_token": Secret(), "access_expires_at": None}


def keep_tokens(account: LinkedAccount, tokens: Tokens, *, consented: bool) -> None:
    """Store what a provider gave for this account; an empty refresh token or no scopes keep what is there.

    `consented`: the member has just authorised it, from which the provider's time runs anew. New tokens end
    needs_reconnect. MustReconnect where the account was disconnected meanwhile.
    """
    now = timezone.now()
    renewed = {"health": LinkedAccount.Health.OK, "health_since": now, "failures": 0, "probe_at": None}
    consent = {**renewed, "authorised_at": now, "warned_days": None} if consented else {}
    with transaction.atomic():
        row = LinkedAccount.objects.filter(pk=account.pk)
        if not row.update(**_stored(tokens, now), **consent):
            raise _gone(account)
        row.filter(health=LinkedAccount.Health.NEEDS_RECONNECT).update(**renewed, warned_days=None)
    account.refresh_from_db(fields=_READ)


def forget_tokens(account: LinkedAccount) -> None:
    """Drop the tokens here. A refresh that is under way will not bring them back."""
    nothing = {**_NO_TOKENS, "token_version": F("token_version") + 1, "refresh_lease_until": None}
    if LinkedAccount.objects.filter(pk=account.pk).update(**nothing):
        account.refresh_from_db(fields=_READ)


def access_of(account: LinkedAccount) -> Access:
    """What to call the provider with for this account, refreshed where its time is over. `account` is read anew.

    Raises MustReconnect (nothing was asked), ComeBackLater and Unavailable. Not inside a transaction.
    """
    _read_anew(account)
    if account.token_is_fresh(timezone.now(), MARGIN):
        return _access(account)
    if _provider(account).refresh is not None:
        return refresh(account)
    if account.verified or _is_unreadable(account):
        raise _ended_without_tokens(account)
    return _access(account)  # only named, and read by its name


def refresh(account: LinkedAccount, *, stale: Secret | None = None) -> Access:
    """A newer access than the one that `account` holds, or than the token `stale` that was refused.

    One process asks the provider; the others wait for what it gets, as long as their patience lasts. Raises as
    `access_of` does.
    """
    ask = _provider(account).refresh
    if ask is None:
        raise _must_reconnect(account)
    seen = account.token_version
    for waited in _waits():
        _read_anew(account)
        newer = account.token_version != seen or (stale is not None and account.access_token != stale)
        if newer and account.token_is_fresh(timezone.now(), timedelta(0)):
            return _access(account)
        if waited and not newer and account.refresh_lease_until is None:
            break  # who asked got nothing, and asking once more at this moment is of no use
        if not account.refresh_token:
            raise _ended_without_tokens(account)
        lease = _take_lease(account)
        if lease is not None and _refreshed(account, ask, lease):
            return _access(account)
    raise Unavailable(account.provider, f"{account.get_provider_display()} is slow to answer just now.")


def end_grant(account: LinkedAccount, sentence: str) -> bool:
    """The grant behind the tokens in `account` is gone: drop them, ask no more, and let the member be told once.

    False, and nothing is changed, where there are other tokens by now or never were any.
    """
    if not _holds_any(account):
        return False
    now = timezone.now()
    row = LinkedAccount.objects.filter(pk=account.pk, token_version=account.token_version)
    with transaction.atomic():
        ended = row.update(
            **_NO_TOKENS,
            token_version=F("token_version") + 1,
            refresh_lease_until=None,
            health=LinkedAccount.Health.NEEDS_RECONNECT,
            health_since=now,
            probe_at=None,
            last_error=sentence[:300],
            last_error_at=now,
        )
        if ended:
            enqueue("tell_of_lost_link", {"account_id": account.pk}, key=f"account {account.pk}")
    return bool(ended)


def _waits() -> Iterator[float]:
    """Seconds waited so far, from 0, each a little longer than the one before; ends with the caller's patience."""
    began = time.monotonic()
    most = min(LONGEST_WAIT, patience_now().total)
    pause = 0.05
    while (waited := time.monotonic() - began) < most:
        yield waited if pause > 0.05 else 0.0
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _take_lease(account: LinkedAccount) -> datetime | None:
    """The end of the lease that this process now holds, by which it is known; None where another holds one."""
    now, held = timezone.now(), account.refresh_lease_until
    if held is not None and held >= now:
        return None  # nor where it was given back since it was read: who held it got nothing just now
    seen = {"token_version": account.token_version, "refresh_lease_until": held}
    row = LinkedAccount.objects.filter(pk=account.pk, **seen)
    return now + LEASE if row.update(refresh_lease_until=now + LEASE) else None


def _refreshed(account: LinkedAccount, ask: Callable[[Secret], Tokens], lease: datetime) -> bool:
    """Ask the provider and store what it gives; False where other tokens came meanwhile, which stand.

    The lease is given back with the tokens, in one statement: whoever waits never sees the one without the other.
    """
    asked_at = timezone.now()
    mine = patience_now()
    try:
        with patience(mine if mine.total < IN_LEASE.total else IN_LEASE):
            tokens = ask(account.refresh_token)
    except MustReconnect as error:
        if end_grant(account, error.sentence):
            raise
        return False
    except BaseException:
        LinkedAccount.objects.filter(pk=account.pk, refresh_lease_until=lease).update(refresh_lease_until=None)
        raise
    row = LinkedAccount.objects.filter(pk=account.pk, token_version=account.token_version)
    stored = bool(row.update(**_stored(tokens, asked_at)))
    if stored:
        account.refresh_from_db(fields=_READ)
    return stored


def _stored(tokens: Tokens, asked_at: datetime) -> dict[str, Any]:
    """Columns to write. What the reply does not bring is left as it is."""
    lasts = tokens.expires_in
    fields: dict[str, Any] = {
        "access_token": tokens.access_token,
        "access_expires_at": None if lasts is None else asked_at + timedelta(seconds=lasts),
        "token_version": F("token_version") + 1,
        "refresh_lease_until": None,
    }
    if tokens.refresh_token:
        fields["refresh_token"] = tokens.refresh_token
    if tokens.scopes:
        fields["scopes"] = list(tokens.scopes)
    return fields


def _read_anew(account: LinkedAccount) -> None:
    try:
        account.refresh_from_db(fields=_READ)
    except LinkedAccount.DoesNotExist:
        raise _gone(account) from None
    if account.health == LinkedAccount.Health.NEEDS_RECONNECT:
        raise _must_reconnect(account)


def _access(account: LinkedAccount) -> Access:
    return Access(account.pk, account.access_token, account.external_name or account.external_id)


def _provider(account: LinkedAccount) -> Provider:
    return PROVIDERS[account.provider]


def _is_unreadable(account: LinkedAccount) -> bool:
    return isinstance(account.access_token, Unreadable) or isinstance(account.refresh_token, Unreadable)


def _holds_any(account: LinkedAccount) -> bool:
    return account.has_token or _is_unreadable(account)


def _gone(account: LinkedAccount) -> MustReconnect:
    return MustReconnect(account.provider, f"{account.get_provider_display()} is not connected any more.")


def _must_reconnect(account: LinkedAccount) -> MustReconnect:
    return MustReconnect(account.provider, f"{account.get_provider_display()} must be connected again.")


def _ended_without_tokens(account: LinkedAccount) -> MustReconnect:
    """There is nothing to ask with; it may be that no key of the site opens what is stored."""
    error = _must_reconnect(account)
    if _is_unreadable(account):
        label = account.get_provider_display()
        error = MustReconnect(account.provider, f"The site's keys have changed, so {label} must be connected again.")
    end_grant(account, error.sentence)
    return error
