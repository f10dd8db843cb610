"""History files: taken in, read batch by batch, gone on with after any stop, given up.

Rows, counts and cursor of a batch are one transaction, fenced by the locked import row: whoever finds
another cursor than the one they counted from has been overtaken and stores nothing.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import IO, cast
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from integrations.types import Play
from listening.importers.files import History, Unreadable, open_history
from listening.importers.rows import Reading, Reject, Row, Skip
from listening.models import ImportReject, ListenImport, Removal
from listening.services.deleting import lock_member
from listening.services.listens import BATCH, FUTURE, again_on_deadlock, record_plays
from listening.services.totals import ask_for_totals
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotFound, TooLarge
from sidetrack.jobs import enqueue
from sidetrack.models import User
from sidetrack.text import clean_line

logger = logging.getLogger(__name__)
State = ListenImport.State

REJECTS_KEPT = 1000
"""Rejected rows listed by number and reason; all of them are counted."""

GONE = "The uploaded file is no longer here. Upload it again."


class Overtaken(Exception):
    """Another worker stores this import; ours ends without a trace."""


@dataclass
class Batch:
    """Rows `start + 1` to `end` of a file, sorted by what becomes of them."""

    start: int
    end: int
    plays: list[Play] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: list[tuple[int, Reject]] = field(default_factory=list)


def check_size(size: int) -> None:
    """Raises TooLarge over UPLOAD_LIMIT_MB."""
    if size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise TooLarge(f"A history file may have at most {settings.UPLOAD_LIMIT_MB} MB.", attr="file")


def start_import(file: File[bytes], *, by: Actor, queue: bool = True) -> ListenImport:
    """Take in a history file of the acting member and queue its import (`queue=False`: the caller runs it).

    The same bytes sent again while their import is open, or after it failed, go on with that import.
    Raises TooLarge, and Invalid naming `file` for what is no history we can read.
    """
    user = by.must_be_member()
    check_size(file.size)
    try:
        history = open_history(cast(IO[bytes], file), file.size)
    except Unreadable as error:
        raise Invalid(str(error), attr="file", code=error.code) from None
    digest = _digest(file)
    with transaction.atomic():
        lock_member(user.pk)  # two uploads at once are one
        listen_import = _unfinished(user, digest) or ListenImport(user=user, file_hash=digest)
        if listen_import.pk is None:
            listen_import.file_name = clean_line(str(file.name or "").replace("\x00", ""))[-200:] or "history"
            listen_import.file_size = file.size
            listen_import.bytes_total = history.bytes_total
            listen_import.format = history.importer.name
        if not listen_import.file:
            file.seek(0)
            listen_import.file.save(uuid4().hex, file, save=False)
        if not listen_import.is_open:
            listen_import.state, listen_import.error, listen_import.finished_at = State.QUEUED, "", None
        listen_import.save()
        if queue:
            _hand_out(listen_import)
    return listen_import


def retry_import(import_id: int, *, by: Actor) -> ListenImport:
    """Go on with an import of one's own that failed or was stopped, behind the rows that are in.

    Raises NotFound, and Conflict where it did neither or its file is gone.
    """
    with transaction.atomic():
        listen_import = _own_locked(import_id, by)
        if listen_import.state not in (State.FAILED, State.CANCELLED):
            raise Conflict("This import needs no second start.")
        if not listen_import.file:
            raise Conflict(GONE)
        listen_import.state, listen_import.error, listen_import.finished_at = State.QUEUED, "", None
        listen_import.cancel_asked = False
        listen_import.save(update_fields=["state", "error", "finished_at", "cancel_asked"])
        _hand_out(listen_import)
    return listen_import


def cancel_import(import_id: int, *, by: Actor) -> ListenImport:
    """Stop an import of one's own: at once where it waits, after the present batch where it runs.

    What was stored stays. Cancelling twice is cancelling once; a finished import is a Conflict.
    """
    with transaction.atomic():
        listen_import = _own_locked(import_id, by)
        if listen_import.state in (State.DONE, State.FAILED):
            raise Conflict("This import is finished already.")
        if listen_import.state == State.QUEUED:
            finish_import(listen_import, State.CANCELLED)
        elif listen_import.state == State.RUNNING:
            listen_import.cancel_asked = True
            listen_import.save(update_fields=["cancel_asked"])
    return listen_import


def run_import(
    import_id: int,
    *,
    keep: Callable[[], None] = lambda: None,
    tell: Callable[[ListenImport], None] = lambda _: None,
) -> dict[str, int]:
    """Read an import to its end, from where it stands; returns its counts.

    `keep` is called in the transaction of every batch and may end it by raising; `tell` after each.
    """
    try:
        listen_import = _begin(import_id)
        if listen_import is not None:
            _read(listen_import, keep, tell)
    except (Overtaken, ListenImport.DoesNotExist, NotFound):
        logger.info("Import %s went to another worker, or was deleted", import_id)
    return _counts(import_id)


def fail_import(import_id: int, why: str) -> None:
    """Give an open import up, with a sentence for its member; the file stays for a retry."""
    with transaction.atomic():
        listen_import = ListenImport.objects.select_for_update().filter(pk=import_id).first()
        if listen_import is not None and listen_import.is_open:
            finish_import(listen_import, State.CANCELLED if listen_import.cancel_asked else State.FAILED, why)


def hand_out_again(import_id: int) -> None:
    """Queue an open import that nobody works on any more."""
    with transaction.atomic():
        listen_import = ListenImport.objects.select_for_update().filter(pk=import_id, state__in=ListenImport.OPEN)
        for each in listen_import:
            _hand_out(each)


def _read(listen_import: ListenImport, keep: Callable[[], None], tell: Callable[[ListenImport], None]) -> None:
    try:
        with listen_import.file.open("rb") as file:
            _check_same(listen_import, file)
            history = open_history(file, file.size)
            for batch in _batches(history, listen_import):
                began = time.monotonic()
                if not again_on_deadlock(partial(_store, listen_import, batch, history, keep)):
                    return
                tell(listen_import)
                give_way(time.monotonic() - began)
        with transaction.atomic():
            keep()
            finish_import(_still_mine(listen_import), State.DONE)
            ask_for_totals(listen_import.user_id)
    except Unreadable as error:
        fail_import(listen_import.pk, str(error))
    except FileNotFoundError:
        fail_import(listen_import.pk, GONE)


def give_way(took: float) -> None:
    """SQLite has one writer, and whoever waits for it looks only now and then: a file read without a pause
    would keep members' votes waiting for seconds."""
    if connection.vendor == "sqlite":
        time.sleep(min(took / 4, 0.05))


