"""`manage.py worker`: the background workers alone, under the watchdog. Web runs elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sidetrack.checks import demo_on_a_public_site, sandbox_on_a_public_site
from sidetrack.health import queue
from sidetrack.jobs.registry import all_specs
from sidetrack.jobs.watchdog import Cluster, Watchdog


class Command(BaseCommand):
    help = "Runs background jobs until it is told to stop, and starts a worker that died again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--probe", action="store_true", help="only say whether workers work; ends with 0 or 1")

    def handle(self, *, probe: bool = False, **options: Any) -> None:
        if probe:
            state = queue()
            self.stdout.write(state)
            if state != "ok":
                raise CommandError("No worker has beaten lately.")
            return
        if sentence := demo_on_a_public_site():
            raise CommandError(f"{sentence} Take them out first: manage.py demo remove.")
        if sentence := sandbox_on_a_public_site():
            raise CommandError(sentence)
        for spec in all_specs():
            when = spec.schedule or "on demand"
            self.stdout.write(f"{spec.name:24} {when} (queue {spec.queue})")
        Watchdog([Cluster()]).run()
