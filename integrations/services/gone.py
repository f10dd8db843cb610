"""Accounts elsewhere of people who left: known again by a keyed digest, so that no bot makes them anew.

The key is the site's SECRET_KEY; former keys count as long as they stand in SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from integrations.models import GoneAccount, LinkedAccount
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotFound

_SALT = "integrations.gone"


def remember_gone(provider: str, external_id: str) -> None:
    GoneAccount.objects.get_or_create(digest=_digests(provider, external_id)[0])


def is_gone(provider: str, external_id: str) -> bool:
    return GoneAccount.objects.filter(digest__in=_digests(provider, external_id)).exists()


def come_back(provider: str, external_id: str) -> None:
    """Its person has signed up anew with it, as somebody new: bots know them again."""
    GoneAccount.objects.filter(digest__in=_digests(provider, external_id)).delete()


@transaction.atomic
def let_back(provider: str, external_id: str, *, by: Actor, reason: str = "") -> None:
    """A bot may bring the person behind this account again, as somebody new. NotFound where none had left."""
    by.must_moderate()
    if provider not in LinkedAccount.Provider.values:
        raise Invalid(f"A provider is one of {', '.join(LinkedAccount.Provider.values)}.", attr="provider")
    account = GoneAccount.objects.filter(digest__in=_digests(provider, external_id)).first()
    if account is None:
        raise NotFound("Nobody with this account has left.")
    audit.record("account.let_back", account, by=by, reason=reason, after={"provider": provider})
    account.delete()


def _digests(provider: str, external_id: str) -> list[str]:
    """By the present key first."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    said = f"{provider}:{external_id}"
    return [salted_hmac(_SALT, said, secret=key, algorithm="sha256").hexdigest() for key in keys]
