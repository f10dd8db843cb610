"""Several databases in one process, each of another size, so that rounds can go from one to the other."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections
from psycopg import sql

from tests.bench.stock import fill


@contextmanager
def stocked(sizes: list[int]) -> Iterator[None]:
    """A database filled with so many listens for each size; they are copies of the one of the settings."""
    made: list[str] = []
    try:
        for size in sizes:
            connections.settings[_alias(size)] = {**connection.settings_dict, "NAME": _copy(size, made)}
            started = time.perf_counter()
            with using(size):
                fill(size)
            print(f"made a database of {size:,} listens in {time.perf_counter() - started:.0f} s", flush=True)
        yield
    finally:
        for size in sizes:
            if _alias(size) in connections.settings:
                connections[_alias(size)].close()
        for name in made:
            _drop(name)


@contextmanager
def using(size: int) -> Iterator[None]:
    """Inside, the site's database is the one of this size."""
    usual: Any = connections["default"]
    connections["default"] = connections[_alias(size)]
    try:
        yield
    finally:
        connections["default"] = usual


def _alias(size: int) -> str:
    return f"stock{size}"


def _copy(size: int, made: list[str]) -> str:
    name = str(connection.settings_dict["NAME"])
    copy = f"{name}_{size}"
    made.append(copy)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(name, copy)
    else:
        connection.close()
        _on_server("CREATE DATABASE {} TEMPLATE {}", copy, name)
    return copy


def _drop(name: str) -> None:
    if connection.vendor == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(name + ending).unlink(missing_ok=True)
    else:
        _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _on_server(statement: str, *names: str) -> None:
    address = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
