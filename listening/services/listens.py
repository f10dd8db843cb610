"""Storing plays: each record of a source once, whoever brings it and however often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from integrations.types import Play
from listening.models import ForgottenListen, ListenEvent, ListenImport
from listening.services.duplicates import counted_of, foresee, fulfil
from listening.services.inserting import insert_listens
from listening.services.locks import lock_merging_to_use
from listening.services.looking import rows_by_key
from listening.services.resolving import resolve_plays
from listening.services.stretches import Row
from listening.services.totals import count_in
from sidetrack.errors import NotFound
from sidetrack.models import User

T = TypeVar("T")

BATCH = 1000
"""Rows stored in one transaction by an import, and taken in one request by the API."""

POLL = 200
"""Up to so many plays are looked up before anything is locked: a poll mostly brings what is known."""

FUTURE = timedelta(minutes=10)
"""How far the clock of a client or of a file may be ahead of ours."""

_ATTEMPTS = 4


@dataclass(frozen=True)
class Outcome:
    """What became of a batch of plays: rows stored, and rows that were there already."""

    inserted: int = 0
    duplicates: int = 0


def record_plays(user: User, plays: Sequence[Play], *, source: str, imported_by: ListenImport | None = None) -> Outcome:
    """Store the plays of a member under `source` (ListenEvent.Source) in one transaction.

    A play whose `source_key` is known for (user, source), or was deleted by the member, counts as a duplicate and
    touches nothing.
    Raises NotFound when there is something to store and the member left meanwhile.
    """
    keys = {play.source_key for play in plays}
    if len(plays) <= POLL and len(_known_keys(user, source, keys)) == len(keys):
        return Outcome(duplicates=len(plays))
    return again_on_deadlock(partial(_record, user, plays, source, imported_by))


@transaction.atomic
def _record(user: User, plays: Sequence[Play], source: str, imported_by: ListenImport | None) -> Outcome:
    # One writer of a member's listens at a time, so that what is counted as inserted was inserted.
    # "No key" leaves others free to refer to the member meanwhile (votes, ratings).
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).exists():
        raise NotFound("This member is gone.")
    fresh: dict[str, Play] = {}
    for play in plays:
        fresh.setdefault(play.source_key, play)
    for key in _known_keys(user, source, fresh):
        del fresh[key]
    for key in _forgotten_keys(user, source, fresh):
        del fresh[key]
    new = list(fresh.values())
    if new:
        lock_merging_to_use()
        _store(user.pk, source, new, imported_by)
    return Outcome(inserted=len(new), duplicates=len(plays) - len(new))


def _known_keys(user: User, source: str, keys: Iterable[str]) -> list[str]:
    wanted = {(key,) for key in keys}
    where = {"user": user.pk, "source": source}
    return [key for (key,) in rows_by_key(ListenEvent, ["source_key"], wanted, ["source_key"], where=where)]


def _forgotten_keys(user: User, source: str, keys: Iterable[str]) -> list[str]:
    """Of keys that are not known, those of plays the member deleted. Most members deleted none: one cheap query."""
    wanted = {(key,) for key in keys}
    if not wanted or not ForgottenListen.objects.filter(user=user, source=source).exists():
        return []
    where = {"user": user.pk, "source": source}
    return [key for (key,) in rows_by_key(ForgottenListen, ["source_key"], wanted, ["source_key"], where=where)]


def _store(user_id: int, source: str, new: Sequence[Play], imported_by: ListenImport | None) -> None:
    ids = resolve_plays(new)
    rows = [
        Row(-1 - at, source, play.source_key, play.started_at, play.ms_played, play.duration_ms, *to)
        for at, (play, to) in enumerate(zip(new, ids, strict=True))
    ]
    foreseen = foresee(user_id, source, rows)
    import_id = imported_by.pk if imported_by else None
    insert_listens(new, ids, foreseen.duplicate_of, user_id=user_id, source=source, import_id=import_id)
    counted = zip(rows, foreseen.duplicate_of, strict=True)
    count_in(user_id, [counted_of(row) for row, canonical in counted if canonical is None])
    fulfil(user_id, source, rows, foreseen)


def again_on_deadlock(act: Callable[[], T]) -> T:
    """Run a whole transaction, again when the database broke a deadlock or a serialisation conflict by ending it.

    Inside a transaction of the caller it runs once: only the outermost can be done again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return act()
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", None)
            if code not in ("40P01", "40001") or connection.in_atomic_block or attempt == _ATTEMPTS:
                raise
            time.sleep(0.05 * attempt)
    raise AssertionError("unreachable")
