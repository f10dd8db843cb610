"""`manage.py restore FILE [--yes]`: the database as it was, while web and workers are stopped."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sidetrack.backups import restore
from sidetrack.errors import SidetrackError
from sidetrack.management.commands.backup import as_line


class Command(BaseCommand):
    help = "Puts a backup in the place of the database. Stop web and workers first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `manage.py backup` wrote")
        parser.add_argument("--yes", action="store_true", help="also where the database is not empty; that is kept")

    def handle(self, *, file: Path, yes: bool, **options: Any) -> None:
        try:
            done = restore(file.absolute(), overwrite=yes)
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"Restored; the database holds {as_line(done.holds)}.")
        if done.undo:
            self.stdout.write(f"What it held before is in {done.undo}; restore that to undo this, or delete it.")
