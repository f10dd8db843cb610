"""One play deleted by its member, and brought back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listening.selectors.sources import as_deleted_plays, deleted_records, play_or_404, records_of
from listening.services.forgetting import bring_back, forget_listen
from sidetrack.pages.doors import actor, person_door, signed_in, viewer

PER_PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def delete_play(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the play and ask; on POST delete it, and show how it is brought back."""
    if request.method == "POST":
        forget_listen(pk, by=actor(request))
        messages.success(request, "Deleted. You can bring it back from here for 30 days.")
        return redirect("plays-deleted")
    play = play_or_404(viewer(request), pk)
    return render(request, "listening/play_delete.html", {"play": play, "known": records_of(play)})


@require_safe
@never_cache
@person_door
def deleted_plays(request: HttpRequest) -> HttpResponse:
    """Plays of one's own that can still be brought back."""
    page = Paginator(deleted_records(signed_in(request)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "listening/plays_deleted.html", {"page": page, "plays": as_deleted_plays(list(page))})


@require_POST
@person_door
def bring_play_back(request: HttpRequest, pk: int) -> HttpResponse:
    bring_back(pk, by=actor(request))
    messages.success(request, "It is back, and counts again.")
    return redirect("plays-deleted")
