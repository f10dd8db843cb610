"""What the home and week pages hand to their templates: the week, and what its viewer can do with it."""

from __future__ import annotations

import json
from typing import Any

from club.cache import week_detail_bytes
from club.pages.forms import RatingForm
from club.phases import Phase, takes_nominations
from club.selectors.listening import week_listening
from club.selectors.ratings import own_among, ratings_of
from club.selectors.state import WeekState
from club.selectors.week import own_ballot
from sidetrack.models import User

Json = dict[str, Any]

REVIEWS_PER_PAGE = 20
REVIEW_BYTES = 24_000
"""Text of reviews on one page, so that it stays light whatever people write."""


def week_context(viewer: User | None, state: WeekState, *, page: int = 1, form: RatingForm | None = None) -> Json:
    """`week` (a week detail), who may do what, the viewer's own ballot and rating, and a page of reviews."""
    detail: Json = json.loads(week_detail_bytes(state))
    if not state.poll_open:
        detail["nominations"].sort(key=lambda row: (not row["is_winner"], row["position"]))
    member = viewer is not None and viewer.is_member
    ratings = ratings_of(state.week, viewer)
    own = own_among(ratings)
    ballot = own_ballot(viewer, state)
    return {
        "week": detail,
        "fingerprint": state.fingerprint,  # what all viewers share is kept under it, here and in templates
        "poll_open": state.poll_open,
        "can_vote": member and state.poll_open,
        "can_nominate": member and can_nominate(state),
        "can_rate": member and state.week.winner_album_id is not None,
        "nominator_pk": _nominator(viewer, detail),
        "first_choice": ballot.get(1),
        "second_choice": ballot.get(2),
        "winning": next(
            (row for row in detail["nominations"] if row["id"] == detail["poll"]["winner_nomination_id"]), None
        ),
        "listening": week_listening(viewer, state, detail),
        "own_rating": own,
        "rating_form": form or RatingForm(initial=own),
        **_shelf(_worth_reading(ratings), page),
    }


def _nominator(viewer: User | None, detail: Json) -> int | None:
    """The viewer's id if they nominated here, so that pieces of the page are alike for all who did not."""
    mine = viewer is not None and any(row["nominator"]["id"] == viewer.pk for row in detail["nominations"])
    return viewer.pk if viewer is not None and mine else None


def can_nominate(state: WeekState) -> bool:
    week = state.week
    return state.phase in (Phase.NOMINATING, Phase.VOTING) and takes_nominations(
        now=state.now,
        nominations_close_at=week.nominations_close_at,
        votes_close_at=week.votes_close_at,
        poll_closed_at=week.poll_closed_at,
    )


def shelves(reviews: list[Json]) -> list[list[Json]]:
    """Reviews in pages: at most REVIEWS_PER_PAGE and about REVIEW_BYTES each, in order."""
    pages: list[list[Json]] = [[]]
    size = 0
    for review in reviews:
        weight = len(review["review"].encode())
        if pages[-1] and (size + weight > REVIEW_BYTES or len(pages[-1]) == REVIEWS_PER_PAGE):
            pages.append([])
            size = 0
        pages[-1].append(review)
        size += weight
    return pages


def _worth_reading(ratings: list[Json]) -> list[Json]:
    """Those with words, reviews before bare favourites."""
    return [row for row in ratings if row["review"]] + [
        row for row in ratings if row["favorite_track"] and not row["review"]
    ]


def _shelf(reviews: list[Json], page: int) -> Json:
    pages = shelves(reviews)
    at = min(page, len(pages))
    return {
        "reviews": pages[at - 1],
        "review_count": len(reviews),
        "newer": at - 1 if at > 1 else None,
        "older": at + 1 if at < len(pages) else None,
    }
