"""manage.py import_weeks FILE.csv: brings a club's past (docs/import-weeks.md)."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from club.past import missing_columns, past_week, unknown_columns
from club.services.past import bring_past_week
from sidetrack.actors import SITE, Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import User

Row = dict[str, str | None]


class Command(BaseCommand):
    help = "Bring a club's past: one row a week, with the album that won it. Refused rows are named and left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV in UTF-8; columns in docs/import-weeks.md")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and keep nothing")
        parser.add_argument("--by", default="", metavar="USERNAME", help="the moderator the audit log names")

    def handle(self, *, file: Path, dry_run: bool, by: str, **options: Any) -> None:
        actor = self._actor(by)
        done: Counter[str] = Counter()
        rows = list(self._rows(file))  # whole, so that a file with a broken end is refused before anything is kept
        # Each week is a transaction of its own: the lock of the catalogue is never held while the next week or
        # person is waited for, and imports and nominations go on meanwhile. A dry run needs one to undo.
        with transaction.atomic() if dry_run else nullcontext():
            for line, row in rows:
                done[self._bring(line, row, actor)] += 1
            if dry_run:
                transaction.set_rollback(True)
        counts = f"{done['added']} added, {done['unchanged']} there already, {done['refused']} refused"
        self.stdout.write(f"{'Would be: ' if dry_run else ''}{counts}.")
        if done["refused"]:
            raise CommandError(f"{done['refused']} rows were refused; the lines above say why.")

    def _bring(self, line: int, row: Row, actor: Actor) -> str:
        try:
            return "added" if bring_past_week(past_week(row), by=actor) else "unchanged"
        except SidetrackError as refusal:
            at = f"{refusal.attr}: " if refusal.attr else ""
            self.stderr.write(f"line {line}: {at}{refusal.detail}")
            return "refused"

    def _rows(self, file: Path) -> Iterator[tuple[int, Row]]:
        """The rows and the line each ends on. CommandError for a file that is no such CSV."""
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                separator = ";" if ";" in lines.readline() else ","
                lines.seek(0)
                reader = csv.DictReader(lines, delimiter=separator, strict=True)
                header = self._header(reader)
                for row in reader:
                    yield reader.line_num, {key: row.get(key) for key in header}
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{file} is no CSV in UTF-8: {error}.") from None

    def _header(self, reader: csv.DictReader[str]) -> list[str]:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
        header = list(reader.fieldnames)
        if missing := missing_columns(header):
            raise CommandError(f"These columns are missing: {', '.join(missing)}. docs/import-weeks.md lists them all.")
        if unknown := unknown_columns(header):
            self.stderr.write(f"These columns are not used: {', '.join(unknown)}.")
        return header

    def _actor(self, username: str) -> Actor:
        if not username:
            return SITE
        person = User.objects.filter(username__iexact=username).first()
        if person is None or not person.is_moderator:
            raise CommandError(f"{username} is no moderator of this club.")
        return Actor(user=person)
