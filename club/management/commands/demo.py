"""`manage.py demo load|remove|logins`: a club to look around in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from club import demo
from sidetrack.errors import SidetrackError


class Command(BaseCommand):
    help = "Loads a demo club into an empty site, removes it again, or lists its logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        load = acts.add_parser("load", help="load the demo club; one that is there stays as it is")
        load.add_argument("--today", type=date.fromisoformat, help="the day it is seen from (default: today)")
        remove = acts.add_parser("remove", help="take out the demo club and leave everything real")
        remove.add_argument("--force", action="store_true", help="also what real members did in demo weeks")
        logins = acts.add_parser("logins", help="who can sign in to the demo, and how")
        logins.add_argument("--json", action="store_true", help="as a list of [username, password, what]")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            getattr(self, f"_{act}")(**options)
        except SidetrackError as error:
            raise CommandError(error.detail) from None

    def _load(self, *, today: date | None, **options: Any) -> None:
        counts = demo.load(today=today or timezone.now().date())
        self.stdout.write(f"Demo loaded: {_line(counts)}." if counts else "The demo is here already.")

    def _remove(self, *, force: bool, **options: Any) -> None:
        counts = demo.remove(force=force)
        self.stdout.write(f"Demo removed: {_line(counts)}." if any(counts.values()) else "There is no demo here.")

    def _logins(self, *, json: bool, **options: Any) -> None:
        self.stdout.write(_as_json() if json else _table())


def _line(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items())


def _as_json() -> str:
    return json.dumps(demo.logins())


def _table() -> str:
    return "\n".join(f"{username:12} {password:18} {what}" for username, password, what in demo.logins())
