"""Reads that pages make again and again, planned once for a connection.

For a read by an index PostgreSQL plans longer than it reads, and the driver writes values into the text of a statement
more slowly than it sends them beside it. Here they go beside it, and the server keeps the statement. So its text must
be one of a few: lists are one parameter each (`ids_among`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def fetch(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """The rows of a statement. SQLite's driver keeps statements by itself."""
    if connection.vendor != "postgresql":
        return _fetch(sql, parameters)
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    driver: Any = connection.connection
    usual = driver.cursor_factory, driver.prepare_threshold
    driver.cursor_factory, driver.prepare_threshold = ServerBindingCursor, 0
    try:
        return _fetch(sql, parameters)
    finally:
        driver.cursor_factory, driver.prepare_threshold = usual


def fetch_rows(query: QuerySet[Any, Any]) -> list[Any]:
    """The same for a `values_list` of several columns, of kinds that PostgreSQL's driver reads by itself."""
    return fetch(*query.query.sql_with_params()) if connection.vendor == "postgresql" else list(query)


def ids_among(column: str) -> str:
    """The condition that a column is among ids sent as one parameter (`sent_ids`)."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - our own names


def sent_ids(ids: Iterable[int]) -> str:
    """The parameter of `ids_among`."""
    opening, closing = "{}" if connection.vendor == "postgresql" else "[]"
    return opening + ",".join(map(str, ids)) + closing


def _fetch(sql: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
