"""Totals of all time, kept equal to a recount by everything that writes listens.

A member gets them once counting anew takes too long; whoever has none is read from the listens directly, so that no
answer ever depends on whether totals are there.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, F, Q, Sum

from listening.models import ListenTotal, TotalsState
from listening.selectors.quarters import hour_of_week, local_hours
from listening.services.summing import (
    THINGS,
    Key,
    Kind,
    Mistaken,
    Sums,
    add_to_totals,
    counted,
    insert_totals,
    recount,
    sums_of_hours,
    take_from_totals,
)
from sidetrack.jobs import enqueue
from sidetrack.models import User

logger = logging.getLogger(__name__)

LINE = 20_000
"""Canonical listens from which on a member has totals: about where a summary of all time takes 50 ms. They go again
below half of it, so that nobody at the line has them made and dropped by turns."""

_SET_ASIDE_FROM = 20
"""Of 20 plays one: taking 50,000 of a million out one thousand at a time takes five times as long as a recount."""


class Counted(NamedTuple):
    """A canonical listen, as far as it is counted."""

    artist_id: int
    album_id: int | None
    track_id: int
    started_at: datetime
    ms_played: int | None


def count_in(user_id: int, rows: Collection[Counted]) -> None:
    """These listens began to count: they were stored, or are no longer taken for another's record of a play.

    Call it in the transaction of that write, after it, with the member's row locked. A row counts exactly while it
    is no duplicate. Does nothing for members without totals.
    """
    zone = _zone_of(user_id) if rows else None
    if zone is not None:
        add_to_totals(user_id, _sums(rows, zone))
        _change_state(user_id, rows, 1)


def count_out(user_id: int, rows: Collection[Counted]) -> None:
    """These listens count no longer: they were deleted, or are taken for a record of another's play.

    Call it as `count_in`. When the totals never held them something is wrong with these, and not with the listens:
    they are dropped, and made anew by the job.
    """
    zone = _zone_of(user_id) if rows else None
    if zone is None:
        return
    try:
        take_from_totals(user_id, _sums(rows, zone))
    except Mistaken as mistake:
        logger.error("The totals of member %s were wrong (%s) and are made anew", user_id, mistake)
        drop_totals(user_id)
        _enqueue(user_id)
    else:
        _change_state(user_id, rows, -1)


def ask_for_totals(user_id: int) -> None:
    """Queue the making of totals where a member needs them and has none. Call it when many listens came or went."""
    if not TotalsState.objects.filter(user=user_id).exists() and _reaches(user_id, LINE):
        _enqueue(user_id)


def set_aside_totals(user_id: int, going: int) -> None:
    """Drop the totals of a member of whose plays so many are about to go that making them anew afterwards is less work.

    In the meantime the listens are read. The caller holds the transaction and the member's row, and asks for totals
    again in the end; the nightly search does where they cannot.
    """
    if TotalsState.objects.filter(user=user_id, plays__lt=going * _SET_ASIDE_FROM).exists():
        drop_totals(user_id)


def ask_for_all() -> int:
    """The same for every member; returns for how many."""
    standing = set(TotalsState.objects.values_list("user_id", flat=True))
    wanting = [pk for pk in User.objects.order_by("pk").values_list("pk", flat=True) if pk not in standing]
    return _ask_for(pk for pk in wanting if _reaches(pk, LINE))


def ask_for_changed() -> int:
    """Queue the work on totals that stand in a zone no longer the member's, or for too few plays; returns how many."""
    states = TotalsState.objects.filter(~Q(zone=F("user__time_zone")) | Q(plays__lt=LINE // 2))
    return _ask_for(states.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def build_totals(user_id: int, *, anew: bool = False) -> bool:
    """Make a member's totals what they should be: made where they are missing, their days and hours made anew in
    another zone, dropped where few listens are left. Returns whether they stand. `anew` trusts nothing that is there.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        return False
    state = TotalsState.objects.filter(user=user_id).first()
    if not _reaches(user_id, LINE // 2 if state else LINE):
        drop_totals(user_id)
        return False
    if state is not None and not anew:
        if state.zone != user.time_zone:
            _count_hours(user_id, user.zone)
            TotalsState.objects.filter(user=user_id).update(zone=user.time_zone)
        return True
    drop_totals(user_id)
    for kind in THINGS:
        insert_totals(user_id, kind)
    _count_hours(user_id, user.zone)
    sums = counted(user_id).aggregate(plays=Count("*"), ms=Sum("ms_played"), timed=Count("ms_played"))
    TotalsState.objects.create(user=user, zone=user.time_zone, **{**sums, "ms": sums["ms"] or 0})
    return True


def drop_totals(user_id: int) -> None:
    """Without totals the listens themselves are read. The caller holds the transaction and the member's row."""
    ListenTotal.objects.filter(user=user_id).delete()
    TotalsState.objects.filter(user=user_id).delete()


@transaction.atomic
def differences(user_id: int) -> list[str]:
    """How a member's totals differ from a recount, a sentence each; none where they are right, or do not stand."""
    User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    state = TotalsState.objects.filter(user=user_id).first()
    kept = _kept(user_id)
    if state is None:
        return [f"{kind} {item}: kept, but the totals do not stand" for kind, item in sorted(kept)]
    real = sums_of_hours(local_hours(counted(user_id), ZoneInfo(state.zone)))
    for kind in THINGS:
        real |= recount(user_id, kind)
    told = counted(user_id).aggregate(plays=Count("*"), ms=Sum("ms_played"), timed=Count("ms_played"))
    found = [
        f"{what}: {getattr(state, what)} kept, {number or 0} counted"
        for what, number in told.items()
        if getattr(state, what) != (number or 0)
    ]
    for key in sorted(kept.keys() | real.keys()):
        if kept.get(key) != real.get(key):
            found.append(f"{key[0]} {key[1]}: {_said(kept.get(key))} kept, {_said(real.get(key))} counted")
    return found


def _ask_for(ids: Iterable[int]) -> int:
    asked = 0
    for pk in ids:
        _enqueue(pk)
        asked += 1
    return asked


def _enqueue(user_id: int) -> None:
    enqueue("build_totals", {"user_id": user_id}, key=f"totals-{user_id}")


def _reaches(user_id: int, plays: int) -> bool:
    """Has a member so many listens that count? Reads no more of them."""
    return counted(user_id).order_by("-started_at", "-id")[plays - 1 : plays].exists()


def _zone_of(user_id: int) -> ZoneInfo | None:
    """The zone of a member's totals, None where none stand."""
    name = TotalsState.objects.filter(user=user_id).values_list("zone", flat=True).first()
    return ZoneInfo(name) if name else None


def _change_state(user_id: int, rows: Collection[Counted], sign: int) -> None:
    lengths = [row.ms_played for row in rows if row.ms_played is not None]
    TotalsState.objects.filter(user=user_id).update(
        plays=F("plays") + sign * len(rows), ms=F("ms") + sign * sum(lengths), timed=F("timed") + sign * len(lengths)
    )


def _count_hours(user_id: int, zone: ZoneInfo) -> None:
    ListenTotal.objects.filter(user=user_id, kind__in=[Kind.DAY, Kind.HOUR]).delete()
    add_to_totals(user_id, sums_of_hours(local_hours(counted(user_id), zone)))


def _sums(rows: Collection[Counted], zone: ZoneInfo) -> dict[Key, Sums]:
    sums: dict[Key, Sums] = {}
    for artist, album, track, at, ms in rows:
        local = at.astimezone(zone)
        day = local.toordinal()
        for key in ((Kind.ARTIST.value, artist), (Kind.ALBUM.value, album), (Kind.TRACK.value, track)):
            if key[1] is not None:
                sums.setdefault((key[0], key[1]), Sums()).add(1, ms, at)
        for key in ((Kind.DAY.value, day), (Kind.HOUR.value, hour_of_week(day, local.hour))):
            sums.setdefault(key, Sums()).add(1, ms)
    return sums


def _kept(user_id: int) -> dict[Key, Sums]:
    rows = ListenTotal.objects.filter(user=user_id).values_list("kind", "item", "plays", "ms", "first_at")
    return {(kind, item): Sums(plays, ms, first) for kind, item, plays, ms, first in rows.iterator()}


def _said(sums: Sums | None) -> str:
    if sums is None:
        return "nothing"
    first = f", first at {sums.first_at.isoformat()}" if sums.first_at else ""
    return f"{sums.plays} plays of {sums.ms} ms{first}"
