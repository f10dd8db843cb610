"""Inserts and fills in many rows with one statement, without an object for each: several times as fast as
`bulk_create`. This, `looking` and `sending` hold all SQL of our own on the way of a listen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, Field, Model
from django.utils import timezone

from integrations.types import Play
from listening.models import ListenEvent
from listening.services.sending import column, sent

_LISTEN = ["track", "artist", "album", "started_at", "ms_played", "duration_ms", "source_key", "duplicate_of"]


def insert_listens(
    plays: Sequence[Play],
    ids: Sequence[tuple[int, int, int | None]],
    duplicate_of: Sequence[int | None],
    *,
    user_id: int,
    source: str,
    import_id: int | None,
) -> None:
    """One row for every play, whose track, artist and album stand at the same place of `ids`, and in `duplicate_of`
    the listen that it repeats."""
    rows = [
        (*to, play.started_at, play.ms_played, play.duration_ms, play.source_key, canonical)
        for play, to, canonical in zip(plays, ids, duplicate_of, strict=True)
    ]
    insert_rows(ListenEvent, _LISTEN, rows, same={"user": user_id, "source": source, "imported_by": import_id})


def insert_rows(
    model: type[Model],
    names: Sequence[str],
    rows: Collection[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
    anew: bool = False,
    read: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert `rows` of the fields `names`; other fields are as in `same`, or as the model begins them.

    `anew`: rows that are there already stay as they are. Gives the fields `read` of each row inserted, in no order.
    """
    if not rows:
        return []
    fields = {**_beginnings(model, frozenset(names) | frozenset(same or {})), **(same or {})}
    table, values = sent(model, names, list(rows))
    columns = ", ".join(column(model, name) for name in (*fields, *names))
    each = ", ".join(["%s"] * len(fields) + [f"c{at}" for at in range(len(names))])
    # WHERE TRUE tells SQLite that ON CONFLICT is not the condition of a join.
    sql = f"INSERT INTO {_table(model)} ({columns}) SELECT {each} FROM {table} WHERE TRUE"  # noqa: S608 - our own names
    if anew:
        sql += " ON CONFLICT DO NOTHING"
    if read:
        sql += f" RETURNING {', '.join(column(model, name) for name in read)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_adapted(model, fields), *values])
        return list(cursor.fetchall()) if read else []


def fill_in(model: type[Model], name: str, values: Mapping[int, Any]) -> None:
    """Give the rows of these ids their value of a field that is still null."""
    if not values:
        return
    wanted, parameters = sent(model, ["id", name], sorted(values.items()))
    table, field = _table(model), column(model, name)
    rule = f"{table}.{column(model, 'pk')} = k.c0 AND {table}.{field} IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {field} = k.c1 FROM {wanted} WHERE {rule}", parameters)  # noqa: S608


@lru_cache(maxsize=50)
def _left_to_begin(model: type[Model], named: frozenset[str]) -> tuple[Field[Any, Any], ...]:
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.null or field.name in named) and field.db_default is NOT_PROVIDED
    )


def _beginnings(model: type[Model], named: frozenset[str]) -> dict[str, Any]:
    """What the model itself gives a new row: its defaults, and the time."""
    now = timezone.now()
    return {
        field.name: now if getattr(field, "auto_now", False) else field.get_default()
        for field in _left_to_begin(model, named)
    }


def _adapted(model: type[Model], fields: Mapping[str, Any]) -> list[Any]:
    meta = model._meta
    return [meta.get_field(name).get_db_prep_value(value, connection) for name, value in fields.items()]  # type: ignore[union-attr]


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
