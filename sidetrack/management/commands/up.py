"""`manage.py up`: the whole site on one machine, from nothing to its first page."""

from __future__ import annotations

import io
import json
import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from sidetrack.addresses import is_loopback, parse_bind
from sidetrack.checks import demo_on_a_public_site, sandbox_on_a_public_site
from sidetrack.collecting import collect_if_changed
from sidetrack.context import demo_is_here
from sidetrack.env import BASE_DIR
from sidetrack.jobs.watchdog import Cluster, Watchdog, web
from sidetrack.models import User
from sidetrack.preparing import alone, wait_for_database
from sidetrack.probe import answers
from sidetrack.processes import Child

DATABASE_MAY_TAKE = 60.0
"""Seconds: servers that start together with us need some."""


class Command(BaseCommand):
    help = "Prepares the database and static files, then runs web server and workers under a watchdog."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="host:port to listen on (default %(default)s)")
        parser.add_argument("--web-only", action="store_true", help="no workers here: `manage.py worker` runs them")
        parser.add_argument(
            "--no-sandbox",
            action="store_true",
            help="demo mode starts no stand-ins for Spotify, Last.fm and the others",
        )

    def handle(self, *, bind: str, web_only: bool, no_sandbox: bool = False, **options: Any) -> None:
        try:
            host, port = parse_bind(bind)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if settings.DEMO and not is_loopback(host):
            raise CommandError(f"Demo mode listens on this machine only; {host} is open to others.")
        listener = listen(host, port)
        try:
            self.wait()
            with alone():
                self.prepare()
            sandbox = None if no_sandbox or web_only else sandbox_listener(listener.getsockname()[1])
            self.supervise(listener, host, web_only, sandbox)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def wait(self) -> None:
        try:
            wait_for_database(seconds=DATABASE_MAY_TAKE, say=lambda sentence: self.stdout.write(sentence))
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from None

    def prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        collect_if_changed()
        if sentence := demo_on_a_public_site():
            raise CommandError(f"{sentence} Take them out first: manage.py demo remove.")
        if sentence := sandbox_on_a_public_site():
            raise CommandError(sentence)
        if settings.DEMO and "demo" in get_commands() and not User.objects.exists():  # a site in use keeps to itself
            self.load_demo()

    def load_demo(self) -> None:
        self.stdout.write("Loading the demo club; this takes some seconds.")
        try:
            call_command("demo", "load", stdout=io.StringIO())
        except CommandError as error:
            self.stderr.write(f"The demo was not loaded: {error}")

    def supervise(
        self, listener: socket.socket, host: str, web_only: bool, for_sandbox: socket.socket | None = None
    ) -> None:
        port = listener.getsockname()[1]
        os.environ["SIDETRACK_SUPERVISED"] = "1"
        if is_loopback(host):  # links and callbacks lead to where the site listens, unless told otherwise
            os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
        children: list[Child] = [web(listener.fileno())]
        hints = how_to_come_in()
        if for_sandbox:
            children.insert(0, sandbox(for_sandbox))
            hints.append(f"  Spotify, Last.fm, Discord and the others are stand-ins: {os.environ['PROVIDER_SANDBOX']}/")
        if not web_only:
            children.append(Cluster())
        reachable = "127.0.0.1" if host in ("0.0.0.0", "") else "::1" if host == "::" else host  # noqa: S104
        Watchdog(
            children,
            is_ready=lambda: answers(reachable, port) != 0,
            ready=lambda: self.announce(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", hints),
        ).run()
        self.stdout.write("Stopped.")

    def announce(self, address: str, hints: list[str]) -> None:
        self.stdout.write("\n".join([f"\nSidetrack is running at http://{address}/", *hints, "Ctrl-C stops it.\n"]))
        self.stdout.flush()


def how_to_come_in() -> list[str]:
    """The demo's logins while it is here, else how the first owner is made, else nothing."""
    if settings.DEMO and demo_is_here():
        return [f"  sign in as {name} with password {password}: {what}" for name, password, what in demo_logins()]
    if not User.objects.filter(role=User.Role.OWNER).exists():
        return ["  nobody looks after it yet; the first account: python manage.py create_owner --username NAME"]
    return []


def sandbox_listener(port: int) -> socket.socket | None:
    """Where the providers' stand-ins will listen: the site's port and 1, or any other that is free.

    None where they have no place: outside of demo mode, or where one real provider is set up or a sandbox named.
    """
    is_set_up = any(
        (
            settings.SPOTIFY_CLIENT_ID,
            settings.LASTFM_API_KEY,
            settings.DISCORD_CLIENT_ID,
            settings.PROVIDER_SANDBOX,
        )
    )
    if not settings.DEMO or is_set_up or "sandbox" not in get_commands():
        return None
    for wanted in (port + 1, 0):
        try:
            return socket.create_server(("127.0.0.1", wanted), backlog=256)
        except (OSError, OverflowError):  # taken, or above 65535
            continue
    return None


def sandbox(listener: socket.socket) -> Child:
    """On a socket that the supervisor holds, so that a restart keeps the port. All children learn where it is."""
    os.environ["PROVIDER_SANDBOX"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if not settings.DISCORD_GUILD_ID:  # newcomers from the made-up Discord are in the club's server, but one
        os.environ["DISCORD_GUILD_ID"] = "100000000000000001"
    os.set_inheritable(listener.fileno(), True)
    file = settings.DATA_DIR / "sandbox.sqlite3"
    return Child(
        "sandbox",
        [
            str(BASE_DIR / "manage.py"),
            "sandbox",
            "--fd",
            str(listener.fileno()),
            "--file",
            str(file),
            "--verbosity",
            "0",
        ],
        fds=(listener.fileno(),),
    )


def demo_logins() -> list[tuple[str, str, str]]:
    if "demo" not in get_commands():
        return []
    out = io.StringIO()
    call_command("demo", "logins", "--json", stdout=out)
    return [(row[0], row[1], row[2]) for row in json.loads(out.getvalue() or "[]")]


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, or a sentence why there is none."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. "
            "If another program has the port, choose one with --bind or PORT=8001 make run."
        ) from None
