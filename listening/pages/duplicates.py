"""What was taken for the same play: a member's own, to look at and to correct."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from listening.selectors.duplicates import KEPT_SHOWN, kept_apart, taken_for_one
from listening.services import keeping_apart
from sidetrack.pages.doors import actor, person_door, signed_in

PER_PAGE = 30


@require_safe
@never_cache
@person_door
def duplicates(request: HttpRequest) -> HttpResponse:
    """Plays that several sources tell of, newest first, and what is kept apart."""
    before = request.GET.get("before", "")
    taken, after = taken_for_one(signed_in(request), PER_PAGE, before or None)
    apart = kept_apart(signed_in(request))
    undone = next((told for told in apart if str(told.id) == request.GET.get("apart")), None)
    context = {
        "taken": taken,
        "next": after,
        "before": before,
        "apart": apart,
        "apart_shown": KEPT_SHOWN,
        "undone": undone,
    }
    return render(request, "listening/duplicates.html", context)


@require_POST
@person_door
def keep_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """These were two plays."""
    keeping_apart.keep_apart(pk, by=actor(request))
    return _back(request, apart=str(pk))


@require_POST
@person_door
def take_together(request: HttpRequest, pk: int) -> HttpResponse:
    """They were one after all."""
    listen = keeping_apart.take_together(pk, by=actor(request))
    if listen.duplicate_of_id:
        messages.success(request, "Taken for one play again.")
    else:
        messages.success(request, "It is no longer kept apart, but no other source tells of this play now.")
    return _back(request)


def _back(request: HttpRequest, **query: str) -> HttpResponse:
    """To the page one came from."""
    if before := request.POST.get("before", ""):
        query["before"] = before[:200]
    return redirect(f"{reverse('duplicates')}{'?' if query else ''}{urlencode(query)}")
