"""`manage.py create_owner --username olga --email olga@example.org`: the first owner, or one more."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sidetrack.actors import SITE
from sidetrack.errors import SidetrackError
from sidetrack.models import User
from sidetrack.services.owners import make_owner


class Command(BaseCommand):
    help = "Make an owner of the site, or make somebody who has signed up one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--email", default="", help="Needed for somebody new; asked for at a terminal.")
        parser.add_argument("--password-stdin", action="store_true", help="Read the password from standard input.")

    def handle(self, *args: Any, username: str, email: str, password_stdin: bool, **options: Any) -> None:
        known = User.objects.filter(username=username.lower()).exists()
        email = email if known else self._email(email)
        password = self._password(password_stdin, needed=not known)
        try:
            person, new = make_owner(username, by=SITE, email=email, password=password)
        except SidetrackError as refusal:
            raise CommandError(f"{refusal.attr}: {refusal.detail}" if refusal.attr else refusal.detail) from None
        self.stdout.write(f"{person.username} is {'a new' if new else 'an'} owner of the site.")

    def _email(self, given: str) -> str:
        if given:
            return given
        if not sys.stdin.isatty():
            raise CommandError("Somebody new needs an e-mail address: give it with --email.")
        return input("E-mail address: ").strip()

    def _password(self, from_stdin: bool, *, needed: bool) -> str | None:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        if not needed:
            return None
        if not sys.stdin.isatty():
            raise CommandError("There is no terminal to ask for a password; use --password-stdin.")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password again: "):
            raise CommandError("The two passwords differ.")
        return password
