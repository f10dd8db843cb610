"""Ratings and reviews of a week's winner, as far as the one who looks may read them.

| who looks | name | review |
|---|---|---|
| the author | own | whole, also while it is hidden |
| member | full, or "A member" where the author hides it | whole |
| visitor, also somebody signed in but not admitted | first name, or "A member" | cut |
| anybody | | nothing of what a moderator hid |

What bears no name carries no id and no time either and stands after the rest in an order of its own,
so that nothing says whose it is.
"""

from __future__ import annotations

from typing import Any

from django.utils.crypto import salted_hmac

from club.halves import shown
from club.models import Rating, Week
from club.selectors.names import FORMER, HIDDEN, cut, first_name, full_name, is_former
from sidetrack.models import User

Json = dict[str, Any]

_FIELDS = (
    "pk",
    "user_id",
    "user__display_name",
    "user__username",
    "user__status",
    "user__is_active",
    "user__hide_name_on_reviews",
    "halves",
    "favorite_track",
    "review",
    "hidden_at",
    "created_at",
    "updated_at",
)


def ratings_of(week: Week, viewer: User | None, *, anonymize: bool = False, client: bool = False) -> list[Json]:
    """The ratings of the current winner that `viewer` may read, oldest first, nameless ones last. One query.

    Each `{"id", "user": {"id", "name"}, "anonymous", "rating": "4.5", "favorite_track", "review",
    "review_cut", "own", "hidden", "created_at", "updated_at"}`. `anonymize` takes all names away;
    `client`: a service client of the club reads like a member.
    """
    if week.winner_album_id is None:
        return []
    rows = Rating.objects.filter(week=week, album_id=week.winner_album_id).order_by("created_at", "pk").values(*_FIELDS)
    look = _Look(viewer, anonymize, client)
    read = [(look.is_nameless(row), row) for row in rows if look.may_read(row)]
    named = [look.as_json(row, nameless) for nameless, row in read if not nameless]
    rest = sorted((row for nameless, row in read if nameless), key=_order_of_the_nameless)
    return named + [look.as_json(row, True) for row in rest]


def own_rating(viewer: User | None, week: Week) -> Json | None:
    """The viewer's own rating of the current winner, in the shape of `ratings_of`. One query."""
    if viewer is None or week.winner_album_id is None:
        return None
    row = Rating.objects.filter(week=week, album_id=week.winner_album_id, user=viewer).values(*_FIELDS).first()
    return _Look(viewer, anonymize=False, client=False).as_json(row, nameless=False) if row else None


def own_among(ratings: list[Json]) -> Json | None:
    """The viewer's own among `ratings_of`, without a further query."""
    return next((rating for rating in ratings if rating["own"]), None)


def _order_of_the_nameless(row: Json) -> str:
    return salted_hmac("club.ratings.order", str(row["pk"])).hexdigest()


class _Look:
    """One viewer's reading of rating rows."""

    def __init__(self, viewer: User | None, anonymize: bool, client: bool) -> None:
        self.pk = viewer.pk if viewer else None
        self.is_member = client or (viewer is not None and viewer.is_member)
        self.is_moderator = viewer is not None and viewer.is_moderator
        self.anonymize = anonymize

    def is_own(self, row: Json) -> bool:
        return self.pk is not None and row["user_id"] == self.pk

    def may_read(self, row: Json) -> bool:
        return row["hidden_at"] is None or self.is_own(row)

    def is_nameless(self, row: Json) -> bool:
        return self.anonymize or bool(row["user__hide_name_on_reviews"])

    def as_json(self, row: Json, nameless: bool) -> Json:
        own = self.is_own(row)
        review = row["review"] if self.is_member or own else cut(row["review"])
        return {
            # A moderator needs the id to hide it.
            "id": row["pk"] if own or self.is_moderator or not nameless else None,
            "user": self._author(row, nameless and not own),
            "anonymous": nameless,
            "rating": shown(row["halves"]),
            "favorite_track": row["favorite_track"],
            "review": review,
            "review_cut": review != row["review"],
            "own": own,
            "hidden": row["hidden_at"] is not None,
            "created_at": row["created_at"] if own or not nameless else None,
            "updated_at": row["updated_at"] if own or not nameless else None,
        }

    def _author(self, row: Json, nameless: bool) -> Json:
        if nameless:
            return {"id": None, "name": HIDDEN}
        if self.is_own(row):
            return {"id": row["user_id"], "name": full_name(row)}
        if is_former(row):
            return {"id": None, "name": FORMER}
        return {"id": row["user_id"], "name": full_name(row)} if self.is_member else self._to_visitor(row)

    def _to_visitor(self, row: Json) -> Json:
        return {"id": None, "name": first_name(row)}
