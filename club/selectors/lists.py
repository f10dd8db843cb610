"""Lists of weeks: the API's and the gallery of winners."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from club.histogram import average
from club.models import ExternalMessageRef, Nomination, Rating, Vote, Week
from club.phases import phase
from club.selectors.week import week_fields
from listening.folding import fold_text
from listening.selectors.albums import album_cards

Json = dict[str, Any]

ORDERINGS = ("number", "-number", "date_discussion", "-date_discussion", "created_at", "-created_at")
_LARGEST_NUMBER = 2**31 - 1
_NAMED_BY_NUMBER = re.compile(r"(?:week\s*|#)?0{0,9}([0-9]{1,10})", re.IGNORECASE)
"""12, week 12, #12, Week 012."""


def weeks(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    has_winner: bool | None = None,
    search: str = "",
    ordering: str = "-number",
) -> QuerySet[Week]:
    """Weeks by the date of their discussion (both ends included), winner and words, ready for `as_rows`.

    `search` looks for the number and for words of the label, the winner's title and its artist.
    `ordering` is one of ORDERINGS.
    """
    found = counted(Week.objects.all())
    if since is not None:
        found = found.filter(date_discussion__gte=since)
    if until is not None:
        found = found.filter(date_discussion__lte=until)
    if has_winner is not None:
        found = found.filter(winner_album__isnull=not has_winner)
    if search:
        found = found.filter(_matches(search))
    return found.order_by(ordering, "pk")


def gallery(*, search: str = "", year: int | None = None) -> QuerySet[Week]:
    """Weeks that have a winner, the newest first, by words and by the year of their discussion."""
    found = weeks(has_winner=True, search=search)
    return found if year is None else found.filter(date_discussion__year=year)


def gallery_years() -> list[int]:
    """Years in which there were winners, the newest first. One query."""
    dates = Week.objects.filter(winner_album__isnull=False).dates("date_discussion", "year", order="DESC")
    return [date.year for date in dates]


def _matches(search: str) -> Q:
    wanted = Q(label__icontains=search)
    named = _NAMED_BY_NUMBER.fullmatch(search.strip())
    if named and int(named[1]) <= _LARGEST_NUMBER:
        wanted |= Q(number=int(named[1]))
    words = fold_text(search).split()
    if words:
        album = Q()
        for word in words:
            album &= Q(winner_album__folded_title__contains=word) | Q(winner_album__folded_artist__contains=word)
        wanted |= album
    return wanted


def counted(rows: QuerySet[Week]) -> QuerySet[Week]:
    """The weeks with what `as_rows` needs beside their own fields."""
    nominations = Nomination.objects.filter(week=OuterRef("pk")).order_by().values("week")
    ratings = Rating.objects.filter(week=OuterRef("pk"), album=OuterRef("winner_album")).order_by().values("week")
    return rows.annotate(
        nominations_count=_number(nominations.annotate(found=Count("pk"))),
        has_votes=Exists(Vote.objects.filter(week=OuterRef("pk"))),
        ratings_count=_number(ratings.annotate(found=Count("pk"))),
        ratings_sum=_number(ratings.annotate(found=Sum("halves"))),
    )


def _number(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.values("found"), output_field=IntegerField()), 0)


def as_rows(rows: Iterable[Week], now: datetime | None = None) -> list[Json]:
    """The Week of the API for each of `counted` weeks, in their order: two queries however many.

    Beside its fields: `nominations_count`, `ratings_count` and `average_rating` ("3.87" or None) of
    the current winner.
    """
    found = list(rows)
    now = now or timezone.now()
    cards = album_cards({week.winner_album_id for week in found if week.winner_album_id})
    places = _places([week.pk for week in found])
    return [_row(week, now, cards, places.get(week.pk, {})) for week in found]


def _row(week: Any, now: datetime, cards: dict[int, Any], external: dict[str, str]) -> Json:
    card = cards.get(week.winner_album_id)
    at = phase(
        now=now,
        date_discussion=week.date_discussion,
        nominations_close_at=week.nominations_close_at,
        votes_close_at=week.votes_close_at,
        poll_closed_at=week.poll_closed_at,
        has_nominations=week.nominations_count > 0,
        has_votes=week.has_votes,
        has_winner=week.winner_album_id is not None,
        discussion_days=settings.CLUB_DISCUSSION_DAYS,
    )
    return {
        **week_fields(week, str(at), card.as_json() if card else None, external),
        "nominations_count": week.nominations_count,
        "ratings_count": week.ratings_count,
        "average_rating": average(week.ratings_sum, week.ratings_count),
    }


def _places(ids: list[int]) -> dict[int, dict[str, str]]:
    places: dict[int, dict[str, str]] = {}
    refs = ExternalMessageRef.objects.filter(week__in=ids).order_by("pk").values_list("week_id", "kind", "external_id")
    for week_id, kind, external_id in refs:
        places.setdefault(week_id or 0, {})[f"{kind}_id"] = external_id
    return places
