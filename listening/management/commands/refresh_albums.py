"""Look albums up in other catalogues and fill what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.services.answers import Answers
from listening.services.refreshing import MISSING, MOST_IN_BATCH, albums_missing, ask_for_many, refresh_many


class Command(BaseCommand):
    help = (
        "Look albums up in MusicBrainz, Spotify, Deezer and others, and fill what is missing: all that lack something "
        "(or one thing, --missing), the newest first. The work is queued for the workers unless --now is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", choices=MISSING, help="Only albums that lack this.")
        parser.add_argument("--limit", type=int, default=1000, metavar="N", help="At most so many albums (1000).")
        parser.add_argument("--fresh", action="store_true", help="Take no answers that were kept from earlier.")
        parser.add_argument("--now", action="store_true", help="Do it here and now instead of queueing it.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit needs at least one album.")
        ids = self._chosen(options["missing"], options["limit"])
        if not ids:
            self.stdout.write("No album lacks anything.")
        elif options["now"]:
            self._do(ids, options["fresh"])
        else:
            runs = ask_for_many(ids, fresh=options["fresh"])
            self.stdout.write(f"{len(ids)} albums are queued in {len(runs)} runs of refresh_albums.")

    def _chosen(self, missing: str | None, limit: int) -> list[int]:
        found: set[int] = set()
        for what in [missing] if missing else MISSING:
            found.update(albums_missing(what).values_list("pk", flat=True)[:limit])
        return sorted(found, reverse=True)[:limit]

    def _do(self, ids: list[int], fresh: bool) -> None:
        answers = Answers(fresh=fresh)
        for start in range(0, len(ids), MOST_IN_BATCH):
            done, again = refresh_many(ids[start : start + MOST_IN_BATCH], answers=answers)
            counts = ", ".join(f"{name} {count}" for name, count in done.counts.items())
            self.stdout.write(f"{counts}; to be asked again: {len(again)}")
