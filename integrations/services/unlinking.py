"""A member takes an account elsewhere away from the site: the row, its tokens, and where they want it what it brought.

Spotify's plays always go while the site's owner says so (`DataPolicy.delete_on_unlink`). Taking the grant back at the
provider is a courtesy: it is tried afterwards, outside the transaction, and whether it worked changes nothing here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from social_django.models import UserSocialAuth

from integrations.errors import ProviderError
from integrations.http import person_waits
from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS
from integrations.secret import Secret
from integrations.services.policy import policy
from integrations.unlinking import Loss, handlers
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotAllowed, NotFound
from sidetrack.models import User
from sidetrack.services.people import locked_person

logger = logging.getLogger(__name__)

SIGNS_IN = (LinkedAccount.Provider.DISCORD, LinkedAccount.Provider.SPOTIFY)
NO_WAY_IN = (
    "This is your only way in: without it nobody could sign in to your account again. First choose a password, or add "
    "an e-mail address and confirm it, or connect another account that signs you in."
)


@dataclass(frozen=True)
class Unlinked:
    """`deletes`: the listens it brought are being deleted."""

    provider: str
    deletes: bool


def always_deletes(provider: str) -> bool:
    """Does what it brought go with it, whatever the member chooses?"""
    return provider == LinkedAccount.Provider.SPOTIFY and policy().delete_on_unlink


def what_goes(person: User, provider: str) -> list[Loss]:
    """What came in from this account, by app."""
    return [loss for handler in handlers() if (loss := handler.loss(person, provider)) is not None]


def leaves_a_way_in(person: User, provider: str = "", *, without_mail: bool = False) -> bool:
    """Can they still come in without this account, or without their address: by password, by a mail to choose one, or
    by another account?"""
    if person.has_usable_password() or (person.email and not without_mail):
        return True
    others = LinkedAccount.objects.filter(user=person, provider__in=SIGNS_IN, verified=True).exclude(provider=provider)
    has_another = any(PROVIDERS[each.provider].is_configured for each in others)
    return has_another or bool(provider and provider not in SIGNS_IN)


def unlink(provider: str, *, by: Actor, delete_listens: bool = False) -> Unlinked:
    """Disconnect the acting person's account there. Not inside a transaction.

    NotFound where there is none, Conflict "only_way_in" where nobody could sign in to the person's account any more.
    """
    if by.user is None or by.token is not None:
        raise NotAllowed("Only you yourself can disconnect your accounts.")
    deletes = delete_listens or always_deletes(provider)
    grant = _unlink(by, provider, deletes)
    give_back(provider, grant)
    return Unlinked(provider, deletes)


@transaction.atomic
def _unlink(by: Actor, provider: str, deletes: bool) -> Secret:
    """Returns what the provider knows the grant by."""
    assert by.user is not None  # noqa: S101 - seen above
    person = locked_person(by.user)
    account = LinkedAccount.objects.select_for_update().filter(user=person, provider=provider).first()
    if account is None:
        raise NotFound("This is not connected.")
    if not leaves_a_way_in(person, provider):
        raise Conflict(NO_WAY_IN, code="only_way_in")
    grant: Secret = account.refresh_token or account.access_token
    after = {"provider": provider, "deletes": deletes}
    audit.record("account.unlink", account, by=by, subject=person, before={"provider": provider}, after=after)
    account.delete()
    forget_library_rows(person, provider)
    for handler in handlers() if deletes else ():
        handler.delete(provider, by)
    return grant


def forget_library_rows(person: User, provider: str) -> None:
    """allauth and social-auth are given none to keep; an older one must not sign anybody in."""
    SocialAccount.objects.filter(user=person, provider=provider).delete()
    UserSocialAuth.objects.filter(user=person, provider=provider).delete()


def give_back(provider: str, grant: Secret) -> None:
    """Tell the provider that we no longer want its grant; best effort."""
    take_back = PROVIDERS[provider].revoke
    if take_back is None or not grant:
        return
    try:
        with person_waits():
            take_back(grant)
    except ProviderError as error:
        logger.warning("%s did not take a grant back: %s", provider, type(error).__name__)
