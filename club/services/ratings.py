"""Ratings and reviews of a week's winner, and hiding what a review should not have said."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from club.halves import halves_of, shown
from club.models import Rating, Week
from club.services.rules import locked, touch
from listening.models import Album
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.text import checked_line, checked_text


@transaction.atomic
def rate(
    week: Week, *, by: Actor, rating: object, favorite_track: str | None = None, review: str | None = None
) -> tuple[Rating, bool]:
    """The actor's rating of the current winner, and whether it is new. Posting again changes it.

    `rating` is 1.0 to 5.0 in halves, as text or number. None leaves track or review as they are.
    A review that was hidden stays hidden, whatever it is changed to.
    """
    member = by.must_be_member()
    wanted: dict[str, Any] = {"halves": halves_of(rating)}
    if favorite_track is not None:
        wanted["favorite_track"] = checked_line(favorite_track, "favorite_track", 300, required=False)
    if review is not None:
        wanted["review"] = checked_text(review, "review", 10_000)
    week = locked(week)
    album = _winner(week)
    standing = Rating.objects.filter(week=week, user=member, album=album).first()
    if standing is None:
        created = Rating.objects.create(week=week, user=member, album=album, **wanted)
        touch(week)
        return created, True
    new = {key: value for key, value in wanted.items() if getattr(standing, key) != value}
    if new:
        for key, value in new.items():
            setattr(standing, key, value)
        standing.save(update_fields=[*new, "updated_at"])
        touch(week)
    return standing, False


@transaction.atomic
def delete_rating(week: Week, *, by: Actor) -> bool:
    """The actor takes their rating and review of the current winner back; False where there was none.

    Not while a moderator hides the review: posting it anew would undo that.
    """
    member = by.must_be_member()
    week = locked(week)
    standing = Rating.objects.filter(week=week, user=member, album=week.winner_album_id).first()
    if standing is None:
        return False
    if standing.hidden_at is not None:
        raise Conflict("A moderator has hidden this review; ask them before you delete it.", code="hidden")
    before = {"rating": shown(standing.halves), "album": str(standing.album), "week": str(week)}
    audit.record("rating.delete", standing, by=by, subject=member, before=before)
    standing.delete()
    touch(week)
    return True


def hide_review(rating_id: int, *, by: Actor, reason: str = "") -> Rating:
    """Take a review out of sight; its number still counts. Hidden already, it stays as it is."""
    return _set_hidden(rating_id, True, by=by, reason=reason)


def restore_review(rating_id: int, *, by: Actor, reason: str = "") -> Rating:
    """Show a hidden review again."""
    return _set_hidden(rating_id, False, by=by, reason=reason)


@transaction.atomic
def _set_hidden(rating_id: int, hide: bool, *, by: Actor, reason: str) -> Rating:
    by.must_moderate()
    reason = checked_line(reason, "reason", 500, required=False)
    rating = _rating(rating_id)
    week = locked(rating.week)
    rating = _rating(rating_id)
    if (rating.hidden_at is not None) == hide:
        return rating
    before = {"hidden": not hide, "review": rating.review, "favorite_track": rating.favorite_track}
    rating.hidden_at = timezone.now() if hide else None
    rating.save(update_fields=["hidden_at", "updated_at"])
    touch(week)
    verb = "review.hide" if hide else "review.restore"
    audit.record(verb, rating, by=by, reason=reason, subject=rating.user, before=before, after={"hidden": hide})
    return rating


def _rating(rating_id: int) -> Rating:
    rating = Rating.objects.select_related("week", "user").filter(pk=rating_id).first()
    if rating is None:
        raise NotFound("There is no such review here.")
    return rating


def _winner(week: Week) -> Album:
    if week.winner_album is None:
        raise Conflict("This week has no winner to rate yet.", code="no_winner")
    return week.winner_album
