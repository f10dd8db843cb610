"""Taking rows out of a member's listens, so that what is left counts as if they had never been there."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from listening.models import ListenEvent
from listening.services.duplicates import match_around
from listening.services.stretches import by_index
from listening.services.totals import Counted, count_in, count_out
from sidetrack.errors import NotFound
from sidetrack.models import User

_FIELDS = ("artist_id", "album_id", "track_id", "started_at", "ms_played", "pk", "duplicate_of_id", "source")


def lock_member(user_id: int) -> None:
    """One writer of a member's listens at a time, until the transaction ends. Raises NotFound for who is gone."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user_id).exists():
        raise NotFound("This member is gone.")


def take_out(user_id: int, listen_ids: Collection[int]) -> int:
    """Delete these listens of a member, in the caller's transaction and with the member's row locked.

    Records of other sources that were taken for the same plays count by themselves from now on, or for one another.
    Returns how many listens went.
    """
    own = ListenEvent.objects.filter(user=user_id)
    going = list(own.filter(pk__in=listen_ids).values_list(*_FIELDS))
    freed_rows = own.filter(duplicate_of__in=listen_ids).exclude(pk__in=listen_ids)
    with by_index():
        freed = list(freed_rows.values_list(*_FIELDS))
        if freed:
            own.filter(pk__in=[row[5] for row in freed]).update(duplicate_of=None)
        rows: QuerySet[ListenEvent] = own.filter(pk__in=[row[5] for row in going])
        rows._raw_delete(rows.db)  # what pointed here was freed above; delete() would fetch every row first
    count_out(user_id, [Counted(*row[:5]) for row in going if row[6] is None])
    count_in(user_id, [Counted(*row[:5]) for row in freed])
    match_around(user_id, [row[3] for row in (*going, *freed)], gone={row[7] for row in going})
    return len(going)
