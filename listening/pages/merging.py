"""Pages of merging, for moderators: pairs that may be one, two side by side, what was merged, and undoing it."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listening.models import Merge
from listening.selectors import merges as shelf
from listening.services.lookalikes import bring_up_again, dismiss
from listening.services.merging import merge_entries, pair_of, preview, undo_merge
from sidetrack.errors import Conflict, NotFound
from sidetrack.pages.doors import View, actor, person_door
from sidetrack.text import clean_line

PER_PAGE = 20


def moderator_door(view: View) -> View:
    """Visitors sign in; for who does not moderate there is nothing here."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not actor(request).is_moderator:
            raise NotFound
        return view(request, *args, **kwargs)

    return person_door(inner)


@require_safe
@never_cache
@moderator_door
def merging(request: HttpRequest) -> HttpResponse:
    """Pairs that may be one, the likeliest first."""
    counts = shelf.open_counts()
    kind = request.GET.get("kind") or next((kind for kind, count in counts.items() if count), "album")
    shelf.model_of(kind)
    page = Paginator(shelf.open_pairs(kind), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "kind": kind,
        "counts": counts,
        "page": page,
        "pairs": shelf.shown(kind, list(page)),
        "dismissed": shelf.dismissed_pair(request.GET.get("dismissed", "")),
    }
    return render(request, "listening/merging.html", context)


@require_safe
@never_cache
@moderator_door
def merge_with(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Find the other one of a pair that nobody has noticed."""
    one = shelf.side(kind, pk)
    q = clean_line(request.GET.get("q", ""))[:100]
    found = [each for each in shelf.find(kind, q) if each.id != pk] if q else []
    context = {"kind": kind, "one": one, "q": q, "found": found}
    return render(request, "listening/merge_with.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@moderator_door
def merge_pair(request: HttpRequest, kind: str, loser: int, winner: int) -> HttpResponse:
    """Two side by side and what would happen; POST merges them."""
    shelf.model_of(kind)
    try:
        if request.method == "POST":
            return _merge(request, kind, loser, winner)
        return _compare(request, kind, loser, winner)
    except Conflict as refusal:
        if refusal.code == "alias":
            messages.warning(request, refusal.detail)
            return redirect("merging")
        return _compare(request, kind, loser, winner, refusal)


def _merge(request: HttpRequest, kind: str, loser: int, winner: int) -> HttpResponse:
    merge = merge_entries(
        kind,
        loser,
        winner,
        by=actor(request),
        reason=request.POST.get("reason", "")[:500],
        despite_warnings=request.POST.get("meant") == "on",
    )
    messages.success(request, f"{merge.loser_name} is part of {merge.winner_name} now.")
    return redirect("merge", merge.pk)


def _compare(request: HttpRequest, kind: str, loser: int, winner: int, refusal: Conflict | None = None) -> HttpResponse:
    context = {
        "kind": kind,
        "loser": shelf.side(kind, loser),
        "winner": shelf.side(kind, winner),
        "found": preview(pair_of(kind, loser, winner)),
        "noted": shelf.pair_between(kind, loser, winner),
        "refusal": refusal,
        "reason": request.POST.get("reason", "")[:500],
    }
    return render(request, "listening/merge_pair.html", context, status=refusal.status if refusal else 200)


@require_POST
@moderator_door
def not_the_same(request: HttpRequest, pk: int) -> HttpResponse:
    pair = dismiss(pk, by=actor(request))
    messages.success(request, "They will not be brought up again.")
    return redirect(f"{reverse('merging')}?kind={pair.kind}&dismissed={pair.pk}")


@require_POST
@moderator_door
def bring_up(request: HttpRequest, pk: int) -> HttpResponse:
    pair = bring_up_again(pk, by=actor(request))
    return redirect("merge-pair", pair.kind, pair.second_id, pair.first_id)


@require_safe
@never_cache
@moderator_door
def merge_history(request: HttpRequest) -> HttpResponse:
    """What was merged, and what was found not to be the same."""
    page = Paginator(shelf.merges(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "dismissed": shelf.dismissed_pairs(PER_PAGE)}
    return render(request, "listening/merge_history.html", context)


@require_safe
@never_cache
@moderator_door
def one_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the plays are; asked again every second while they move (the part alone by htmx)."""
    merge = shelf.merge_or_404(pk)
    context = {
        "merge": merge,
        "open": merge.state in (Merge.State.MOVING, Merge.State.UNDOING),
        "progress": shelf.progress(merge),
        "not_put_back": shelf.not_put_back(merge),
    }
    whole = request.headers.get("HX-Target") != "merge"
    return render(request, "listening/merge.html" if whole else "listening/_merge.html", context)


@require_POST
@moderator_door
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        merge = undo_merge(pk, by=actor(request), reason=request.POST.get("reason", "")[:500])
    except Conflict as refusal:
        messages.error(request, refusal.detail)
        return redirect("merge", pk)
    messages.success(request, f"{merge.loser_name} and {merge.winner_name} are two again.")
    return redirect("merge", pk)
