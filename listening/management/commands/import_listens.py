"""Import a history file from the command line."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.models import ListenImport
from listening.selectors.imports import rejects_of, title_of
from listening.services.imports import run_import, start_import
from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import User

_REJECTS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a listening history (Spotify extended streaming history or ListenBrainz export, zip or loose) for a "
        "member. Stopped half-way, the same command goes on; a file imported before inserts nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=argparse.FileType("rb"), help="The history file.")
        parser.add_argument("--user", required=True, metavar="NAME", help="Username of the member.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=str(options["user"]).lower()).first()
        if user is None:
            raise CommandError(f"There is nobody named {options['user']!r}.")
        with options["file"] as stream:
            try:
                listen_import = start_import(File(stream), by=Actor(user=user), queue=False)
            except SidetrackError as error:
                raise CommandError(error.detail) from None
        if listen_import.rows_done:
            self.stdout.write(f"Going on behind row {listen_import.rows_done}.")
        try:
            run_import(listen_import.pk, tell=self._tell)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The same command goes on from here.") from None
        listen_import.refresh_from_db()
        self._report(listen_import)

    def _tell(self, row: ListenImport) -> None:
        self.stdout.write(f"\r{row.percent:3d} %  {row.rows_done} rows, {row.inserted} inserted ", ending="")
        self.stdout.flush()

    def _report(self, row: ListenImport) -> None:
        if row.state != ListenImport.State.DONE:
            raise CommandError(row.error or f"The import is {row.state}; it goes on elsewhere or was taken back.")
        self.stdout.write(
            f"\r{title_of(row)}: {row.rows_done} rows, {row.inserted} inserted, {row.duplicates} duplicates, "
            f"{row.skipped_count} skipped, {row.rejected_count} rejected."
        )
        for reason, count in sorted(row.skipped.items()):
            self.stdout.write(f"  skipped {count}: {reason}")
        for reject in rejects_of(row)[:_REJECTS_SHOWN]:
            self.stdout.write(f"  row {reject.row} rejected: {reject.detail}")
