"""Looks many rows up by their keys at once: one statement, one parameter a column, one probe of the index a key.

`column IN (...) AND other IN (...)` asks an index for every combination of the values of two columns, and takes
longer to write and to parse than to answer. Here the keys are a table to join (services/sending.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from listening.services.sending import column, sent

Key = tuple[Any, ...]


def rows_by_key(
    model: type[Model],
    columns: Sequence[str],
    keys: Collection[Key],
    read: Sequence[str],
    *,
    where: Mapping[str, Any] | None = None,
) -> list[tuple[Any, ...]]:
    """The fields `read` of the rows whose `columns` (text or integer fields) are one of `keys`, in no order.

    `where` narrows them further by values of other fields; a value of True means any that is not null, None null.
    """
    if not keys:
        return []
    conditions, values = _conditions(model, where or {})
    names = ", ".join(column(model, name) for name in read)
    matches = [f"{column(model, name)} = k.c{at}" for at, name in enumerate(columns)]
    table, rule = connection.ops.quote_name(model._meta.db_table), " AND ".join([*matches, *conditions])
    wanted, parameters = sent(model, columns, sorted(keys))  # in order, so that everybody asks in the same one
    if connection.vendor == "postgresql":
        # OFFSET 0 keeps the planner from turning the probes into a scan: with figures of yesterday it would
        # read a member's whole history for every batch of their import.
        probe = f"SELECT {names} FROM {table} WHERE {rule} OFFSET 0"  # noqa: S608 - names of our own models
        sql = f"SELECT t.* FROM {wanted} CROSS JOIN LATERAL ({probe}) t"  # noqa: S608
    else:  # CROSS JOIN is SQLite's way to say that the keys come first
        sql = f"SELECT {names} FROM {wanted} CROSS JOIN {table} WHERE {rule}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *values])
        return list(cursor.fetchall())


def _conditions(model: type[Model], where: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    conditions, values = [], []
    for name, value in where.items():
        if value is True or value is None:
            conditions.append(f"{column(model, name)} IS {'NOT ' if value else ''}NULL")
        else:
            conditions.append(f"{column(model, name)} = %s")
            values.append(value)
    return conditions, values
