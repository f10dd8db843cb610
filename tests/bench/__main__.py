"""Runs the measurements on each engine that answers, each in its own process on a throw-away database.

    python -m tests.bench --help

PostgreSQL is the server of TEST_DATABASE_URL, in a database made for the run and dropped after it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.bench.options import options

SERVER = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    status = 0
    # The rates of a busy machine fall together; the ratios are what is compared.
    for engine in options().engine or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="sidetrack-bench-") as folder:
            status |= _measure(engine, folder, sys.argv[1:])
    return status


def _measure(engine: str, folder: str, arguments: list[str]) -> int:
    try:
        with _database(engine, folder) as url:
            print(f"\n=== {engine}", flush=True)
            os.makedirs(os.path.join(folder, "static"), exist_ok=True)
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "SIDETRACK_DATA": folder,
                "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
                "SITE_URL": "http://127.0.0.1:8000",
                "DEBUG": "off",
            }
            return subprocess.run([sys.executable, "-m", "tests.bench.run", *arguments], env=environment).returncode
    except psycopg.OperationalError as error:
        print(f"\n=== {engine}: skipped, no server answers ({str(error).splitlines()[0]})", flush=True)
        return 0


@contextmanager
def _database(engine: str, folder: str) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    server = os.environ.get("TEST_DATABASE_URL", SERVER)
    name = f"sidetrack_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            made = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
            for (each,) in made.fetchall():  # and copies that a run which was stopped left behind
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(each)))


if __name__ == "__main__":
    sys.exit(main())