def _begin(import_id: int) -> ListenImport | None:
    """The import, running; None when there is nothing to run."""
    with transaction.atomic():
        listen_import = ListenImport.objects.select_for_update().get(pk=import_id)
        if not listen_import.is_open:
            return None
        if listen_import.cancel_asked:
            finish_import(listen_import, State.CANCELLED)
            return None
        if not listen_import.file:
            finish_import(listen_import, State.FAILED, GONE)
            return None
        listen_import.state = State.RUNNING
        listen_import.progressed_at = timezone.now()
        listen_import.started_at = listen_import.started_at or listen_import.progressed_at
        listen_import.save(update_fields=["state", "started_at", "progressed_at"])
    return listen_import


def _check_same(listen_import: ListenImport, file: File[bytes]) -> None:
    if listen_import.rows_done and _digest(file) != listen_import.file_hash:
        raise Unreadable("The stored file was changed since its import began. Upload it again.")


def _batches(history: History, listen_import: ListenImport) -> Iterator[Batch]:
    rows, done = history.rows(_reading(listen_import)), listen_import.rows_done
    for _ in islice(rows, done):
        pass
    while True:
        batch = Batch(start=done, end=done)
        for row in islice(rows, BATCH):
            batch.end += 1
            _sort_in(batch, row)
        if batch.end == done:
            return
        yield batch
        done = batch.end


def _reading(listen_import: ListenImport) -> Reading:
    return Reading(latest=timezone.now() + FUTURE, zone=listen_import.user.zone)


def _sort_in(batch: Batch, row: Row) -> None:
    if isinstance(row, Skip):
        batch.skipped[row.reason] += 1
    elif isinstance(row, Reject):
        batch.rejected.append((batch.end, row))
    else:
        batch.plays.append(row)


