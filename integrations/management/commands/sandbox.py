"""`manage.py sandbox`: stand-ins for every provider, on this machine only."""

from __future__ import annotations

import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.sandbox.faults import FORM, KINDS
from integrations.sandbox.server import Sandbox
from sidetrack.addresses import parse_bind


class Command(BaseCommand):
    help = (
        "Serves stand-ins for Spotify, Last.fm, ListenBrainz, MusicBrainz, Cover Art Archive, ReccoBeats, Deezer, "
        "iTunes, Discord and Anthropic, with made-up people who listen all the time. docs/sandbox.md tells more."
    )
    requires_system_checks: list[str] = []  # it has no database and needs none

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8011", help="host:port to listen on (default %(default)s)")
        parser.add_argument("--fd", type=int, help="a listening socket to take over instead")
        parser.add_argument("--file", type=Path, help="where consents, tokens and playlists are kept; none: in memory")
        parser.add_argument("--seed", type=int, default=1, help="another number is another world (default %(default)s)")
        parser.add_argument("--fault", action="append", default=[], help=f"{FORM}; kinds: {', '.join(KINDS)}")
        parser.add_argument("--extended", action="store_true", help="Spotify's closed endpoints are open")
        parser.add_argument(
            "--rotate", type=float, default=0.3, help="how often Spotify gives a new refresh token, 0 to 1"
        )
        parser.add_argument("--token-seconds", type=int, default=3600, help="life of Spotify's access tokens")
        parser.add_argument("--no-limits", action="store_true", help="providers take any number of requests")

    def handle(self, *, bind: str, fd: int | None, fault: list[str], no_limits: bool, **options: Any) -> None:
        if settings.HTTPS:
            raise CommandError("The sandbox never runs beside a public site: SITE_URL is https here.")
        chosen = {name: options[name] for name in ("seed", "file", "extended", "rotate", "token_seconds")}
        try:
            host, port = parse_bind(bind)
            listener = None if fd is None else socket.socket(fileno=fd)
            sandbox = Sandbox(
                host=host,
                port=port,
                listener=listener,
                faults=fault,
                limited=not no_limits,
                **chosen,
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Cannot listen on {bind}: {error.strerror or error}.") from None
        self._serve(sandbox, says=options["verbosity"] > 0)

    def _serve(self, sandbox: Sandbox, *, says: bool) -> None:
        def stop(signum: int, frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        if says:
            where = f"{sandbox.url}/ (PROVIDER_SANDBOX={sandbox.url})"
            self.stdout.write(f"The sandbox stands in for the providers at {where}.")
        self.stdout.flush()
        try:
            sandbox.serve()
        except KeyboardInterrupt:
            sandbox.stop()
