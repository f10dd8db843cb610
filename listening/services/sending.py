"""Many rows as one table inside a statement, in few parameters: arrays on PostgreSQL, JSON on SQLite.

A statement with a mark for every value takes longer to write and to parse than to answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Model

_ARRAYS = {
    "CharField": "text",
    "DateTimeField": "timestamptz",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
}
"""Kinds of columns; ids and keys to other rows are numbers."""


def sent(model: type[Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """The rows as a table `k` of columns c0, c1 ... typed as the fields `names` of the model; and its parameters.

    Only numbers may be None.
    """
    if connection.vendor == "postgresql":
        kinds = [_kind(model, name) for name in names]
        arrays, columns = ", ".join(f"%s::{kind}[]" for kind in kinds), ", ".join(f"c{at}" for at in range(len(kinds)))
        values = [_array(kind, each) for kind, each in zip(kinds, zip(*rows, strict=True), strict=True)]
        return f"UNNEST({arrays}) AS k({columns})", values
    each = ", ".join(f"json_extract(value, '$[{at}]') AS c{at}" for at in range(len(names)))
    return f"(SELECT {each} FROM json_each(%s)) AS k", [json.dumps(rows, default=_moment)]  # noqa: S608 - numbers


def column(model: type[Model], name: str) -> str:
    """The quoted column of a field, or of the primary key for "pk"."""
    field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return connection.ops.quote_name(field.column)


def _kind(model: type[Model], name: str) -> str:
    return _ARRAYS.get(model._meta.get_field(name).get_internal_type(), "bigint")


def _array(kind: str, values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it. The driver writes a list value by value, six times as slowly."""
    if kind == "text":
        written = ['"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    elif kind == "timestamptz":
        written = [value.isoformat() for value in values]
    else:
        written = ["NULL" if value is None else str(value) for value in values]
    return "{" + ",".join(written) + "}"


def _moment(value: datetime) -> str:
    """As Django writes it on SQLite; its own way asks much about every value."""
    return str(value.astimezone(UTC).replace(tzinfo=None))