@transaction.atomic
def _store(listen_import: ListenImport, batch: Batch, history: History, keep: Callable[[], None]) -> bool:
    """Store a batch with its counts and the cursor behind it; False when the import was cancelled."""
    keep()
    lock_member(listen_import.user_id)  # before the import's row, as all do who need both
    row = _still_mine(listen_import)
    if row.rows_done != batch.start:
        raise Overtaken
    if row.cancel_asked:
        finish_import(row, State.CANCELLED)
        return False
    outcome = record_plays(row.user, batch.plays, source=history.importer.source, imported_by=row)
    _keep_rejects(row, batch)
    row.rows_done = batch.end
    row.inserted += outcome.inserted
    row.duplicates += outcome.duplicates
    row.skipped = dict(Counter(row.skipped) + batch.skipped)
    row.rejected_count += len(batch.rejected)
    row.bytes_done, row.bytes_total = history.bytes_done, history.bytes_total
    row.progressed_at = timezone.now()
    row.save()
    listen_import.__dict__.update(row.__dict__)
    return True


def _still_mine(listen_import: ListenImport) -> ListenImport:
    """The import's row, locked. Raises Overtaken when it no longer runs, DoesNotExist when it was deleted."""
    own: QuerySet[ListenImport] = ListenImport.objects.select_for_update(of=("self",)).select_related("user")
    row = own.get(pk=listen_import.pk)
    if row.state != State.RUNNING:
        raise Overtaken
    return row


def _keep_rejects(listen_import: ListenImport, batch: Batch) -> None:
    room = max(0, REJECTS_KEPT - listen_import.rejected_count)
    ImportReject.objects.bulk_create(
        ImportReject(listen_import=listen_import, row=row, code=reject.code, detail=reject.detail[:300])
        for row, reject in batch.rejected[:room]
    )


def finish_import(listen_import: ListenImport, state: str, error: str = "") -> None:
    """Write the end of an import whose row is locked. One that is not done keeps its file, to go on with."""
    listen_import.state, listen_import.error, listen_import.finished_at = state, error[:500], timezone.now()
    if state == State.DONE:
        listen_import.rows_total = listen_import.rows_done
        listen_import.bytes_done = listen_import.bytes_total
        drop_file(listen_import)
    listen_import.save()


def drop_file(listen_import: ListenImport) -> None:
    """Forget the uploaded file now, and delete it once that is written. The caller saves."""
    if listen_import.file:
        storage, name = listen_import.file.storage, cast(str, listen_import.file.name)
        listen_import.file = ""
        transaction.on_commit(lambda: storage.delete(name))


def _hand_out(listen_import: ListenImport) -> None:
    ListenImport.objects.filter(pk=listen_import.pk).update(progressed_at=timezone.now())
    enqueue("import_listens", {"import_id": listen_import.pk}, key=job_key(listen_import.pk), by=listen_import.user)


def job_key(import_id: int) -> str:
    """The key of the job run that reads an import."""
    return f"import-{import_id}"


def _own_locked(import_id: int, by: Actor) -> ListenImport:
    if by.user is None or by.token is not None or not 0 < import_id < 2**63:
        raise NotFound("There is no such import.")
    own: QuerySet[ListenImport] = ListenImport.objects.select_for_update().filter(pk=import_id, user=by.user)
    listen_import = own.first()
    if listen_import is None:
        raise NotFound("There is no such import.")
    return listen_import


def _unfinished(user: User, digest: str) -> ListenImport | None:
    """An import of the same bytes to go on with, its row locked; not one that was stopped or taken back."""
    same: QuerySet[ListenImport] = ListenImport.objects.select_for_update().filter(user=user, file_hash=digest)
    same = same.filter(state__in=[*ListenImport.OPEN, State.FAILED], cancel_asked=False)
    return same.exclude(Exists(Removal.objects.filter(listen_import=OuterRef("pk")))).order_by("-pk").first()


def _digest(file: File[bytes]) -> str:
    """SHA-256 of the whole file, which is left at its start."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _counts(import_id: int) -> dict[str, int]:
    row = ListenImport.objects.filter(pk=import_id).first()
    if row is None:
        return {}
    return {
        "rows": row.rows_done,
        "inserted": row.inserted,
        "duplicates": row.duplicates,
        "skipped": row.skipped_count,
        "rejected": row.rejected_count,
    }
