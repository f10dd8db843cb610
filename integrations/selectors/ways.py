"""Ways to come in and to link, as far as the operator set them up."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from integrations.models import LinkedAccount
from integrations.providers import PROVIDERS


@dataclass(frozen=True)
class Way:
    provider: str
    label: str


def is_set_up(provider: str) -> bool:
    return PROVIDERS[provider].is_configured


def missing_settings(provider: str) -> list[str]:
    """Names of settings that an operator must give, for moderators to read."""
    return [name for name in PROVIDERS[provider].needs if not getattr(settings, name)]


def ways_in() -> list[Way]:
    """Providers that sign people in here."""
    names = (LinkedAccount.Provider.DISCORD, LinkedAccount.Provider.SPOTIFY)
    return [Way(name.value, str(name.label)) for name in names if is_set_up(name)]
