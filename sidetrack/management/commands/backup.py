"""`manage.py backup FILE`: the database as it is now, also while the site runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from sidetrack.backups import backup
from sidetrack.errors import SidetrackError


class Command(BaseCommand):
    help = "Copies the database into a new file, while the site runs or not. The keys are not in it: backup_keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file; only its owner can read it")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            made = backup(file.absolute())
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        size = filesizeformat(made.size).replace("\xa0", " ")
        self.stdout.write(f"{made.path} ({size}) holds {as_line(made.holds)}.")


def as_line(holds: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in holds.items()) or "nothing"
