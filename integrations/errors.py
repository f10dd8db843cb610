"""How a call to the outside world can end badly. Each says whether asking again can help.

None carries an address, a header or a body: they may hold tokens. `sentence` is fit for a member to read.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class ProviderError(Exception):
    """Base of all. `provider` is its name in the table; `sentence` says what happened, for people."""

    transient: ClassVar[bool] = False
    """May the same call succeed later without anybody doing anything?"""

    def __init__(self, provider: str, sentence: str) -> None:
        super().__init__(f"{provider}: {sentence}")
        self.provider = provider
        self.sentence = sentence


class Unavailable(ProviderError):
    """It failed, timed out or could not be reached, in every attempt: 5xx, connection errors, too slow, too large."""

    transient = True


class BadAnswer(Unavailable):
    """It answered something that cannot be read: HTML for JSON, cut short, of another shape, another person's data."""


class Busy(Unavailable):
    """It asks us to slow down (429 and its kin). `retry_after` in seconds, None where it does not say;
    `per_account` where the limit is that of one account, not of the whole app.

    The door turns a long one into `ComeBackLater`; outside the door nobody sees this.
    """

    def __init__(
        self, provider: str, sentence: str, *, retry_after: float | None = None, per_account: bool = False
    ) -> None:
        super().__init__(provider, sentence)
        self.retry_after = retry_after
        self.per_account = per_account


class ComeBackLater(ProviderError):
    """Not before `until` (UTC): the provider said so, or our own budget is used up. Nothing was sent."""

    transient = True

    def __init__(self, provider: str, sentence: str, *, until: datetime) -> None:
        super().__init__(provider, sentence)
        self.until = until


class Expired(ProviderError):
    """The access token is not taken any more: refresh it once, then ask again (services/calling.py does)."""


class MustReconnect(ProviderError):
    """The grant is gone (invalid_grant, revoked, a dead session key): only the member can mend it."""


class Forbidden(ProviderError):
    """The provider understood and will not. `reason` is one of REASONS."""

    REASONS = ("closed", "scope", "allowlist", "premium", "owner", "private", "unknown")

    def __init__(self, provider: str, sentence: str, *, reason: str = "unknown") -> None:
        super().__init__(provider, sentence)
        self.reason = reason


class NotThere(ProviderError):
    """It knows no such thing (404, Deezer 800, Last.fm 6)."""


class Rejected(ProviderError):
    """It refuses what we asked as wrong (400): a bug of ours, or a value of a person's. Not asked again."""


class Misconfigured(ProviderError):
    """The site's own credentials are missing, wrong or suspended: an operator must act."""
