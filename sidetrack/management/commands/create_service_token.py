"""`manage.py create_service_token NAME --scopes club:write listens:write`: prints a token once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sidetrack.actors import SITE
from sidetrack.errors import SidetrackError
from sidetrack.models.tokens import SCOPES
from sidetrack.services.tokens import make_token


class Command(BaseCommand):
    help = "Make a service token for a bot or a worker and print it. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Which bot or worker it is for.")
        parser.add_argument(
            "--scopes", nargs="+", required=True, metavar="SCOPE", help=f"With spaces or commas: {', '.join(SCOPES)}."
        )
        parser.add_argument("--expires-days", type=int, default=None, help="Days it is good for; else until revoked.")

    def handle(self, *args: Any, name: str, scopes: list[str], expires_days: int | None, **options: Any) -> None:
        wanted = [scope for part in scopes for scope in part.split(",") if scope]
        try:
            _, secret = make_token(name, wanted, by=SITE, expires_in_days=expires_days)
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        self.stderr.write("Keep this token; it cannot be shown again:")
        self.stdout.write(secret)
