"""The week page, and the writes that start on it: vote, rate, take a rating back.

A write that is refused shows the page again with what was typed and the reason; without JavaScript and
with it the same, htmx only swaps the page's main part in place.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from club.pages.doors import actor, door, member_door, page_number, viewer
from club.pages.forms import RatingForm, put_error
from club.pages.show import week_context
from club.selectors.ratings import own_rating
from club.selectors.state import read_week, week_or_404
from club.services.ratings import delete_rating, rate
from club.services.votes import cast_vote, withdraw_vote
from sidetrack.errors import Invalid, SidetrackError

TAKEN_BACK = "rating_taken_back"
"""In the session, until the week page is shown once more: the rating just deleted, so that it can be undone."""


@require_safe
@door
def week(request: HttpRequest, number: int) -> HttpResponse:
    return show_week(request, number)


def show_week(
    request: HttpRequest, number: int, *, form: RatingForm | None = None, refusal: str = "", status: int = 200
) -> HttpResponse:
    who = viewer(request)
    context = week_context(who, read_week(who, number=number), page=page_number(request), form=form)
    taken = request.session.pop(TAKEN_BACK, None) if TAKEN_BACK in request.session else None
    if taken and taken["week"] == number and form is None and not context["own_rating"]:
        context |= {"rating_form": RatingForm(initial=taken), "taken_back": True}
    wanted = request.GET.get("pitch", "")
    whole = next((row["id"] for row in context["week"]["nominations"] if str(row["id"]) == wanted), None)
    return render(request, "club/week.html", {**context, "refusal": refusal, "whole_pitch": whole}, status=status)


@require_POST
@member_door
def vote(request: HttpRequest, number: int) -> HttpResponse:
    """`vote` is "<nomination>:<rank>", or rank 0 to take the first choice back and 00 for the second."""
    found = week_or_404(viewer(request), number=number)
    try:
        nomination_id, rank = _choice(request.POST.get("vote", ""))
        if rank < 0:
            withdraw_vote(found, by=actor(request), rank=-rank)
            words = "Your vote is taken back."
        else:
            cast_vote(found, by=actor(request), rank=rank, nomination_id=nomination_id)
            words = "Your first choice is in." if rank == 1 else "Your second choice is in."
    except SidetrackError as error:
        return show_week(request, number, refusal=error.detail, status=error.status)
    messages.success(request, words)
    return _back(request, number)


@require_POST
@member_door
def rate_winner(request: HttpRequest, number: int) -> HttpResponse:
    found = week_or_404(viewer(request), number=number)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return show_week(request, number, form=form, status=400)
    try:
        _, created = rate(found, by=actor(request), **form.cleaned_data)
    except SidetrackError as error:
        put_error(form, error)
        return show_week(request, number, form=form, refusal=_if_unseen(found, error), status=error.status)
    messages.success(request, "Your rating is saved." if created else "Your rating is changed.")
    return _back(request, number)


@require_http_methods(["GET", "HEAD", "POST"])
@member_door
def unrate(request: HttpRequest, number: int) -> HttpResponse:
    """Say what would be lost; on POST, take the rating and review back, and leave them in the form to be undone."""
    found = week_or_404(viewer(request), number=number)
    own = own_rating(viewer(request), found)
    if request.method == "POST":
        delete_rating(found, by=actor(request))
        if own is not None and not own["hidden"]:
            kept = {name: own[name] for name in ("rating", "favorite_track", "review")}
            request.session[TAKEN_BACK] = {"week": number, **kept}
        messages.success(request, "Your rating is taken back.")
        return HttpResponseRedirect(reverse("week", args=[number]) + "#rate")
    if own is None:
        return HttpResponseRedirect(reverse("week", args=[number]))
    return render(request, "club/unrate.html", {"week": found, "own": own})


def _choice(text: str) -> tuple[int, int]:
    """(nomination, rank); a negative rank is one to take back."""
    nomination, _, rank = text.partition(":")
    ranks = {"1": 1, "2": 2, "0": -1, "00": -2}
    if not (nomination.isascii() and nomination.isdigit() and len(nomination) < 19) or rank not in ranks:
        raise Invalid("Choose an album of this week to vote for.", attr="vote")
    return int(nomination), ranks[rank]


def _if_unseen(found: Any, error: SidetrackError) -> str:
    """A week without a winner shows no rating form that could carry the message."""
    return "" if found.winner_album_id else error.detail


def _back(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """303-like: the page the form stood on; nothing but our own two pages is taken from the form."""
    return HttpResponseRedirect(
        reverse("home") if request.POST.get("back") == "home" else reverse("week", args=[number])
    )
