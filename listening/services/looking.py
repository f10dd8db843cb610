"""Looks many rows up by their keys at once: one statement, one parameter a column, one probe of the index a key.

`column IN (...) AND other IN (...)` asks an index for every combination of the values of two columns, and takes
longer to write and to parse than to answer. Here the keys are a table to join: arrays on PostgreSQL, JSON on SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

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
    names = [_column(model, name) for name in read]
    matches = [f"{_column(model, name)} = k.c{at}" for at, name in enumerate(columns)]
    table, rule = connection.ops.quote_name(model._meta.db_table), " AND ".join([*matches, *conditions])
    if connection.vendor == "postgresql":
        # OFFSET 0 keeps the planner from turning the probes into a scan: with figures of yesterday it would
        # read a member's whole history for every batch of their import.
        probe = f"SELECT {', '.join(names)} FROM {table} WHERE {rule} OFFSET 0"  # noqa: S608 - names of our own models
        sql = f"SELECT t.* FROM {_wanted(model, columns)} CROSS JOIN LATERAL ({probe}) t"  # noqa: S608
    else:  # CROSS JOIN is SQLite's way to say that the keys come first
        sql = f"SELECT {', '.join(names)} FROM {_wanted(model, columns)} CROSS JOIN {table} WHERE {rule}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_parameters(keys), *values])
        return list(cursor.fetchall())


def _wanted(model: type[Model], columns: Sequence[str]) -> str:
    """The keys as a table `k` of columns c0, c1 ..."""
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{_kind(model, name)}[]" for name in columns)
        return f"UNNEST({arrays}) AS k({', '.join(f'c{at}' for at in range(len(columns)))})"
    each = ", ".join(f"json_extract(value, '$[{at}]') AS c{at}" for at in range(len(columns)))
    return f"(SELECT {each} FROM json_each(%s)) k"  # noqa: S608 - numbers


def _parameters(keys: Collection[Key]) -> list[Any]:
    """In order, so that everybody asks in the same one."""
    ordered = sorted(keys)
    if connection.vendor == "postgresql":
        return [list(column) for column in zip(*ordered, strict=True)]
    return [json.dumps(ordered)]


def _conditions(model: type[Model], where: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    conditions, values = [], []
    for name, value in where.items():
        if value is True or value is None:
            conditions.append(f"{_column(model, name)} IS {'NOT ' if value else ''}NULL")
        else:
            conditions.append(f"{_column(model, name)} = %s")
            values.append(value)
    return conditions, values


def _kind(model: type[Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return "text" if field.get_internal_type() == "CharField" else "bigint"


def _column(model: type[Model], name: str) -> str:
    field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return connection.ops.quote_name(field.column)
