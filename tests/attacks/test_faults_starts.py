"""Starts that meet: two at once on one site, and one whose database comes later or never."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from sidetrack.env import BASE_DIR
from sidetrack.preparing import alone, wait_for_database
from tests.sidetrack.test_up import Site, database_url, site, wait_until  # noqa: F401 - fixtures
from tests.threads import together

PREPARE = """
import django
django.setup()
from sidetrack.management.commands.up import Command
from sidetrack.preparing import alone
with alone():
    Command().prepare()
"""


@pytest.mark.storm
def test_two_first_starts_at_once_prepare_one_after_the_other(tmp_path, database_url):  # noqa: F811
    environment = Site(tmp_path, database_url).environment
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE], cwd=BASE_DIR, env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said


@pytest.mark.django_db(transaction=True)
def test_who_prepares_is_alone():
    inside: list[str] = []

    def prepare() -> None:
        with alone():
            inside.append("in")
            connection.ensure_connection()
            inside.append("out")

    assert together([prepare] * 6) == [None] * 6
    assert inside == ["in", "out"] * 6


class Away:
    """A database that answers at the third attempt, or never."""

    def __init__(self, monkeypatch, attempts: float) -> None:
        self.left = attempts
        monkeypatch.setattr(connection, "ensure_connection", self.connect)
        monkeypatch.setattr("sidetrack.preparing.time.sleep", lambda _: None)

    def connect(self) -> None:
        self.left -= 1
        if self.left > 0:
            raise OperationalError("connection refused\nIs the server running?")


def test_a_start_waits_for_its_database_and_says_so_once(monkeypatch):
    said: list[str] = []
    Away(monkeypatch, 4)
    wait_for_database(seconds=60, say=said.append)
    assert said == ["Waiting for the database: connection refused"]


def test_a_database_that_never_answers_is_a_sentence(monkeypatch):
    Away(monkeypatch, float("inf"))
    monkeypatch.setattr("sidetrack.management.commands.up.DATABASE_MAY_TAKE", 0)
    with pytest.raises(CommandError, match="The database does not answer: connection refused"):
        call_command("up", bind="127.0.0.1:0", skip_checks=True)
