"""Two entries of the catalogue become one, and two again.

The loser stays as an alias whose names lead to the winner. What is small follows in the merge's own transaction,
listens in pieces by a job; every row is journalled. Ingest holds `lock_merging_to_use` from look-up to commit, so after
the merge every new listen follows the alias, and every old one is there for the job to find.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from listening.models import Merge, MergeChange
from listening.services.journal import Journal, aliases_named, put_back
from listening.services.listens import again_on_deadlock
from listening.services.locks import lock_catalogue, lock_merging, lock_tags_to_use
from listening.services.merge_handlers import MODELS, Findings, Handler, Pair, handlers, swept
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.jobs import enqueue
from sidetrack.models import JobRun
from sidetrack.text import checked_line

State = Merge.State
OPEN = (State.MOVING, State.UNDOING)
_ATTEMPTS = 5


class _Grown(Exception):
    """Something that had to be locked first came in while we waited."""


def pair_of(kind: str, loser_id: int, winner_id: int) -> Pair:
    """The two, both standing; raises NotFound, and Conflict where one is an alias already."""
    if kind not in MODELS or loser_id == winner_id:
        raise NotFound("There are no such two.")
    found = MODELS[kind]._default_manager.select_related("merged_into").in_bulk([loser_id, winner_id])
    if len(found) < 2:
        raise NotFound("There are no such two.")
    for entry in found.values():
        if entry.merged_into is not None:
            raise Conflict(f"{entry} is part of {entry.merged_into} already.", code="alias")
    return Pair(kind, found[loser_id], found[winner_id])


def preview(pair: Pair) -> Findings:
    """What merging them would meet and do."""
    found = Findings()
    for handler in handlers():
        found.add(handler.preview(pair))
    if _open_merges(pair):
        found.conflicts.append(_BUSY)
    return found


def merge_entries(
    kind: str, loser_id: int, winner_id: int, *, by: Actor, reason: str = "", despite_warnings: bool = False
) -> Merge:
    """Make the loser an alias of the winner; what points at it follows, its listens by the job `merge_entries`.

    Raises NotFound, NotAllowed, and Conflict with the sentence of what stands against it (code "warnings" where the
    moderator has to say that they mean it).
    """
    by.must_moderate()
    reason = checked_line(reason, "reason", 500, required=False)
    return _again(partial(_merge, kind, loser_id, winner_id, by, reason, despite_warnings))


def undo_merge(merge_id: int, *, by: Actor, reason: str = "") -> Merge:
    """Make them two again: rows that still hold what the merge wrote go back, listens by the job `merge_entries`.

    Undone already, it stays as it is. Raises NotFound, NotAllowed, and Conflict where a later merge stands on it.
    """
    by.must_moderate()
    reason = checked_line(reason, "reason", 500, required=False)
    return _again(partial(_undo, merge_id, by, reason))


def run_merge(merge_id: int, *, keep: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Move what is left to move, piece by piece; may be stopped and started again at any moment."""
    rows = 0
    while True:
        merge = Merge.objects.filter(pk=merge_id, state__in=OPEN).first()
        if merge is None:
            return {"rows": rows}
        moved = sum(again_on_deadlock(partial(_piece, handler, merge, keep)) for handler in handlers())
        rows += moved
        if not moved:
            _finish(merge)


def ask_for_stalled() -> int:
    """Hand out again what is open and nobody works on. Returns how many."""
    stalled = [
        merge
        for merge in Merge.objects.filter(state__in=OPEN)
        if not JobRun.objects.filter(job__name="merge_entries", key=_key(merge), state__in=JobRun.OPEN).exists()
    ]
    for merge in stalled:
        _hand_out(merge)
    return len(stalled)


_BUSY = "Their plays are still being moved by another merge. Try again in a minute."


def _again(act: Callable[[], Merge]) -> Merge:
    for _ in range(_ATTEMPTS):
        try:
            return again_on_deadlock(act)
        except _Grown:
            continue
    raise Conflict("Too much happens around them just now. Try again in a minute.", code="busy")


@transaction.atomic
def _merge(kind: str, loser_id: int, winner_id: int, by: Actor, reason: str, despite_warnings: bool) -> Merge:
    _lock(pair_of(kind, loser_id, winner_id))
    pair = pair_of(kind, loser_id, winner_id)  # as they stand now
    found = preview(pair)
    if found.conflicts:
        raise Conflict(" ".join(found.conflicts), code="merge_conflict")
    if found.warnings and not despite_warnings:
        raise Conflict(" ".join(found.warnings), code="warnings")
    merge = Merge.objects.create(
        kind=kind,
        loser_id=loser_id,
        winner_id=winner_id,
        loser_name=str(pair.loser),
        winner_name=str(pair.winner),
        reason=reason,
        by=by.user,
    )
    journal = Journal(merge)
    for handler in handlers():
        handler.apply(pair, journal)
    _tell(pair)
    after = {"merge": merge.pk, "merged": str(pair.loser), "merged_id": loser_id, "dropped": journal.dropped}
    audit.record(f"{kind}.merge", pair.winner, by=by, reason=reason, after=after)
    _hand_out(merge)
    return merge


