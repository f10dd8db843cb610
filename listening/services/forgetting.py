"""One play deleted by its member, and brought back for a while."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from listening.models import Album, Artist, ForgottenListen, ListenEvent, ListenImport, Track
from listening.services.deleting import lock_member, take_out
from listening.services.duplicates import match_around
from listening.services.listens import again_on_deadlock
from listening.services.locks import lock_merging_to_use
from listening.services.totals import Counted, count_in
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.models import User


def forget_listen(listen_id: int, *, by: Actor) -> int:
    """Delete one play of one's own with all its records, and remember their keys: no import brings them back.

    Returns the id by which `bring_back` knows the play. Other plays of the same track stay. Raises NotFound.
    """
    return again_on_deadlock(partial(_forget, listen_id, by))


@transaction.atomic
def _forget(listen_id: int, by: Actor) -> int:
    user = _owner(by)
    lock_member(user.pk)
    own = ListenEvent.objects.filter(user=user)
    asked = own.filter(pk=listen_id).first() if 0 < listen_id < 2**63 else None
    if asked is None:
        raise NotFound("There is no such play.")
    play_id = asked.duplicate_of_id or asked.pk
    records = [*own.filter(pk=play_id), *own.filter(duplicate_of=play_id)]
    ForgottenListen.objects.bulk_create(
        ForgottenListen(
            user=user,
            source=each.source,
            source_key=each.source_key,
            listen_id=each.pk,
            play_id=play_id,
            kept=_kept(each),
        )
        for each in records
    )
    take_out(user.pk, [each.pk for each in records])
    return play_id


def bring_back(listen_id: int, *, by: Actor) -> list[int]:
    """Undo `forget_listen` by the id of any record of the play; returns the new ids of its records.

    Raises NotFound after ForgottenListen.KEPT_FOR, and Conflict where the catalogue no longer has the music.
    """
    return again_on_deadlock(partial(_bring_back, listen_id, by))


@transaction.atomic
def _bring_back(listen_id: int, by: Actor) -> list[int]:
    user = _owner(by)
    lock_member(user.pk)
    lately = ForgottenListen.objects.filter(
        user=user, kept__isnull=False, created_at__gt=timezone.now() - ForgottenListen.KEPT_FOR
    )
    asked = lately.filter(listen_id=listen_id).first() if 0 < listen_id < 2**63 else None
    if asked is None:
        raise NotFound("There is no such play to bring back.")
    forgotten = list(lately.filter(play_id=asked.play_id))
    lock_merging_to_use()
    rows = ListenEvent.objects.bulk_create([_restored(each) for each in forgotten])
    ForgottenListen.objects.filter(pk__in=[each.pk for each in forgotten]).delete()
    count_in(user.pk, [Counted(*(getattr(row, name) for name in Counted._fields)) for row in rows])
    match_around(user.pk, [row.started_at for row in rows])
    return [row.pk for row in rows]


def drop_kept() -> int:
    """What can no longer be brought back leaves nothing behind but its key. Returns how many records."""
    old = ForgottenListen.objects.filter(kept__isnull=False, created_at__lte=timezone.now() - ForgottenListen.KEPT_FOR)
    return old.update(kept=None, listen_id=None, play_id=None)


def _kept(row: ListenEvent) -> dict[str, Any]:
    return {
        "artist_id": row.artist_id,
        "album_id": row.album_id,
        "track_id": row.track_id,
        "started_at": row.started_at.isoformat(),
        "ms_played": row.ms_played,
        "duration_ms": row.duration_ms,
        "kept_apart": row.kept_apart,
        "imported_by_id": row.imported_by_id,
    }


def _restored(forgotten: ForgottenListen) -> ListenEvent:
    """The listen as it was; of what was merged meanwhile, as it would be now."""
    kept: dict[str, Any] = dict(forgotten.kept or {})
    kept["started_at"] = datetime.fromisoformat(kept["started_at"])
    kept["artist_id"] = _standing(Artist, kept["artist_id"])
    kept["track_id"] = _standing(Track, kept["track_id"])
    kept["album_id"] = _standing(Album, kept["album_id"]) if kept["album_id"] else None
    if not ListenImport.objects.filter(pk=kept["imported_by_id"]).exists():
        kept["imported_by_id"] = None
    return ListenEvent(user_id=forgotten.user_id, source=forgotten.source, source_key=forgotten.source_key, **kept)


def _standing(model: type[Artist | Album | Track], pk: int) -> int:
    found: tuple[int, int | None] | None = model._default_manager.filter(pk=pk).values_list("pk", "merged_into").first()
    if found is None:
        raise Conflict("The music of this play is no longer in the catalogue.")
    return found[1] or found[0]


def _owner(by: Actor) -> User:
    if by.user is None or by.token is not None:
        raise NotFound("There is no such play.")
    return by.user
