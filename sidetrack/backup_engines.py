"""How SQLite and PostgreSQL copy a database into a file and back (sidetrack/backups.py)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from sidetrack.env import BASE_DIR
from sidetrack.errors import Conflict, Invalid

Holds = dict[str, int]
"""Rows by the plural name of what they are: {"people": 12}. What there is none of is left out."""

IN_USE = "The database is in use{by}. Stop web and workers first, and whatever else is connected to it."
BROKEN = "{path} is not a whole backup ({why}). Nothing was changed."


class Engine(Protocol):
    def dump(self, to: Path) -> Holds:
        """Copy the database as it is at one moment into the file, which is there and empty."""

    def check(self, file: Path) -> None:
        """Raise Invalid unless the file is a whole backup of a site not newer than this one."""

    def alone(self) -> AbstractContextManager[None]:
        """A context in which nothing else is connected to the database; Conflict where something is."""

    def is_used(self, *, ignoring: set[str]) -> bool:
        """Does the database hold anything but what is ignored? Asked within `alone`."""

    def load(self, file: Path) -> None:
        """Put the file's content in the place of the database's, wholly or not at all. Within `alone`."""

    def holds(self) -> Holds: ...


def our_apps() -> set[str]:
    return {config.label for config in apps.get_app_configs() if Path(config.path).parent == BASE_DIR}


def count(there: Sequence[str], ask: Callable[[str], int]) -> Holds:
    """Rows of our own tables, of those that are there."""
    ours = [model._meta for model in apps.get_models() if model._meta.app_label in our_apps()]
    rows = {
        str(meta.verbose_name_plural): ask(f'SELECT count(*) FROM "{meta.db_table}"')  # noqa: S608 - our names
        for meta in ours
        if meta.db_table in there
    }
    return {name: number for name, number in sorted(rows.items()) if number}


def holds_now() -> Holds:
    with connection.cursor() as cursor:

        def ask(query: str) -> int:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

        return count(connection.introspection.table_names(cursor), ask)


def must_be_ours(path: Path, migrations: set[tuple[str, str]]) -> None:
    """`migrations` are the (app, name) that the backup's database had been through."""
    if not any(app == "sidetrack" for app, _ in migrations):
        raise Invalid(f"{path} is no backup of Sidetrack. Nothing was changed.")
    known = MigrationLoader(None).disk_migrations or {}
    newer = sorted(f"{app}.{name}" for app, name in migrations - set(known) if app in our_apps())
    if newer:
        raise Conflict(f"{path} was made by a newer version of the site ({newer[0]}). Update this one first.")


