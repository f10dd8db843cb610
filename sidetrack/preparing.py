"""One process at a time prepares a site, once its database answers."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection

_PREPARING = 0x51DE0002


def wait_for_database(*, seconds: float, say: Callable[[str], object]) -> None:
    """Returns once the database takes a connection; raises what it said last when it does not in time."""
    deadline, told = time.monotonic() + seconds, False
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise
            if not told:
                say(f"Waiting for the database: {str(error).strip().splitlines()[0]}")
            told = True
            time.sleep(0.5)


@contextmanager
def alone() -> Iterator[None]:
    """Held while migrations run and the demo is loaded: two starts at the same moment wait for each other.

    A locked file keeps others of this data folder waiting; on PostgreSQL a lock of the server keeps
    other machines waiting too. Both are let go when their holder dies.
    """
    with open(os.open(settings.DATA_DIR / ".preparing", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        _ask("pg_advisory_lock")
        try:
            yield
        finally:
            _ask("pg_advisory_unlock")


def _ask(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_PREPARING])
