"""Inserts listens without an object for each: two to three times the speed of `bulk_create`.

The one place with SQL of its own: arrays on PostgreSQL, one prepared statement on SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.types import Play
from listening.models import ListenEvent
from listening.services.resolving import Resolved

_SAME = ("user", "source", "imported_by", "created_at")
_EACH = {
    "track": "bigint",
    "artist": "bigint",
    "album": "bigint",
    "started_at": "timestamptz",
    "ms_played": "integer",
    "source_key": "text",
}


def insert_listens(
    plays: Sequence[Play], ids: Sequence[Resolved], *, user_id: int, source: str, import_id: int | None
) -> None:
    """One row for every play, whose `ids` stand at the same place. The caller holds the transaction."""
    moment = connection.ops.adapt_datetimefield_value
    same: list[Any] = [user_id, source, import_id, moment(timezone.now())]
    each = [
        (to.track_id, to.artist_id, to.album_id, moment(play.started_at), play.ms_played, play.source_key)
        for play, to in zip(plays, ids, strict=True)
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_insert(_arrays()), [*same, *(list(column) for column in zip(*each, strict=True))])
        else:
            marks = ", ".join(["%s"] * (len(_SAME) + len(_EACH)))
            cursor.executemany(_insert(f"VALUES ({marks})"), [(*same, *row) for row in each])


def _insert(rows: str) -> str:
    meta = ListenEvent._meta
    columns = ", ".join(_column(name) for name in (*_SAME, *_EACH))
    return f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({columns}) {rows}"


def _arrays() -> str:
    arrays = ", ".join(f"%s::{kind}[]" for kind in _EACH.values())
    return f"SELECT %s::bigint, %s::text, %s::bigint, %s::timestamptz, * FROM UNNEST({arrays})"  # noqa: S608 - our own words


def _column(name: str) -> str:
    field: Any = ListenEvent._meta.get_field(name)
    return connection.ops.quote_name(field.column)