@transaction.atomic
def _undo(merge_id: int, by: Actor, reason: str) -> Merge:
    asked = Merge.objects.filter(pk=merge_id).first()
    if asked is None:
        raise NotFound("There is no such merge.")
    entries = MODELS[asked.kind]._default_manager.in_bulk([asked.loser_id, asked.winner_id])
    if len(entries) < 2:
        raise Conflict("One of the two is gone.", code="gone")
    _lock(Pair(asked.kind, entries[asked.loser_id], entries[asked.winner_id]))
    merge = Merge.objects.select_for_update().get(pk=merge_id)
    if merge.state in (State.UNDOING, State.UNDONE):
        return merge
    entries = MODELS[asked.kind]._default_manager.select_related("merged_into").in_bulk(entries)
    pair = Pair(asked.kind, entries[asked.loser_id], entries[asked.winner_id])
    _must_be_the_last(merge, pair)
    stays = put_back(merge, without=swept())
    merge.state, merge.finished_at = State.UNDOING, None
    merge.save(update_fields=["state", "finished_at"])
    _tell(pair)
    after = {"merge": merge.pk, "taken_out": str(pair.loser), "taken_out_id": pair.loser.pk, "stays": stays}
    audit.record(f"{merge.kind}.unmerge", pair.winner, by=by, reason=reason, after=after)
    _hand_out(merge)
    return merge


def _lock(pair: Pair) -> None:
    """Rows of others first, then merging, then the catalogue; see services.locks."""
    held: dict[str, set[Any]] = {}
    for handler in handlers():
        if handler.rows is not None:
            rows = handler.rows(pair).select_for_update().order_by("pk")
            held[handler.app] = set(rows.values_list("pk", flat=True))
    lock_merging()
    lock_catalogue()
    lock_tags_to_use()
    for handler in handlers():
        if handler.rows is not None and not set(handler.rows(pair).values_list("pk", flat=True)) <= held[handler.app]:
            raise _Grown
    entries = MODELS[pair.kind]._default_manager.select_for_update(no_key=True)
    list(entries.filter(pk__in=pair.ids).order_by("pk").values_list("pk"))


def _open_merges(pair: Pair) -> bool:
    about = Q(loser_id__in=pair.ids) | Q(winner_id__in=pair.ids)
    return Merge.objects.filter(about, kind=pair.kind, state__in=OPEN).exists()


def _must_be_the_last(merge: Merge, pair: Pair) -> None:
    """Refuses while a later merge took the winner in, or what a dropped row points at, or dropped a row that this one
    had moved."""
    if pair.winner.merged_into is not None:
        raise Conflict(f"{pair.winner} has become part of {pair.winner.merged_into} since. Undo that first.")
    for entry in aliases_named(merge):
        if entry != pair.loser:
            raise Conflict(f"{entry} has become part of {entry.merged_into} since. Undo that first.")
    moved = {
        (line.model, pk)
        for line in merge.changes.exclude(model__in=swept()).filter(dropped__isnull=True)
        for pk in line.rows
    }
    later = MergeChange.objects.filter(merge__gt=merge.pk, dropped__isnull=False, undone=False)
    later = later.exclude(merge__state__in=(State.UNDOING, State.UNDONE)).select_related("merge")
    for line in later.filter(model__in={model for model, _ in moved}).order_by("-pk"):
        if any((line.model, pk) in moved for pk in line.rows):
            raise Conflict(f"A later merge builds on it: {line.merge}. Undo that first.")


def _tell(pair: Pair) -> None:
    for handler in handlers():
        if handler.after is not None:
            handler.after(pair)


@transaction.atomic
def _piece(handler: Handler, merge: Merge, keep: Callable[[], None]) -> int:
    keep()
    return handler.sweep(merge) if handler.sweep is not None else 0


def _finish(merge: Merge) -> None:
    """Nothing is left to move; where it was turned round meanwhile it goes on the other way."""
    done = State.UNDONE if merge.state == State.UNDOING else State.DONE
    Merge.objects.filter(pk=merge.pk, state=merge.state).update(state=done, finished_at=timezone.now())


def _key(merge: Merge) -> str:
    return f"{'undo' if merge.state == State.UNDOING else 'merge'}-{merge.pk}"


def _hand_out(merge: Merge) -> None:
    enqueue("merge_entries", {"merge_id": merge.pk}, key=_key(merge))
