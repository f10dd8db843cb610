"""`manage.py restore_keys FILE [--yes]`: puts back what `backup_keys` wrote. Never shows a key."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sidetrack.backups import KEYS, from_environment, restore_keys
from sidetrack.errors import SidetrackError


class Command(BaseCommand):
    help = "Puts keys back into the data folder. Start web and workers anew afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `manage.py backup_keys` wrote")
        parser.add_argument("--yes", action="store_true", help="also where there are other keys; those are kept")

    def handle(self, *, file: Path, yes: bool, **options: Any) -> None:
        unused = [name for name in KEYS if from_environment(name)]
        try:
            put = restore_keys(file.absolute(), overwrite=yes)
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        for name, aside in put.items():
            self.stdout.write(f"Restored {name}." + (f" The one before is in {aside}." if aside else ""))
            if name in unused:
                self.stdout.write(f"It is not used while {KEYS[name]} comes from the environment.")
        self.stdout.write("Start web and workers anew." if put else "These keys are here already.")
