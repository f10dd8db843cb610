"""`manage.py let_back discord 1234567890`: somebody who deleted their account may be met by the bot again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import LinkedAccount
from integrations.services.gone import let_back
from sidetrack.actors import SITE
from sidetrack.errors import SidetrackError


class Command(BaseCommand):
    help = "Let a bot bring back somebody who deleted their account, as somebody new. What was deleted stays deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", choices=LinkedAccount.Provider.values)
        parser.add_argument("external_id", help="Their id there, for Discord a long number.")
        parser.add_argument("--reason", default="", help="For the audit log.")

    def handle(self, *args: Any, provider: str, external_id: str, reason: str, **options: Any) -> None:
        try:
            let_back(provider, external_id, by=SITE, reason=reason)
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write("They can come back.")
