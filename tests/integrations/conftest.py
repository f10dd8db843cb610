"""A server on loopback in the place of every catalogue and history provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.budgets import PROVIDERS
from integrations.http import Patience, patience
from tests.integrations.fake_provider import FakeProvider
from tests.integrations.going_elsewhere import sandboxed  # noqa: F401 - a fixture

ONCE = Patience(attempts=1, total=5.0, pause=0.0, connect=2.0, read=2.0, waits_for_budget=1.0)
"""One attempt: the first answer is what comes out."""


@pytest.fixture
def there(db: None, settings: Any) -> Iterator[FakeProvider]:
    """All providers but Spotify and Discord answer here, each call is made once, and no budget holds it up."""
    with FakeProvider() as provider, patience(ONCE):
        settings.PROVIDER_RATES = [f"{name}=10000/1" for name in PROVIDERS]
        settings.LASTFM_API_URL = f"{provider.url}/2.0/"
        settings.LASTFM_AUTH_URL = f"{provider.url}/api/auth/"
        settings.LASTFM_API_KEY, settings.LASTFM_API_SECRET = "site-key", "site-secret"
        for name in ("LISTENBRAINZ_API", "MUSICBRAINZ_API", "COVERART", "RECCOBEATS_API", "DEEZER_API", "ITUNES_API"):
            setattr(settings, f"{name}_URL", provider.url)
        yield provider
