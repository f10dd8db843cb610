"""Accounts elsewhere become a member's: what every way of linking ends in, and the only writer of `LinkedAccount` rows
of people (a bot's are made in services/people.py).

One account of each provider a member, and one member an account. Who proves that an account is theirs takes it from
somebody who had only named it (Last.fm by name), and from nobody else.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.errors import Forbidden, Misconfigured, NotThere, ProviderError, Rejected
from integrations.http import person_waits
from integrations.models import LinkedAccount
from integrations.providers import lastfm, listenbrainz
from integrations.secret import Secret
from integrations.services.tokens import keep_tokens
from integrations.types import Access, Profile, Tokens
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.jobs import enqueue
from sidetrack.models import User
from sidetrack.services.people import locked_person
from sidetrack.text import checked_line

HIDDEN = (
    "This account hides its recent listening. Open it at last.fm/settings/privacy, or connect Last.fm with the button: "
    "then we may read it all the same."
)


def account_for(provider: str, profile: Profile) -> LinkedAccount | None:
    """The link to this account, also where it is still kept under an older id of it."""
    for external_id in (profile.id, *profile.former_ids):
        found = LinkedAccount.objects.select_related("user").filter(provider=provider, external_id=external_id).first()
        if found is not None:
            return found
    return None


def link_account(
    person: User, provider: str, profile: Profile, tokens: Tokens | None, *, verified: bool = True
) -> LinkedAccount:
    """This account is the person's from now on; linking it again renews it. No provider is asked here.

    `tokens` None: there are none (an account that was only named). Scopes become those that the tokens tell, also
    where they are fewer than before. Raises Conflict for an account of somebody else, for a second one of the same
    provider, and for what came about at the same moment.
    """
    try:
        with transaction.atomic():
            return _link(person, provider, profile, tokens, verified)
    except IntegrityError:
        raise Conflict("This was connected at the same moment elsewhere. Look again, then try again.") from None


def _link(person: User, provider: str, profile: Profile, tokens: Tokens | None, verified: bool) -> LinkedAccount:
    person = locked_person(person)
    if person.status == User.Status.BANNED:
        raise NotAllowed("You were banned from the club.", code="banned")
    account = account_for(provider, profile)
    if account is not None and account.user_id != person.pk:
        _must_be_free(account, verified)
        _take_over(account, by=person)
        account = None
    own = LinkedAccount.objects.filter(user=person, provider=provider).first()
    if account is None and own is not None:
        raise _second(own)
    if account is None:
        account = LinkedAccount(user=person, provider=provider, external_id=profile.id, verified=verified)
        account.external_name = profile.name[:120]
        account.save(force_insert=True)
        audit.record("account.link", account, by=Actor(user=person), subject=person, after={"provider": provider})
    else:
        renew(account, profile, verified=verified or account.verified)
    if tokens is not None:
        LinkedAccount.objects.filter(pk=account.pk).update(scopes=list(tokens.scopes))
        keep_tokens(account, tokens, consented=True)
    return account


def renew(account: LinkedAccount, profile: Profile, *, verified: bool) -> None:
    """Follow a new name there, and the id that links are keyed on now."""
    row = LinkedAccount.objects.filter(pk=account.pk)
    row.update(external_id=profile.id, external_name=profile.name[:120], verified=verified, updated_at=timezone.now())
    account.refresh_from_db()


def _must_be_free(account: LinkedAccount, verified: bool) -> None:
    """Nobody is told whose it is."""
    label = account.get_provider_display()
    if account.verified:
        raise Conflict(
            f"This {label} account is connected to another member. Sign in as them, or disconnect it there first.",
            code="account_taken",
        )
    if not verified:
        raise Conflict(
            f"Another member named this {label} account already. If it is yours, connect it with the button that asks "
            f"{label}.",
            code="account_taken",
        )


def _take_over(account: LinkedAccount, *, by: User) -> None:
    """Its owner has come: who had only named it loses it, and is told."""
    had, told = account.user, {"provider": account.provider}
    audit.record("account.taken_over", account, by=Actor(user=by), subject=had, before=told)
    account.delete()
    enqueue("tell_of_taken_link", {"person_id": had.pk, "provider": account.provider})


def _second(own: LinkedAccount) -> Conflict:
    label, name = own.get_provider_display(), own.external_name or own.external_id
    return Conflict(
        f"You have connected {name} at {label} already, and one account there is all we keep. Disconnect that one "
        "first to connect another.",
        code="second_account",
    )


# --- Last.fm by name, ListenBrainz by token


def link_lastfm_name(name: str, *, by: Actor) -> LinkedAccount:
    """Read this Last.fm account, without proof that it is the acting person's. Not inside a transaction.

    Raises Invalid naming `username` where there is no such account or it hides its listening, and Conflict.
    """
    person = _acting(by)
    name = checked_line(name, "username", 120)
    try:
        with person_waits():
            profile = lastfm.user_info(name)
            lastfm.recent_tracks(Access(name=profile.name), limit=1)
    except (NotThere, Rejected):
        raise Invalid("Last.fm knows no account of this name.", attr="username", code="does_not_exist") from None
    except Forbidden as error:
        raise Invalid(
            HIDDEN if error.reason == "private" else error.sentence, attr="username", code="private"
        ) from None
    except ProviderError as error:
        raise outage(error) from None
    return link_account(person, LinkedAccount.Provider.LASTFM, profile, None, verified=False)


def link_lastfm(person: User, token: str) -> LinkedAccount:
    """What a member allowed at Last.fm. Raises ProviderError (StartAgain for a used token) and Conflict."""
    try:
        with person_waits():
            name, key = lastfm.session(token)
    except Forbidden:  # 4: here it is the token that is no good
        raise lastfm.StartAgain("lastfm", "Last.fm does not know this sign-in any more: begin again.") from None
    return link_account(person, LinkedAccount.Provider.LASTFM, Profile(name.lower(), name), Tokens(key, None))


def link_listenbrainz(token: str, *, by: Actor) -> LinkedAccount:
    """The account that this user token opens. Raises Invalid naming `token` for one that opens none."""
    person = _acting(by)
    token = checked_line(token, "token", 200)
    try:
        with person_waits():
            profile = listenbrainz.validate_token(Access(token=Secret(token)))
    except ProviderError as error:
        if error.transient or isinstance(error, Misconfigured):
            raise outage(error) from None
        raise Invalid(
            "ListenBrainz does not know this token. Copy it again from listenbrainz.org/settings.",
            attr="token",
            code="wrong_token",
        ) from None
    return link_account(person, LinkedAccount.Provider.LISTENBRAINZ, profile, Tokens(Secret(token), None))


def outage(error: ProviderError) -> Conflict:
    """What a member is told where a provider cannot do its part just now. Nothing was changed."""
    label = LinkedAccount.Provider(error.provider).label
    if isinstance(error, Misconfigured):
        return Conflict(f"{label} is not set up on this site. Tell a moderator.", code="not_set_up")
    detail = f"{label} did not answer. Nothing was changed; try again in a few minutes."
    return Conflict(detail if error.transient else error.sentence, code="provider")


def _acting(by: Actor) -> User:
    if by.user is None or by.token is not None:
        raise NotAllowed("Only you yourself can connect your accounts.")
    return by.user
