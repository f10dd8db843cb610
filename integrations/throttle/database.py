"""Buckets in the database, where there is no Redis or it does not answer."""

from __future__ import annotations

import random
import time

from django.db import connection

from integrations.models import Bucket as Row
from integrations.throttle.gcra import MICRO, Bucket, Turn

SWEEP_ONE_IN = 500
KEPT = 3600 * MICRO
"""Microseconds that a bucket which is full again is kept."""

# The server's clock, read after the rows are locked: who waited for a lock is counted when it has it.
_NOW = {
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
    # To the millisecond, cut: a moment ago, which lets nobody go early.
    "sqlite": "CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer) * 1000",
}
_LOCK = {"postgresql": "ORDER BY key FOR UPDATE", "sqlite": ""}  # a writing statement of SQLite locks everything
_MAX = {"postgresql": "greatest", "sqlite": "max"}


def reserve(buckets: list[Bucket], longest: int) -> Turn:
    """Take from all or none, waiting at most `longest` microseconds. The caller sleeps; no lock is held meanwhile."""
    if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311 - no secret
        _sweep()
    for _ in range(3):
        left = _take(buckets, longest)
        if left is not None:
            return Turn(True, left)
        waits = _waits(buckets)
        if len(waits) == len(buckets):
            return Turn(False, max(0, *waits))
        # A bucket that was never used, or swept out: rows are made first, as only what exists can be locked.
        Row.objects.bulk_create([Row(key=bucket.key, tat=0) for bucket in buckets], ignore_conflicts=True)
    return Turn(False, MICRO)


def _take(buckets: list[Bucket], longest: int) -> int | None:
    """`decide` of gcra.py: microseconds to wait, or None where nothing was taken or a row is missing.

    Raw SQL: one statement locks the rows, judges and writes, so that the locks last no longer than it takes the server,
    whatever the processor does with this process, and no bucket gives where another does not.
    """
    vendor = connection.vendor
    asked = ", ".join(["(%s, CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS integer))"] * len(buckets))
    sql = f"""
        WITH asked (key, step, room, is_last) AS (VALUES {asked}),
        held AS (
            SELECT key, tat FROM integrations_bucket
            WHERE key IN ({", ".join(["%s"] * len(buckets))}) {_LOCK[vendor]}
        ),
        clock AS (SELECT {_NOW[vendor]} AS now, count(*) AS rows_held FROM held),
        due AS (
            SELECT asked.key, step, is_last, tat, {_MAX[vendor]}(tat - room, now) AS ready, now, rows_held
            FROM asked JOIN held ON held.key = asked.key CROSS JOIN clock
        ),
        verdict AS (
            SELECT max(ready) AS go, max(is_last * ready) AS last_ready, max(now) AS now, max(rows_held) AS rows_held
            FROM due
        )
        UPDATE integrations_bucket SET tat = {_MAX[vendor]}(due.tat, go) + step
        FROM due CROSS JOIN verdict
        WHERE integrations_bucket.key = due.key AND verdict.rows_held = %s
            AND (go <= verdict.now OR (last_ready = go AND go - verdict.now <= %s))
        RETURNING integrations_bucket.key, integrations_bucket.tat - {_NOW[vendor]}
    """  # noqa: S608 - only our own words are put together
    rows = [value for n, one in enumerate(buckets, 1) for value in (one.key, one.step, one.room, n == len(buckets))]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*rows, *(one.key for one in buckets), len(buckets), longest])
        ahead = dict(cursor.fetchall())
    return max(0, *(ahead[one.key] - one.step - one.room for one in buckets)) if ahead else None


def _waits(buckets: list[Bucket]) -> list[int]:
    """Microseconds until there is room in each bucket that has a row; negative where there is."""
    room = {bucket.key: bucket.room for bucket in buckets}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key, tat - {_NOW[connection.vendor]} FROM integrations_bucket"  # noqa: S608 - our own words
            f" WHERE key IN ({', '.join(['%s'] * len(room))})",
            list(room),
        )
        return [ahead - room[key] for key, ahead in cursor.fetchall()]


def _sweep() -> None:
    """Buckets that are full again say nothing."""
    Row.objects.filter(tat__lt=time.time_ns() // 1000 - KEPT).delete()
