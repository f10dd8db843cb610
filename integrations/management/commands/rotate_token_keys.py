"""`manage.py rotate_token_keys`: every stored token is encrypted anew with the first of TOKEN_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.services.rotation import rotate_tokens


class Command(BaseCommand):
    help = (
        "Encrypts stored tokens of linked accounts anew with the first of TOKEN_KEYS; the others are only read with. "
        "The site may run meanwhile. Killed midway, it goes on when run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate_tokens()
        self.stdout.write(f"{done.changed} accounts encrypted anew, {done.newest} were already.")
        if done.unreadable:
            self.stdout.write(
                f"{done.unreadable} hold tokens that none of TOKEN_KEYS opens. They are left as they are; "
                "their members are asked to connect again when the tokens are needed."
            )
        if done.busy:
            raise CommandError(f"{done.busy} changed all the time. Run it once more before you drop a key.")
