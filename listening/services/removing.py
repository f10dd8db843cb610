"""A whole import, or all that one source brought, taken back: asked for here, done in pieces by a job.

Pieces are transactions with the member's row locked, and delete what is there: a worker may die at any
moment, and two may work on the same removal. What comes in after it was asked for stays.
"""

from __future__ import annotations

import logging
import time
from array import array
from collections.abc import Callable, Iterator
from functools import partial

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from listening.models import ListenEvent, ListenImport, Removal
from listening.services.deleting import lock_member, take_out
from listening.services.imports import drop_file, finish_import, give_way
from listening.services.listens import BATCH, again_on_deadlock
from listening.services.totals import ask_for_totals, set_aside_totals
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.jobs import enqueue
from sidetrack.models import User

logger = logging.getLogger(__name__)
State = Removal.State


def undo_import(import_id: int, *, by: Actor) -> Removal:
    """Take back every listen that an import of one's own brought; one that is open is stopped first.

    Asked twice it is the same removal. Raises NotFound, and Conflict for what was taken back already.
    """
    return again_on_deadlock(partial(_undo_import, import_id, by))


@transaction.atomic
def _undo_import(import_id: int, by: Actor) -> Removal:
    user = _owner(by)
    lock_member(user.pk)
    own: QuerySet[ListenImport] = ListenImport.objects.select_for_update().filter(user=user)
    listen_import = own.filter(pk=import_id).first() if 0 < import_id < 2**63 else None
    if listen_import is None:
        raise NotFound("There is no such import.")
    standing = Removal.objects.filter(listen_import=listen_import).exclude(state=State.FAILED).first()
    if standing is not None and standing.is_open:
        return standing
    if standing is not None:
        raise Conflict("This import was taken back already.")
    if listen_import.is_open:  # its worker finds it finished, and stores no further batch
        finish_import(listen_import, ListenImport.State.CANCELLED)
    drop_file(listen_import)
    listen_import.save(update_fields=["file"])
    return _ask(Removal(user=user, listen_import=listen_import), by)


def remove_source(source: str, *, by: Actor) -> Removal:
    """Delete every listen that `source` (ListenEvent.Source) brought the acting person until now.

    Asked again while it is being done it is the same removal. Raises NotFound where there is nothing of it.
    """
    return again_on_deadlock(partial(_remove_source, source, by))


@transaction.atomic
def _remove_source(source: str, by: Actor) -> Removal:
    user = _owner(by)
    if source not in ListenEvent.Source.values:
        raise NotFound("There is no such source.")
    lock_member(user.pk)
    standing = Removal.objects.filter(user=user, source=source, state__in=Removal.OPEN).first()
    if standing is not None:
        return standing
    if not ListenEvent.objects.filter(user=user, source=source).exists():
        raise NotFound("You have no plays from there.")
    return _ask(Removal(user=user, source=source), by)


def run_removal(removal_id: int, *, keep: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Do a removal to its end, from where it stands; returns its counts.

    `keep` is called in the transaction of every piece and may end it by raising.
    """
    try:
        removal = _begin(removal_id)
        if removal is not None:
            for piece in _pieces(removal):
                began = time.monotonic()
                if not again_on_deadlock(partial(_remove, removal, piece, keep)):
                    break
                give_way(time.monotonic() - began)
            else:
                _end(removal_id, keep)
    except (Removal.DoesNotExist, NotFound):
        logger.info("Removal %s went, or its member did", removal_id)
    row = Removal.objects.filter(pk=removal_id).first()
    return {} if row is None else {"found": row.found, "removed": row.removed}


def fail_removal(removal_id: int, why: str) -> None:
    """Give an open removal up, with a sentence for its member, who may ask again."""
    Removal.objects.filter(pk=removal_id, state__in=Removal.OPEN).update(
        state=State.FAILED, error=why[:500], finished_at=timezone.now()
    )


def hand_out_removal(removal_id: int) -> None:
    """Queue an open removal, at first or because nobody works on it any more."""
    with transaction.atomic():
        removals: QuerySet[Removal] = Removal.objects.select_for_update().filter(pk=removal_id, state__in=Removal.OPEN)
        for removal in removals:
            Removal.objects.filter(pk=removal.pk).update(progressed_at=timezone.now())
            enqueue("remove_listens", {"removal_id": removal.pk}, key=removal_key(removal.pk), by=removal.user)


def removal_key(removal_id: int) -> str:
    """The key of the job run that does a removal."""
    return f"removal-{removal_id}"


def _owner(by: Actor) -> User:
    """Only people themselves, in a session of theirs; admitted or not, the listens are theirs."""
    if by.user is None or by.token is not None:
        raise NotFound("Only you yourself can take your listens back.")
    return by.user


def _ask(removal: Removal, by: Actor) -> Removal:
    """Store and queue a removal of all that is there now, by a caller who has locked the member."""
    own = ListenEvent.objects.filter(user=removal.user)
    removal.up_to_id = own.aggregate(Max("pk"))["pk__max"] or 0
    removal.found = _rows(removal).count()
    removal.save()
    set_aside_totals(removal.user_id, removal.found)
    audit.record("listens.remove", removal, by=by, subject=removal.user)
    hand_out_removal(removal.pk)
    return removal


def _rows(removal: Removal) -> QuerySet[ListenEvent]:
    own = ListenEvent.objects.filter(user=removal.user_id, pk__lte=removal.up_to_id)
    if removal.listen_import_id is not None:
        return own.filter(imported_by=removal.listen_import_id)
    return own.filter(source=removal.source)


def _begin(removal_id: int) -> Removal | None:
    """The removal, running; None when there is nothing to run."""
    with transaction.atomic():
        removal = Removal.objects.select_for_update().get(pk=removal_id)
        if not removal.is_open:
            return None
        removal.state, removal.progressed_at = State.RUNNING, timezone.now()
        removal.started_at = removal.started_at or removal.progressed_at
        removal.save(update_fields=["state", "started_at", "progressed_at"])
    return removal


def _pieces(removal: Removal) -> Iterator[list[int]]:
    """Ids of what is to go, oldest play first: neighbours in time are matched anew together."""
    ordered = _rows(removal).order_by("started_at", "pk").values_list("pk", flat=True)
    ids = array("q", ordered.iterator(chunk_size=10_000))
    for start in range(0, len(ids), BATCH):
        yield list(ids[start : start + BATCH])


@transaction.atomic
def _remove(removal: Removal, piece: list[int], keep: Callable[[], None]) -> bool:
    """Delete a piece and count it; False when the removal ended elsewhere."""
    keep()
    lock_member(removal.user_id)
    row = Removal.objects.select_for_update().get(pk=removal.pk)
    if row.state != State.RUNNING:
        return False
    row.removed += take_out(row.user_id, piece)
    row.progressed_at = timezone.now()
    row.save(update_fields=["removed", "progressed_at"])
    return True


@transaction.atomic
def _end(removal_id: int, keep: Callable[[], None]) -> None:
    keep()
    running = Removal.objects.filter(pk=removal_id, state=State.RUNNING)
    for removal in running:
        ask_for_totals(removal.user_id)
    running.update(state=State.DONE, finished_at=timezone.now())
