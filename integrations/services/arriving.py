"""Who comes in with an account elsewhere: the member it belongs to, or somebody new.

An account that is linked signs its person in, whatever its e-mail address is; an address never does. Whoever a bot
met first as a Discord account is that same member when they first sign in. Somebody new waits to be admitted, unless
Discord says that they are in the club's server. Who deleted their account here comes back as somebody new, and only
when they say so (`anew`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.db import IntegrityError, transaction

from integrations.errors import ProviderError
from integrations.http import person_waits
from integrations.models import LinkedAccount
from integrations.providers import discord
from integrations.services.gone import come_back, is_gone
from integrations.services.linking import account_for, link_account, renew
from integrations.services.naming import usernames
from integrations.services.tokens import keep_tokens
from integrations.types import Access, Profile, Tokens
from sidetrack import audit
from sidetrack.actors import SITE
from sidetrack.errors import Conflict, NotAllowed
from sidetrack.models import User
from sidetrack.services.people import admit, locked_person
from sidetrack.text import clean_line

logger = logging.getLogger(__name__)
GUILD_SCOPE = "guilds.members.read"


@dataclass(frozen=True)
class Arrival:
    """Whom to sign in. `is_new`: they were not known here a moment ago."""

    person: User
    is_new: bool


def arrive(provider: str, profile: Profile, tokens: Tokens, *, anew: bool = False) -> Arrival:
    """The person to sign in. Not inside a transaction: Discord may be asked whether they are in the club's server.

    Raises NotAllowed with code "banned", or "gone" for who deleted their account and did not ask to begin anew, and
    Conflict "email_taken" where somebody here has the address that the provider vouches for.
    """
    account = account_for(provider, profile)
    if account is None:
        arrival = _newcomer(provider, profile, tokens, anew)
    else:
        arrival = Arrival(_known(account, profile, tokens), is_new=False)
    if arrival.person.status == User.Status.PENDING and provider == LinkedAccount.Provider.DISCORD:
        return replace(arrival, person=admit_from_guild(arrival.person, tokens))
    return arrival


def admit_from_guild(person: User, tokens: Tokens) -> User:
    """A member, where Discord says that they are in the club's server; who they were where it says no or nothing."""
    guild = settings.DISCORD_GUILD_ID
    if person.status != User.Status.PENDING or not guild or GUILD_SCOPE not in tokens.scopes:
        return person
    try:
        with person_waits():
            is_in = discord.is_in_guild(Access(token=tokens.access_token), guild)
    except ProviderError as error:
        logger.warning("Discord did not say whether person %s is in the server: %s", person.pk, type(error).__name__)
        return person
    return admit(person, by=SITE, reason="In the club's Discord server.") if is_in else person


def _known(account: LinkedAccount, profile: Profile, tokens: Tokens) -> User:
    with transaction.atomic():
        person = locked_person(account.user)  # who disconnects it, bans them or erases them at this moment was first
        if person.status == User.Status.BANNED:
            raise NotAllowed(
                "You were banned from the club. Ask its moderators if you think that is a mistake.", code="banned"
            )
        if not LinkedAccount.objects.filter(pk=account.pk, verified=True).exists():
            raise NotAllowed("This account does not sign anybody in here.", code="unverified")
        renew(account, profile, verified=True)
        if set(account.scopes) <= set(tokens.scopes):
            keep_tokens(account, tokens, consented=True)
    return person


def _newcomer(provider: str, profile: Profile, tokens: Tokens, anew: bool) -> Arrival:
    """Somebody new with this account, waiting to be admitted; or who came of it at this moment by another door."""
    had_left = is_gone(provider, profile.id) or any(is_gone(provider, each) for each in profile.former_ids)
    if had_left and not anew:
        raise NotAllowed("You deleted your account here. You can come back, as somebody new.", code="gone")
    name = clean_line(profile.name)[:80]
    for username in usernames(name, profile.id):
        try:
            with transaction.atomic():
                return Arrival(_made(provider, profile, tokens, username, name), is_new=True)
        except (IntegrityError, Conflict) as error:  # somebody was quicker, with the account, the name or the address
            account = account_for(provider, profile)
            if account is None and isinstance(error, Conflict) and error.code == "email_taken":
                raise
        if account is not None:
            return Arrival(_known(account, profile, tokens), is_new=False)
    raise Conflict("You could not be signed up just now. Try again.")


def _made(provider: str, profile: Profile, tokens: Tokens, username: str, name: str) -> User:
    email = _address_of(provider, profile)
    person = User(username=username, display_name=name, email=email)
    person.set_unusable_password()
    person.save()
    if email:
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    for external_id in (profile.id, *profile.former_ids):
        come_back(provider, external_id)
    link_account(person, provider, profile, tokens)
    audit.record("person.sign_up", person, by=SITE, subject=person, after={"with": provider})
    return person


def _address_of(provider: str, profile: Profile) -> str:
    """The address that the provider vouches for; any other is worth nothing."""
    email = profile.email.strip().lower() if profile.email_verified else ""
    if not email or len(email) > 254:
        return ""
    if filter_users_by_email(email):
        label = LinkedAccount.Provider(provider).label
        raise Conflict(
            f"Somebody here has the e-mail address of your {label} account already. If that is you, sign in the way "
            f"you did before, then connect {label} in your settings.",
            code="email_taken",
        )
    return email
