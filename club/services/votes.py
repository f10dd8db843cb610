"""Ballots: set, move and take back a member's two ranked votes while the poll is open."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from club.models import Nomination, Vote, Week
from club.services.rules import locked, must_take_votes, touch
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotAllowed


@transaction.atomic
def cast_vote(
    week: Week, *, by: Actor, rank: int, nomination_id: int | None = None, album: AlbumRef | None = None
) -> tuple[Vote, bool]:
    """Give the rank to a nomination (named by id, or by its album); returns the vote and whether it is new.

    A nomination holds at most one of a voter's ranks: giving it the other one moves it there. The
    nomination that had this rank before loses it.
    """
    voter = by.must_be_member()
    if rank not in (1, 2):
        raise Invalid("A vote has rank 1 or 2.", attr="rank", code="invalid_choice")
    week = locked(week)
    must_take_votes(week, timezone.now())
    nomination = _named(week, nomination_id, album, by)
    if nomination.user_id == voter.pk and not settings.CLUB_VOTE_OWN:
        raise NotAllowed("In this club nobody votes for their own nomination.", code="own_nomination")
    standing = Vote.objects.filter(week=week, user=voter, rank=rank).first()
    if standing is not None and standing.nomination_id == nomination.pk:
        return standing, False
    Vote.objects.filter(week=week, user=voter, nomination=nomination).delete()
    if standing is not None:
        standing.nomination = nomination
        standing.save(update_fields=["nomination", "updated_at"])
    vote = standing or Vote.objects.create(week=week, user=voter, nomination=nomination, rank=rank)
    touch(week)
    return vote, standing is None


@transaction.atomic
def withdraw_vote(week: Week, *, by: Actor, rank: int) -> bool:
    """Take the vote of this rank back; False where there was none."""
    voter = by.must_be_member()
    if rank not in (1, 2):
        raise Invalid("A vote has rank 1 or 2.", attr="rank", code="invalid_choice")
    week = locked(week)
    must_take_votes(week, timezone.now())
    gone, _ = Vote.objects.filter(week=week, user=voter, rank=rank).delete()
    if gone:
        touch(week)
    return bool(gone)


def _named(week: Week, nomination_id: int | None, album: AlbumRef | None, by: Actor) -> Nomination:
    """The nomination meant; of several of one album, the earliest."""
    if (nomination_id is None) == (album is None):
        raise Invalid("Name the nomination by nomination_id or by album.", attr="nomination_id", code="required")
    found = Nomination.objects.filter(week=week)
    if album is None:
        nomination, attr = found.filter(pk=nomination_id or 0).first(), "nomination_id"
    else:  # an album made here, in vain, goes with the transaction
        known, _ = ensure_album(album, by=by, source="vote")
        nomination, attr = found.filter(album=known).order_by("created_at", "pk").first(), "album"
    if nomination is None:
        raise Invalid("This week has no such nomination.", attr=attr, code="does_not_exist")
    return nomination
