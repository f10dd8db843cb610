"""What the club does when two albums become one: nominations, winners and ratings follow, and nothing is orphaned."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from club.models import Nomination, Rating, Week
from listening.models import MergeChange
from listening.services.journal import Journal, move_rows
from listening.services.merge_handlers import Findings, Handler, Pair
from sidetrack.models import User


def weeks_of(pair: Pair) -> QuerySet[Week]:
    """The weeks in which one of the two was nominated, won or was rated."""
    if pair.kind != "album":
        return Week.objects.none()
    ids = pair.ids
    return Week.objects.filter(
        Q(winner_album__in=ids)
        | Q(pk__in=Nomination.objects.filter(album__in=ids).values("week"))
        | Q(pk__in=Rating.objects.filter(album__in=ids).values("week"))
    )


def preview(pair: Pair) -> Findings:
    found = Findings()
    if pair.kind != "album":
        return found
    for what, model, field in (
        ("nominations", Nomination, "album"),
        ("weeks won", Week, "winner_album"),
        ("ratings", Rating, "album"),
    ):
        found.counts.append(_count(what, model, field, pair))
    found.conflicts += _conflicts(pair)
    if twice := len(_rated_twice(pair)):
        found.will.append(
            f"{twice} rating{'s' if twice > 1 else ''}: a member rated both in one week. The rating of that week's "
            "winner stays, else the later one; the other is kept for the day you undo this."
        )
    if again := _count_again(pair):
        found.will.append(
            f"{again} rating{'s' if again > 1 else ''} given to a winner that was overridden count again."
        )
    return found


def apply(pair: Pair, journal: Journal) -> None:
    if pair.kind != "album":
        return
    for dropped in _rated_twice(pair):
        journal.drop(dropped)
    for model, field in ((Week, "winner_album"), (Nomination, "album"), (Rating, "album")):
        move_rows(journal, model, field, *pair.ids)


def after(pair: Pair) -> None:
    """Answers cached under the weeks' versions are stale."""
    weeks_of(pair).update(version=F("version") + 1)


def set_aside(person: User) -> QuerySet[MergeChange]:
    """Ratings of a person that merges set aside, and those that were brought back."""
    return MergeChange.objects.filter(model=Rating._meta.label_lower, dropped__user_id=person.pk)


def forget_set_aside(person: User) -> int:
    """An undo does not bring them back once the person's words are gone."""
    return set_aside(person).delete()[0]


def _conflicts(pair: Pair) -> list[str]:
    both = Week.objects.filter(nominations__album=pair.loser.pk).filter(nominations__album=pair.winner.pk).distinct()
    found = [
        f"Both are nominated in week {week.number}, whose poll is open. Merge them when it is closed, or withdraw one "
        "of the nominations first."
        for week in both.filter(poll_closed_at=None).order_by("number")
    ]
    twice = (
        Nomination.objects.filter(album__in=pair.ids, week__poll_closed_at__isnull=False)
        .order_by("week__number")
        .values("week__number", "user_id")
        .annotate(many=Count("pk"))
        .filter(many__gt=1)
    )
    return found + [
        f"One member nominated both in week {row['week__number']}, and one nomination cannot swallow another's votes."
        for row in twice
    ]


def _rated_twice(pair: Pair) -> list[Rating]:
    """Of two ratings of one member in one week, the one that goes: the week's winner's stays, else the later."""
    ratings: dict[tuple[int, int], list[Rating]] = defaultdict(list)
    for rating in Rating.objects.filter(album__in=pair.ids).select_related("week").order_by("pk"):
        ratings[rating.user_id, rating.week_id].append(rating)
    return [min(both, key=_worth) for both in ratings.values() if len(both) > 1]


def _worth(rating: Rating) -> tuple[Any, ...]:
    return rating.week.winner_album_id == rating.album_id, rating.updated_at, rating.pk


def _count_again(pair: Pair) -> int:
    """Ratings of the one in weeks that the other won, by members who have not rated that."""
    loser, winner = pair.ids
    crossed = Rating.objects.filter(
        Q(album=loser, week__winner_album=winner) | Q(album=winner, week__winner_album=loser)
    )
    return crossed.count() - sum(
        rating.week.winner_album_id in pair.ids and rating.week.winner_album_id != rating.album_id
        for rating in _rated_twice(pair)
    )


def _count(what: str, model: Any, field: str, pair: Pair) -> tuple[str, int, int]:
    rows = model.objects.filter(**{f"{field}__in": pair.ids}).order_by().values_list(field).annotate(many=Count("pk"))
    many = dict(rows)
    return what, many.get(pair.loser.pk, 0), many.get(pair.winner.pk, 0)


HANDLER = Handler(
    app="club",
    covers=("club.week.winner_album", "club.nomination.album", "club.rating.album"),
    preview=preview,
    apply=apply,
    rows=weeks_of,
    after=after,
)
