"""Owners and tokens from the console."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sidetrack.env import BASE_DIR
from sidetrack.management.commands.up import how_to_come_in
from sidetrack.models import AuditEvent, ServiceToken, User
from sidetrack.models.tokens import digest
from tests.conftest import PASSWORD


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(monkeypatch, *args, stdin=""):
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def create_owner(monkeypatch, *args, stdin=PASSWORD + "\n"):
    return run(monkeypatch, "create_owner", *args, "--password-stdin", stdin=stdin)


def test_the_first_owner_is_made_and_signs_in(db, monkeypatch, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    said = create_owner(monkeypatch, "--username", "Olga", "--email", "olga@example.com")
    assert said == "olga is a new owner of the site.\n"
    assert User.objects.get().is_owner
    browser = Client()
    browser.post("/accounts/login/", {"login": "olga", "password": PASSWORD})
    assert browser.get("/admin/").status_code == 200
    assert AuditEvent.objects.get().verb == "person.owner"


def test_somebody_known_is_promoted_and_keeps_the_password(ann, monkeypatch):
    assert run(monkeypatch, "create_owner", "--username", "ann") == "ann is an owner of the site.\n"
    ann.refresh_from_db()
    assert ann.is_owner
    assert ann.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("args", "stdin", "names"),
    [
        (["--username", "a b", "--email", "o@example.com"], PASSWORD, "username"),
        (["--username", "olga", "--email", "nonsense"], PASSWORD, "email"),
        (["--username", "olga"], PASSWORD, "--email"),
        (["--username", "olga", "--email", "o@example.com"], "12345", "password"),
        (["--username", "olga", "--email", "o@example.com"], "", "password"),
        (["--username", "olga", "--email", "ANN@example.com"], PASSWORD, "email"),
    ],
)
def test_an_owner_that_cannot_be_is_refused(ann, monkeypatch, args, stdin, names):
    with pytest.raises(CommandError, match=names):
        create_owner(monkeypatch, *args, stdin=stdin)
    assert not User.objects.filter(role="owner").exists()


def test_a_new_owner_is_asked_at_the_terminal_for_what_is_missing(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda _prompt: " olga@example.com ")
    monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSWORD)
    call_command("create_owner", "--username", "olga", stdout=io.StringIO())
    assert User.objects.get().email == "olga@example.com"
    assert User.objects.get().is_owner


def test_a_command_before_the_first_start_says_what_comes_first(tmp_path):
    command = [sys.executable, "manage.py", "create_owner", "--username", "olga", "--email", "o@example.com"]
    environment = {"PATH": os.environ["PATH"], "SIDETRACK_DATA": str(tmp_path)}
    said = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "manage.py migrate" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_start_says_how_to_come_in(db, ann, settings):
    assert "create_owner" in how_to_come_in()[0]
    settings.DEMO = True
    assert "create_owner" in how_to_come_in()[0]
    User.objects.filter(pk=ann.pk).update(is_demo=True)
    assert [line.split(" with ")[0] for line in how_to_come_in()][2] == "  sign in as jonas"
    settings.DEMO = False
    User.objects.filter(pk=ann.pk).update(is_demo=False, role="owner")
    assert how_to_come_in() == []


def test_pages_call_themselves_a_demo_only_while_one_is_here(db, ann, client, settings):
    def says() -> bool:
        return "made-up club" in client.get("/accounts/login/").content.decode()

    User.objects.filter(pk=ann.pk).update(is_demo=True)
    assert not says()
    settings.DEMO = True
    assert says()
    User.objects.filter(pk=ann.pk).update(is_demo=False)
    assert not says()


def test_a_token_is_printed_once(db, monkeypatch):
    secret = run(
        monkeypatch, "create_service_token", "bot", "--scopes", "club:write,listens:write", "--expires-days", "9"
    )
    token = ServiceToken.objects.get()
    assert token.secret_hash == digest(secret.strip())
    assert token.scopes == ["club:write", "listens:write"]
    assert token.is_live


@pytest.mark.parametrize(
    "args",
    [
        ["bot", "--scopes", "everything"],
        ["", "--scopes", "moderate"],
        ["bot", "--scopes", "moderate", "--expires-days", "0"],
    ],
)
def test_a_token_that_cannot_be_is_refused(db, monkeypatch, args):
    with pytest.raises(CommandError):
        run(monkeypatch, "create_service_token", *args)
    assert not ServiceToken.objects.exists()


def test_a_token_is_named_once(db, monkeypatch):
    run(monkeypatch, "create_service_token", "bot", "--scopes", "club:write")
    with pytest.raises(CommandError, match="name"):
        run(monkeypatch, "create_service_token", "bot", "--scopes", "club:write")
