"""System checks of what is set for the outside world: budgets, addresses, credentials, and the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from integrations.budgets import budgets
from sidetrack.addresses import is_loopback
from sidetrack.checks import sandbox_on_a_public_site

ADDRESSES = (
    "SPOTIFY_API_URL",
    "SPOTIFY_ACCOUNTS_URL",
    "LASTFM_API_URL",
    "LASTFM_AUTH_URL",
    "LISTENBRAINZ_API_URL",
    "MUSICBRAINZ_API_URL",
    "COVERART_URL",
    "RECCOBEATS_API_URL",
    "DEEZER_API_URL",
    "ITUNES_API_URL",
    "DISCORD_API_URL",
    "DISCORD_AUTHORIZE_URL",
    "ANTHROPIC_API_URL",
)
CREDENTIALS = (
    ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"),
    ("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"),
)


@register()
def outside_makes_sense(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [*_rates(), *_sandbox(), *_addresses(), *_credentials()]


def _rates() -> Iterator[CheckMessage]:
    for entry in settings.PROVIDER_RATES:
        try:
            budgets([entry])
        except ValueError as error:
            yield Error(
                f"PROVIDER_RATES: {error}.",
                hint="Write requests/seconds for each, like spotify=90/30,spotify.search=10/30, or leave it empty.",
                id="integrations.E001",
            )


def _sandbox() -> Iterator[CheckMessage]:
    sandbox = settings.PROVIDER_SANDBOX
    if not sandbox:
        return
    if not _is_here(sandbox):
        yield Error(
            f"PROVIDER_SANDBOX is {sandbox!r}, which is not an address of this machine.",
            hint="Anybody can sign in there as anybody. Write http://127.0.0.1:9090, or leave it empty.",
            id="integrations.E002",
        )
    if sentence := sandbox_on_a_public_site():
        yield Error(sentence, hint="Unset PROVIDER_SANDBOX.", id="integrations.E003")


def _addresses() -> Iterator[CheckMessage]:
    for name in ADDRESSES:
        address = getattr(settings, name)
        scheme = _scheme(address)
        if not scheme:
            yield Error(
                f"{name} is {address!r}, which is not an address.",
                hint="Leave it empty, which means the provider's own.",
                id="integrations.E004",
            )
        elif scheme == "http" and not _is_here(address):
            yield Warning(
                f"{name} is {address!r}: tokens would travel in the clear.",
                hint="Write https://, or leave it empty, which means the provider's own.",
                id="integrations.W002",
            )


def _credentials() -> Iterator[CheckMessage]:
    for name, secret in CREDENTIALS:
        if bool(getattr(settings, name)) != bool(getattr(settings, secret)):
            there, missing = (name, secret) if getattr(settings, name) else (secret, name)
            yield Warning(
                f"{there} is set and {missing} is not: this provider stays switched off.",
                hint=f"Set {missing} too, or neither.",
                id="integrations.W001",
            )
    # A key alone is enough to read Last.fm by name.
    if settings.LASTFM_API_SECRET and not settings.LASTFM_API_KEY:
        yield Warning(
            "LASTFM_API_SECRET is set and LASTFM_API_KEY is not: Last.fm stays switched off.",
            hint="Set LASTFM_API_KEY too, or neither.",
            id="integrations.W001",
        )


def _is_here(address: str) -> bool:
    """Is this an http address on this machine?"""
    return bool(_scheme(address)) and is_loopback(urlsplit(address).hostname or "")


def _scheme(address: str) -> str:
    """http or https, or "" where this is no address of the web."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        return parts.scheme if fine else ""
    except ValueError:
        return ""