class Sqlite:
    name = "SQLite"
    magic = b"SQLite format 3\0"

    def __init__(self, database: Path) -> None:
        self.database = database
        self.live: sqlite3.Connection | None = None

    def dump(self, to: Path) -> Holds:
        if self.live is not None:
            return self._copy(self.live, to)
        if not self.database.exists():
            raise Conflict("There is no database yet.")
        with closing(sqlite3.connect(self.database, timeout=20)) as live:
            return self._copy(live, to)

    def _copy(self, live: sqlite3.Connection, to: Path) -> Holds:
        """In one step: readers of a WAL database see one moment of it, and hold up no writer."""
        try:
            with closing(sqlite3.connect(to)) as copy:
                live.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # the copy needs no second file beside it
                return self._count(copy)
        except sqlite3.Error as error:
            raise Conflict(f"The database cannot be copied: {error}.") from None

    def check(self, file: Path) -> None:
        must_begin_with(file, Sqlite)
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
                (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
                migrations = set(copy.execute("SELECT app, name FROM django_migrations")) if found == "ok" else set()
        except sqlite3.Error as error:
            raise Invalid(BROKEN.format(path=file, why=error)) from None
        if found != "ok":
            raise Invalid(BROKEN.format(path=file, why=found))
        must_be_ours(file, migrations)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the lock of the whole file from now on. Whoever has the database open prevents leaving WAL."""
        connection.close()
        with closing(sqlite3.connect(self.database, timeout=1, isolation_level=None)) as live:
            self._lock(live)
            self.live = live
            try:
                yield
            finally:
                self.live = None

    def _lock(self, live: sqlite3.Connection) -> None:
        try:
            live.execute("PRAGMA locking_mode=EXCLUSIVE")
            if live.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",):
                raise Conflict(IN_USE.format(by=""))
            live.execute("BEGIN EXCLUSIVE")
            live.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise Conflict(f"{self.database} cannot be opened: {error}.") from None
            raise Conflict(IN_USE.format(by="")) from None
        except sqlite3.DatabaseError as error:
            raise Conflict(
                f"{self.database} is damaged ({error}). Move it and the files beside it (-wal, -shm) away, "
                "and restore into the empty place."
            ) from None

    def _held(self) -> sqlite3.Connection:
        if self.live is None:
            raise RuntimeError("This wants `alone()`.")
        return self.live

    def is_used(self, *, ignoring: set[str]) -> bool:
        try:
            return bool(set(self._count(self._held())) - ignoring)
        except sqlite3.DatabaseError:
            return True  # nobody can tell any more

    def load(self, file: Path) -> None:
        """One transaction of SQLite's own: a crash in it is rolled back by whoever opens the database next."""
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            try:
                copy.backup(self._held())
            except sqlite3.Error as error:
                raise Conflict(f"The backup was not restored: {error}.") from None
        self.database.chmod(0o600)
        belongs_to_folder(self.database)

    def holds(self) -> Holds:
        return holds_now()

    def _count(self, database: sqlite3.Connection) -> Holds:
        there = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return count(there, lambda query: int(database.execute(query).fetchone()[0]))


class Postgresql:
    name = "PostgreSQL"
    magic = b"PGDMP"

    def dump(self, to: Path) -> Holds:
        """The counts and pg_dump look at the same moment."""
        program = self._program("pg_dump")
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            made = self._run([program, "--format=custom", f"--snapshot={snapshot}", f"--file={to}"])
            if made.returncode:
                raise Conflict(f"The database cannot be copied: {complaint(made.stderr)}")
            return holds_now()

    def check(self, file: Path) -> None:
        """Reads all of it; the list at its head alone would not show a cut end."""
        must_begin_with(file, Postgresql)
        program = self._program("pg_restore")
        read = self._run([program, "--file=/dev/null", str(file)])
        if read.returncode:
            raise Invalid(BROKEN.format(path=file, why=complaint(read.stderr)))
        rows = self._run([program, "--data-only", "--table=django_migrations", "--file=-", str(file)]).stdout
        must_be_ours(file, {(app, name) for app, name in re.findall(r"^\d+\t(\w+)\t(\w+)\t", rows, re.MULTILINE)})

    @contextmanager
    def alone(self) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), string_agg(DISTINCT coalesce(nullif(application_name, ''), 'unnamed'), ', ') "
                "FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL "
                "AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'"
            )
            others, names = cursor.fetchone()
        if others:
            raise Conflict(IN_USE.format(by=f" by {others} other connection{'s' if others > 1 else ''} ({names})"))
        yield

    def is_used(self, *, ignoring: set[str]) -> bool:
        return bool(set(holds_now()) - ignoring)

    def load(self, file: Path) -> None:
        """psql reads one transaction, whose COMMIT is written only after pg_restore came to its end."""
        read = [self._program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
        psql = [self._program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        begin, environment = self._begin(), self._environment()
        connection.close()  # its locks would be in the way
        with tempfile.TemporaryFile() as told:
            with subprocess.Popen(  # noqa: S603 - our own words
                psql, env=environment, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told
            ) as write:
                script = cast(IO[bytes], write.stdin)
                with contextlib.suppress(BrokenPipeError):  # psql has ended and told why
                    script.write(begin.encode())
                    reading = self._run(read, stdout=script.fileno())
                    if reading.returncode == 0:
                        script.write(b"COMMIT;\nANALYZE;\n")
            told.seek(0)
            if reading.returncode or write.returncode:
                raise Conflict(f"The backup was not restored: {complaint(told.read().decode() or reading.stderr)}")

    def _begin(self) -> str:
        with connection.cursor() as cursor:
            tables = [table.name for table in connection.introspection.get_table_list(cursor) if table.type in "tp"]
        drop = f"DROP TABLE {', '.join(map(connection.ops.quote_name, tables))} CASCADE;\n" if tables else ""
        return f"BEGIN;\nSET client_min_messages = warning;\n{drop}"

    def holds(self) -> Holds:
        return holds_now()

    def _program(self, name: str) -> str:
        """The path of a program of PostgreSQL's that is not older than the server."""
        path = shutil.which(name)
        connection.ensure_connection()
        server = int(connection.connection.info.server_version) // 10_000
        if not path:
            raise Conflict(f"{name} is not installed. On Debian: apt-get install postgresql-client-{server}.")
        found = re.search(r"\d+", self._run([path, "--version"]).stdout)
        if not found or int(found[0]) < server:
            raise Conflict(
                f"{path} is version {found[0] if found else 'unknown'}, older than the server's {server}. "
                f"On Debian: apt-get install postgresql-client-{server}."
            )
        return path

    def _run(self, command: list[str], *, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own words
            command, env=self._environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
        )

    def _environment(self) -> dict[str, str]:
        """How this connection was made, in libpq's own variables: a password shows in no list of processes.

        Nothing else is handed on, least of all our keys.
        """
        connection.ensure_connection()
        options = connection.connection.pgconn.info
        given = {option.envvar.decode(): option.val.decode() for option in options if option.envvar and option.val}
        return {"LC_ALL": "C", **given}


def belongs_to_folder(path: Path) -> None:
    """What root writes (in a container, say) stays readable for those whose folder it is."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def must_begin_with(path: Path, engine: type[Sqlite] | type[Postgresql]) -> None:
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(engine.magic):
        return
    for other in (Sqlite, Postgresql):
        if head.startswith(other.magic):
            raise Invalid(f"{path} is a backup of {other.name}; this site's database is {engine.name}.")
    raise Invalid(f"{path} is no backup. Nothing was changed.")


def complaint(stderr: str) -> str:
    """The first line that names an error, which the others follow from."""
    lines = stderr.strip().splitlines() or ["it ended without a word."]
    return next((line for line in lines if "error" in line.lower()), lines[0])
