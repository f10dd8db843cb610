"""A catalogue and millions of listens, made inside the database: 10,000 members with a long tail, and one who heard
a tenth of it all.

Numbers are scattered by multiplying them with a large odd one, so that both engines make the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from tests.bench.plays import PER_ALBUM, PER_ARTIST, key_of

MEMBERS = 10_000
HEAVY = 1
"""The id of the member who heard a tenth."""

_DAYS = 5 * 365


def tracks_for(listens: int) -> int:
    """How many tracks a club of so many listens knows."""
    return max(20_000, min(300_000, listens // 20))


def fill(listens: int) -> None:
    """Members, catalogue and listens, in an empty database."""
    tracks = tracks_for(listens)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size = -4000000")
            cursor.execute("PRAGMA foreign_keys = OFF")
            connection.connection.create_function(
                "stock_key", 1, lambda number: key_of(str(number)), deterministic=True
            )
        else:
            cursor.execute("SET maintenance_work_mem = '1GB'")
        with transaction.atomic():
            _members(cursor)
            _catalogue(cursor, tracks)
        if listens:
            with _without_indexes(cursor, "listening_listenevent"), transaction.atomic():
                _listens(cursor, listens, tracks)
    settle()
    connection.close()  # and with it these settings


def settle() -> None:
    """Figures for the planner, a visibility map, nothing left to write: as it is some time after."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _members(cursor: Any) -> None:
    _insert(
        cursor,
        "sidetrack_user",
        {"username": "'member' || n", "display_name": "'Member ' || n", "status": "'member'", "password": "'!'"},
        MEMBERS,
    )


def _catalogue(cursor: Any, tracks: int) -> None:
    artist = f"'artist ' || (n / {PER_ARTIST})"
    _insert(cursor, "listening_artist", {"name": "'Artist ' || n", "folded": "'artist ' || n"}, tracks // PER_ARTIST)
    of_album = f"(n / {PER_ARTIST // PER_ALBUM})"
    credit = {"artist_credit": f"'Artist ' || {of_album}", "folded_artist": f"'artist ' || {of_album}"}
    names = {"title": "'Album ' || n", "folded_title": "'album ' || n"}
    _insert(cursor, "listening_album", {**names, **credit}, tracks // PER_ALBUM)
    _insert(cursor, "listening_albumartist", {"album_id": "n + 1", "artist_id": f"{of_album} + 1"}, tracks // PER_ALBUM)
    credit = {"artist_credit": artist.replace("artist", "Artist"), "folded_artist": artist}
    names = {"title": "'Song ' || n", "folded_title": "'song ' || n", "duration_ms": "200000"}
    _insert(cursor, "listening_track", {**names, **credit}, tracks)
    _insert(cursor, "listening_trackartist", {"track_id": "n + 1", "artist_id": f"n / {PER_ARTIST} + 1"}, tracks)
    _insert(cursor, "listening_albumtrack", {"track_id": "n + 1", "album_id": f"n / {PER_ALBUM} + 1"}, tracks)


def _listens(cursor: Any, listens: int, tracks: int) -> None:
    person, what = _scatter("n", 2654435761), _scatter("n", 3266489917)
    member = f"CASE WHEN n % 10 = 0 THEN {HEAVY} ELSE 2 + {_floor(f'{MEMBERS - 1} * {person} * {person}')} END"
    track = _floor(f"{tracks} * {what} * {what} * {what}")
    seconds = f"{_DAYS * 86400} * (1 - CAST(n AS double precision) / {listens})"
    if connection.vendor == "postgresql":
        moment, key = (
            f"date_trunc('second', now() - {seconds} * interval '1 second')",
            "left(encode(sha256(n::text::bytea), 'hex'), 40)",
        )
    else:
        moment, key = f"datetime('now', '-' || CAST({seconds} AS INTEGER) || ' seconds')", "stock_key(n)"
    _insert(
        cursor,
        "listening_listenevent",
        {
            "user_id": member,
            "track_id": f"{track} + 1",
            "artist_id": f"{track} / {PER_ARTIST} + 1",
            "album_id": f"{track} / {PER_ALBUM} + 1",
            "started_at": moment,
            "ms_played": "180000",
            "source": "'spotify'",
            "source_key": key,
        },
        listens,
    )


def _insert(cursor: Any, table: str, values: dict[str, str], rows: int) -> None:
    """`values` are expressions over n, which runs from 0. Columns not named get what the model gives them."""
    values = {**_defaults(table, set(values)), **values}
    columns, expressions = ", ".join(values), ", ".join(values.values())
    if connection.vendor == "postgresql":
        numbers = f"generate_series(0::bigint, {rows - 1}) AS s(n)"
    else:
        numbers = f"(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s LIMIT {rows}) SELECT n FROM s)"  # noqa: S608
    cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {expressions} FROM {numbers}")  # noqa: S608 - our own words


def _defaults(table: str, named: set[str]) -> dict[str, str]:
    from django.apps import apps

    model = next(each for each in apps.get_models() if each._meta.db_table == table)
    found = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.null or field.column in named:
            continue
        found[field.column] = _literal(field)
    return found


def _literal(field: Any) -> str:
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        return "CURRENT_TIMESTAMP"
    value = field.get_default()
    if kind == "BooleanField":
        return str(bool(value)).upper()
    return f"'{value}'" if isinstance(value, str) else str(value)


def _scatter(number: str, factor: int) -> str:
    """A fraction from 0 to 1."""
    return f"(CAST(({number}) * {factor} % 4294967296 AS double precision) / 4294967296)"


def _floor(expression: str) -> str:
    """Down to a whole number: not every SQLite has floor(), and PostgreSQL's casts round."""
    return f"floor({expression})::bigint" if connection.vendor == "postgresql" else f"CAST({expression} AS INTEGER)"


@contextmanager
def _without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Indexes are made after the rows, several times as fast; SQLite cannot let go of a unique key."""
    make: list[str] = []
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass "
            "AND contype IN ('u', 'f')",
            [table],
        )
        for name, rule in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            make.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule}')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = %s::regclass AND NOT indisprimary",
            [table],
        )
    else:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql <> ''", [table]
        )
    for name, sql in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        make.append(sql)
    yield
    for sql in make:
        cursor.execute(sql)
