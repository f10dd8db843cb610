"""Import history files from the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from listening.importers.files import Unknown
from listening.models import ListenImport
from listening.selectors.imports import rejects_of, time_left, title_of
from listening.services.imports import run_import, start_import
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, SidetrackError
from sidetrack.models import User

_REJECTS_SHOWN = 20


class Stopped(CommandError):
    """Ctrl-C: the files that follow are not begun."""


class Command(BaseCommand):
    help = (
        "Import listening histories for a member: Spotify, Last.fm, ListenBrainz, Libre.fm, Maloja, Koito, "
        ".scrobbler.log; loose, zipped or gzipped (docs/import-listens.md). A folder is walked; what is no history in "
        "it is passed over. Stopped half-way, the same command goes on; a file imported before inserts nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
        parser.add_argument("--user", required=True, metavar="NAME", help="Username of the member.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=str(options["user"]).lower()).first()
        if user is None:
            raise CommandError(f"There is nobody named {options['user']!r}.")
        paths: list[Path] = options["paths"]
        if len(paths) == 1 and not paths[0].is_dir():
            self._import(paths[0], user)
            return
        failed = 0
        for path, in_folder in _files(paths):
            self.stdout.write(str(path))
            try:
                self._import(path, user, in_folder)
            except Stopped:
                raise
            except CommandError as error:
                self.stderr.write(f"  {error}")
                failed += 1
        if failed:
            raise CommandError(f"{failed} of these files could not be imported.")

    def _import(self, path: Path, user: User, in_folder: bool = False) -> None:
        if in_folder and (why := _no_candidate(path)):
            self.stdout.write(f"  Passed over: {why}.")
            return
        try:
            with path.open("rb") as stream:
                listen_import = start_import(File(stream, path.name), by=Actor(user=user), queue=False)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from None
        except SidetrackError as error:
            if not in_folder or not isinstance(error, Invalid) or error.code != Unknown.code:
                raise CommandError(error.detail) from None
            self.stdout.write(f"  Passed over: {error.detail.partition('.')[0]}.")
            return
        self._run(listen_import)

    def _run(self, listen_import: ListenImport) -> None:
        if listen_import.rows_done:
            self.stdout.write(f"Going on behind row {listen_import.rows_done}.")
        try:
            run_import(listen_import.pk, tell=self._tell)
        except KeyboardInterrupt:
            raise Stopped("Stopped. The same command goes on from here.") from None
        listen_import.refresh_from_db()
        self._report(listen_import)

    def _tell(self, row: ListenImport) -> None:
        left = time_left(row, timezone.now())
        self.stdout.write(
            f"\r{row.percent:3d} %  {row.rows_done:,} rows, {row.inserted:,} inserted{_in_words(left)} ", ending=""
        )
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
        if row.rejected_count > _REJECTS_SHOWN:
            self.stdout.write(f"  and {row.rejected_count - _REJECTS_SHOWN} more; the import's page lists them")


def _files(paths: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it was found in a folder: in order of names. A hidden folder stands for what is in it."""
    for path in paths:
        if not path.is_dir():
            yield path, False
            continue
        for folder, folders, names in os.walk(path):
            hidden = [name for name in folders if name.startswith(".")]
            folders[:] = sorted(set(folders) - set(hidden))
            for name in sorted([*names, *hidden]):
                yield Path(folder) / name, True


def _no_candidate(path: Path) -> str:
    """Why something in a folder is not even looked into, or empty. Players hide the log that they write."""
    if path.name.startswith(".") and path.name != ".scrobbler.log":
        return "hidden"
    return "" if path.is_file() else "not a file"


def _in_words(left: timedelta | None) -> str:
    if left is None:
        return ""
    seconds = round(left.total_seconds())
    return f", {seconds // 60} min {seconds % 60:02d} s left" if seconds >= 60 else f", {seconds} s left"
