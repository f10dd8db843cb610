"""`manage.py run_job NAME`: one job, now, in this process."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sidetrack.jobs import enqueue
from sidetrack.jobs.registry import all_specs
from sidetrack.jobs.runner import perform


class Command(BaseCommand):
    help = "Does one run of a job here and now and prints its counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=[spec.name for spec in all_specs()], metavar="NAME")
        # Not `args`: what goes by that name Django passes on by position.
        parser.add_argument("--args", dest="arguments", default="{}", help='its arguments as JSON: {"import_id": 7}')

    def handle(self, *, name: str, arguments: str, **options: Any) -> None:
        try:
            run = enqueue(name, json.loads(arguments))
        except (ValueError, TypeError) as error:
            raise CommandError(f"These arguments do not fit: {error}") from None
        state = perform(run.pk, renewing=True)
        run.refresh_from_db()
        if state is None and run.state == "queued":
            raise CommandError(f"{name} is paused or disabled; its run waits.")
        if run.state != "done":
            raise CommandError(f"{name} {run.state}: {run.error}")
        self.stdout.write(json.dumps(run.counts))
