"""`manage.py probe_providers`: does every provider that is set up answer, and what does Spotify let this app do?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.errors import NotThere, ProviderError
from integrations.http import Patience, patience
from integrations.models import Capability
from integrations.providers import PROVIDERS, Provider, spotify
from integrations.types import NOBODY

HASTE = Patience(attempts=2, total=15.0, pause=2.0, connect=5.0, read=10.0, waits_for_budget=5.0)
ROW = "{:<18} {:<18} {:<8} {:<20} {}"


class Command(BaseCommand):
    help = "Ask every provider that is set up whether it answers, and Spotify what it lets this app do. A few calls."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("providers", nargs="*", metavar="provider", help=f"All by default: {', '.join(PROVIDERS)}.")

    def handle(self, *, providers: list[str], **options: Any) -> None:
        if unknown := set(providers) - set(PROVIDERS):
            self.stderr.write(f"There is no provider {', '.join(sorted(unknown))}.")
        self.stdout.write(ROW.format("provider", "capability", "state", "asked again", "why"))
        for name, provider in PROVIDERS.items():
            if not providers or name in providers:
                for row in probed(provider):
                    self.stdout.write(ROW.format(*row).rstrip())


def probed(provider: Provider) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of the table: the provider itself, then its capabilities."""
    if not provider.is_configured:
        yield provider.name, "", "not set", "", f"needs {' and '.join(provider.needs)}"
        return
    with patience(HASTE):
        why = _trouble(provider)
        yield provider.name, "", "no" if why else "answers", "", why
        if provider.name == spotify.PROVIDER.name and not why:
            yield from map(_capability, spotify.CAPABILITIES)


def _trouble(provider: Provider) -> str:
    """Why it does not answer, or ""."""
    try:
        provider.probe(NOBODY)
    except NotThere:
        return ""  # an answer, too
    except ProviderError as error:
        return error.sentence
    return ""


def _capability(name: str) -> tuple[str, str, str, str, str]:
    try:
        spotify.probe_capabilities([name])
    except ProviderError as error:
        return "", name, "?", "", error.sentence
    seen = Capability.objects.filter(provider=spotify.PROVIDER.name, name=name).first()
    if seen is None:
        return "", name, "?", "", "Nothing was learned."
    return "", name, "open" if seen.is_open else "closed", _day(seen.ask_again_at), seen.detail


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
