"""The GET answers of the club, called by the views in this folder.

Hot answers are bytes from club/cache.py under an ETag made of the week's fingerprint: a client that
sends it back gets 304 after one query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from club.api.params import choice, flag, moment, words
from club.api.shapes import (
    NominationPage,
    NominationShown,
    RatingPage,
    RatingsSummary,
    VotesSummary,
    WeekDetail,
    WeekPage,
)
from club.cache import render, week_detail_bytes, with_own
from club.halves import shown
from club.histogram import ratings_summary as summed
from club.selectors import lists
from club.selectors.ratings import ratings_of
from club.selectors.state import WeekState, must_see_club, read_week
from club.selectors.week import Json, own_ballot, poll_summary, week_detail
from sidetrack.api.auth import viewer
from sidetrack.api.paging import Pages
from sidetrack.api.schema import PAGE_PARAMETERS
from sidetrack.models import ServiceToken, User

__all__ = ["NominationShown", "WeekDetail"]

_FILTERS = [
    OpenApiParameter("from", str, description="Discussed on this day or time, or later."),
    OpenApiParameter("to", str, description="Discussed on this day or time, or earlier."),
    OpenApiParameter("has_winner", bool),
    OpenApiParameter("search", str, description="Number, words of the label, the winner's title or artist."),
    OpenApiParameter("ordering", str, enum=lists.ORDERINGS, description="-number where it is not given."),
]
weeks_schema = extend_schema(
    operation_id="club_weeks_list",
    summary="Weeks, the newest first",
    parameters=[*_FILTERS, *PAGE_PARAMETERS],
    responses=WeekPage,
)
week_schema = extend_schema(
    operation_id="club_weeks_retrieve",
    summary="A week with its nominations, poll and ratings in numbers",
    description="Answers with an ETag; sent back as If-None-Match it gets 304 while nothing has changed.",
    responses=WeekDetail,
)
nominations_schema = extend_schema(
    operation_id="club_nominations_list",
    summary="Nominations of a week, the earliest first",
    parameters=PAGE_PARAMETERS,
    responses=NominationPage,
)
votes_summary_schema = extend_schema(
    operation_id="club_votes_summary", summary="The poll in numbers, best first", responses=VotesSummary
)
ratings_schema = extend_schema(
    operation_id="club_ratings_list",
    summary="Ratings and reviews of the winner, as far as the one who asks may read them",
    parameters=[OpenApiParameter("anonymize", bool, description="true takes all names away."), *PAGE_PARAMETERS],
    responses=RatingPage,
)
ratings_summary_schema = extend_schema(
    operation_id="club_ratings_summary", summary="Average and distribution of the ratings", responses=RatingsSummary
)


def weeks(request: Request) -> HttpResponse:
    must_see_club(viewer(request), client=is_client(request))
    found = lists.weeks(
        since=moment(request, "from"),
        until=moment(request, "to", end_of_day=True),
        has_winner=flag(request, "has_winner"),
        search=words(request, "search"),
        ordering=choice(request, "ordering", lists.ORDERINGS, "-number"),
    )
    return _page(request, found, lists.as_rows)


def week(request: Request, pk: int) -> HttpResponse:
    state = _state(request, pk)
    own = _own(viewer(request), state)
    if own is None:
        return _conditional(request, state, lambda: week_detail_bytes(state))
    return _conditional(request, state, lambda: with_own(week_detail_bytes(state), {"own": own}))


def nominations(request: Request, pk: int) -> HttpResponse:
    detail = week_detail(_state(request, pk))
    return _page(request, detail["nominations"])


def votes_summary(request: Request, pk: int) -> HttpResponse:
    state = _state(request, pk)
    return _conditional(request, state, lambda: render(poll_summary(state)))


def ratings(request: Request, pk: int) -> HttpResponse:
    anonymize = flag(request, "anonymize") or False
    state = _state(request, pk)
    rows = ratings_of(state.week, viewer(request), anonymize=anonymize, client=is_client(request))
    return _page(request, rows)


def ratings_summary(request: Request, pk: int) -> HttpResponse:
    state = _state(request, pk)
    return _conditional(request, state, lambda: render(summed(state.marks.values())))


def is_client(request: Request) -> bool:
    """A service client of the club: it reads what a member reads."""
    return isinstance(request.auth, ServiceToken) and "club:write" in request.auth.scopes


def _state(request: Request, pk: int) -> WeekState:
    return read_week(viewer(request), pk, client=is_client(request))


def _own(person: User | None, state: WeekState) -> Json | None:
    """The member's own votes and rating, which the voter alone may read."""
    if person is None:
        return None
    ballot, halves = own_ballot(person, state), state.marks.get(person.pk)
    return {
        "first_choice": ballot.get(1),
        "second_choice": ballot.get(2),
        "rating": shown(halves) if halves else None,
    }


def _conditional(request: Request, state: WeekState, body: Callable[[], bytes]) -> HttpResponse:
    """200 with an ETag, or 304 where the client holds what it names."""
    person = viewer(request)
    etag = f'"{state.fingerprint}-{person.pk if person else 0}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(body(), content_type="application/json")
        answer["ETag"] = etag
    return _private(answer)


def _page(request: Request, rows: Any, as_rows: Callable[[list[Any]], list[Json]] = list) -> HttpResponse:
    pages = Pages()
    page: list[Any] = pages.paginate_queryset(rows, request) or []
    return _private(pages.get_paginated_response(as_rows(page)))


def _private(answer: Any) -> HttpResponse:
    """Kept by the client alone and asked for anew each time: what is answered depends on who asks."""
    answer["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Cookie", "Authorization"])
    response: HttpResponse = answer
    return response
