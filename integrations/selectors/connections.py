"""The cards of the connections page: what each provider gives, and how a member's account there fares."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.scopes import LISTENING, PLAYLISTS, grants
from integrations.selectors.links import days_left
from integrations.selectors.ways import is_set_up, missing_settings
from sidetrack.models import User

SOON = 30
"""Days before the end of a consent from which the page asks for it anew."""
_GIVES = {
    "discord": "Sign in with one press, and be known to the club's bot as who you are here.",
    "spotify": "What you play there comes in by itself, and the club can write playlists for you. You can sign in with "
    "it too.",
    "lastfm": "Everything you scrobble comes in by itself, your whole history first.",
    "listenbrainz": "Your listens come in by themselves, your whole history first.",
}
ASK_LABELS = {LISTENING: "your listening", PLAYLISTS: "playlists"}


@dataclass(frozen=True)
class Ask:
    """Something to be allowed by itself: `name` as `begin_linking` takes it."""

    name: str
    label: str
    granted: bool


@dataclass(frozen=True)
class Card:
    provider: str
    label: str
    gives: str
    set_up: bool
    account: LinkedAccount | None = None
    missing: list[str] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    days_left: int | None = None

    @property
    def must_reconnect(self) -> bool:
        return self.account is not None and self.account.health == LinkedAccount.Health.NEEDS_RECONNECT

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left <= SOON

    @property
    def has_ended(self) -> bool:
        """Is the time of the consent over? On its last day no whole one is left, and it still holds."""
        ends = self.account.consent_ends_at if self.account else None
        return ends is not None and ends <= timezone.now()

    @property
    def reads_nothing(self) -> bool:
        """Can it be read, and did the member not allow it?"""
        return any(ask.name == LISTENING and not ask.granted for ask in self.asks)

    @property
    def granted(self) -> list[Ask]:
        return [ask for ask in self.asks if ask.granted]

    @property
    def open_asks(self) -> list[Ask]:
        return [ask for ask in self.asks if not ask.granted]


def cards_of(person: User) -> list[Card]:
    accounts = {account.provider: account for account in LinkedAccount.objects.filter(user=person)}
    return [_card(name, label, accounts.get(name)) for name, label in _ordered()]


def card_of(person: User, provider: str) -> Card | None:
    """None for a word that is no provider."""
    return next((card for card in cards_of(person) if card.provider == provider), None)


def _ordered() -> list[tuple[str, str]]:
    """What brings listens first."""
    chosen = ("spotify", "lastfm", "listenbrainz", "discord")
    return [(name, str(LinkedAccount.Provider(name).label)) for name in chosen]


def _card(provider: str, label: str, account: LinkedAccount | None) -> Card:
    granted = grants(provider, account.scopes if account else ())
    return Card(
        provider,
        label,
        _GIVES[provider],
        is_set_up(provider),
        account,
        missing_settings(provider),
        [Ask(name, ASK_LABELS[name], is_granted) for name, is_granted in granted.items()],
        days_left(account) if account else None,
    )
