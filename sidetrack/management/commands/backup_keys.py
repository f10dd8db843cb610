"""`manage.py backup_keys FILE`: the keys this site made for itself. Never shows one."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sidetrack.backups import KEYS, backup_keys, from_environment
from sidetrack.errors import SidetrackError


class Command(BaseCommand):
    help = "Copies the keys of the data folder into a new file. Keep it apart from backups of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file; only its owner can read it")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            names = backup_keys(file.absolute())
        except SidetrackError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"{file.absolute()} holds {' and '.join(names)}.")
        for setting in (KEYS[name] for name in KEYS if from_environment(name)):
            self.stdout.write(f"{setting} comes from the environment and is not in it; keep a copy of that.")
