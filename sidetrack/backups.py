"""Backup and restore of the database, and separately of the keys, as the console's commands do it.

A backup is one private file that appears under its name only when it is whole: for SQLite a database of its
own, for PostgreSQL pg_dump's custom format. Both are one moment of a site that may go on working meanwhile.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from sidetrack.backup_engines import Engine, Holds, Postgresql, Sqlite, belongs_to_folder
from sidetrack.errors import Conflict, Invalid

# What a site writes of itself before anybody uses it.
NOBODYS = {"jobs", "job runs"}
# The keys a first start makes, with the setting that takes their place.
KEYS = {"secret_key": "SECRET_KEY", "token_key": "TOKEN_KEYS"}
SHORTEST_KEY = 32


@dataclass(frozen=True)
class Backup:
    """A file on the disk, its size in bytes, and how many rows of what it holds."""

    path: Path
    size: int
    holds: Holds


@dataclass(frozen=True)
class Restored:
    """What the database holds now, and the file with what it held before, if that was anything."""

    holds: Holds
    undo: Path | None


def backup(path: Path) -> Backup:
    """Copy the database, which may be in use, into a new file, and read the copy through once."""
    engine = _engine()
    with _new_file(path) as part:
        holds = engine.dump(part)
        engine.check(part)
    return Backup(path, path.stat().st_size, holds)


def restore(path: Path, *, overwrite: bool) -> Restored:
    """Put the backup in the place of the database, wholly or not at all, and migrate it to this version.

    Raises Invalid for a file that is no whole backup, Conflict while anything else is connected to the
    database, and where it holds something unless told to `overwrite`; that is kept in the data folder.
    """
    engine = _engine()
    _must_be_readable(path)
    engine.check(path)
    undo = None
    with engine.alone():
        if engine.is_used(ignoring=NOBODYS):
            if not overwrite:
                raise Conflict(f"The database is not empty. With --yes {path} takes its place.")
            undo = Path(settings.DATA_DIR) / f"before-restore-{_stamp()}.backup"
            with _new_file(undo) as part:
                engine.dump(part)
        engine.load(path)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    return Restored(engine.holds(), undo)


def backup_keys(path: Path) -> list[str]:
    """Write the keys this site made for itself into a new file. Returns their names, of KEYS."""
    kept = {name: key for name in KEYS if (key := _kept(name)) and not from_environment(name)}
    if not kept:
        raise Conflict("This site's keys all come from its environment; keep a copy of that.")
    with _new_file(path) as part:
        part.write_text(json.dumps(kept, indent=1) + "\n", encoding="ascii")
    return list(kept)


def restore_keys(path: Path, *, overwrite: bool) -> dict[str, Path | None]:
    """Put the file's keys into the data folder.

    Returns the names of those that were not there already, each with the file that holds the one it took
    the place of. Raises Conflict where there is another key, unless told to `overwrite`.
    """
    _must_be_readable(path)
    new = {name: key for name, key in _keys_in(path).items() if key != _kept(name)}
    others = [name for name in new if _kept(name)]
    if others and not overwrite:
        raise Conflict(
            f"The data folder has another {' and another '.join(others)}: every start without keys makes its own. "
            "With --yes the file's take their place, and the present ones are kept aside."
        )
    return {name: _put_key(name, key) for name, key in new.items()}


def from_environment(name: str) -> bool:
    """Is this key of KEYS given by the environment (or .env), and the data folder's not used?"""
    used = getattr(settings, KEYS[name])
    return _kept(name) not in ((used,) if isinstance(used, str) else used[:1])


def _kept(name: str) -> str:
    path = Path(settings.DATA_DIR) / name
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _keys_in(path: Path) -> Mapping[str, str]:
    try:
        keys = json.loads(path.read_text(encoding="ascii"))
    except ValueError:
        keys = None
    whole = isinstance(keys, dict) and keys and set(keys) <= set(KEYS)
    if not whole or not all(isinstance(key, str) and len(key) >= SHORTEST_KEY for key in keys.values()):
        raise Invalid(f"{path} is not a whole file of keys as backup_keys writes it. Nothing was changed.")
    return {str(name): str(key).strip() for name, key in keys.items()}


def _put_key(name: str, key: str) -> Path | None:
    path = Path(settings.DATA_DIR) / name
    aside = path.with_name(f"{name}.before-restore-{_stamp()}") if path.exists() else None
    if aside:
        path.rename(aside)
    with _new_file(path) as part:
        part.write_text(key, encoding="ascii")
    return aside


def _engine() -> Engine:
    return Postgresql() if connection.vendor == "postgresql" else Sqlite(Path(connection.settings_dict["NAME"]))


def _stamp() -> str:
    return f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _must_be_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """A private file to write to, which gets its name at the end; without an end it leaves nothing."""
    _must_be_new(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        belongs_to_folder(part)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        _must_be_new(path)
        part.rename(path)
    except OSError as error:
        raise Conflict(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)


def _must_be_new(path: Path) -> None:
    if os.path.lexists(path):
        raise Conflict(f"{path} is there already; a backup never overwrites a file.")
