"""Put an album forward, change what was said for it, take it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from club.models import Nomination, Week
from club.pages.doors import actor, asked, member_door, viewer
from club.pages.forms import FOUND, NominationForm, WithdrawForm, put_error
from club.pages.search import looked_further
from club.pages.show import can_nominate
from club.selectors.state import read_week, week_or_404
from club.services.nominations import Nominated, nominate, withdraw_nomination
from listening.elsewhere import ElsewhereAlbum
from listening.selectors.albums import AlbumCard, album_cards, search_albums
from listening.services.handing import take_back
from sidetrack.errors import NotAllowed, NotFound, SidetrackError, Throttled
from sidetrack.services.limits import limit_search

FIELDS = {
    "album.title": "title",
    "album.artist": "artist",
    "album.year": "year",
    "album.url": "url",
    "tags.genres": "genres",
    "tags.decade": "decade",
    "tags.country": "country",
}
"""The service's names of what this form calls otherwise."""
CHOICES = 8


@require_http_methods(["GET", "HEAD", "POST"])
@member_door
def nominate_album(request: HttpRequest, number: int) -> HttpResponse:
    week = week_or_404(viewer(request), number=number)
    if request.method != "POST":
        if not can_nominate(read_week(viewer(request), number=number)):
            return render(request, "club/too_late.html", {"week": week})
        return _page(request, week, _started(request, week))
    form = NominationForm(request.POST)
    if not form.is_valid():
        return _page(request, week, form, 400)
    try:
        done = _nominate(request, week, form)
    except SidetrackError as error:
        put_error(form, error, FIELDS)
        return _page(request, week, form, error.status)
    _say(request, done)
    return HttpResponseRedirect(f"{reverse('week', args=[number])}#nomination-{done.nomination.pk}")


@require_safe
@member_door
def album_choices(request: HttpRequest, number: int) -> HttpResponse:
    """The fragment of the search-as-you-type: albums of our catalogue to choose from."""
    week = week_or_404(viewer(request), number=number)
    try:
        return render(request, "club/_choices.html", {"week": week, "q": asked(request), **_found(request)})
    except Throttled as slow:
        return render(request, "club/_choices.html", {"slow": slow.detail}, status=slow.status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_door
def withdraw(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Say what would be lost; on POST with the word typed, withdraw the nomination."""
    week = week_or_404(viewer(request), number=number)
    nomination = Nomination.objects.select_related("album", "user").filter(week=week, pk=pk).first()
    if nomination is None:
        raise NotFound
    if nomination.user_id != request.user.pk and not actor(request).is_moderator:
        raise NotAllowed("Only the nominator or a moderator may withdraw a nomination.")
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        votes = nomination.votes.count()
        context = {"week": week, "nomination": nomination, "votes": votes, "form": form}
        return render(request, "club/withdraw.html", context, status=400 if form.errors else 200)
    withdraw_nomination(week, pk, by=actor(request))
    messages.success(request, f"{nomination.album.title} is withdrawn.")
    return HttpResponseRedirect(reverse("week", args=[number]))


def _nominate(request: HttpRequest, week: Week, form: NominationForm) -> Nominated:
    data = form.cleaned_data
    return nominate(
        week,
        by=actor(request),
        album=form.ref(),
        pitch=data["pitch"],
        pitch_track_url=data["pitch_track_url"],
        tags=form.tags(),
    )


def _say(request: HttpRequest, done: Nominated) -> None:
    title = done.nomination.album.title
    messages.success(request, f"{title} is on the wall." if done.created else f"Your nomination of {title} is changed.")
    for notice in done.warnings:
        messages.warning(request, notice.detail)


def _started(request: HttpRequest, week: Week) -> NominationForm:
    """A form as it begins: empty, for one album, or with what the member said for it before."""
    chosen = _id(request.GET.get("album", ""))
    own = Nomination.objects.filter(week=week, user=request.user.pk, album=chosen).first() if chosen else None
    if own is None:
        return NominationForm(initial={"album": chosen or ""})
    tags = {**own.tags, "genres": ", ".join(own.tags.get("genres", []))}
    return NominationForm(initial={"album": chosen, "pitch": own.pitch, "pitch_track_url": own.pitch_track_url, **tags})


def _page(request: HttpRequest, week: Week, form: NominationForm, status: int = 200) -> HttpResponse:
    value = str(form["album"].value() or "")
    context: dict[str, Any] = {
        "week": week,
        "form": form,
        "q": asked(request),
        "chosen": _chosen(value),
        "chosen_value": value,
    }
    try:
        context.update(_found(request))
    except Throttled as slow:
        context["slow"], status = slow.detail, slow.status
    return render(request, "club/nominate.html", context, status=status)


def _chosen(value: str) -> AlbumCard | ElsewhereAlbum | None:
    """The album that a value of the form names."""
    if value.startswith(FOUND):
        return take_back(value.removeprefix(FOUND))
    pk = _id(value)
    return album_cards([pk]).get(pk) if pk else None


def _found(request: HttpRequest) -> dict[str, Any]:
    """Albums to choose from: ours, and those of other catalogues where somebody looks further."""
    query = asked(request)
    if not query:
        return {"choices": []}
    limit_search(request)
    further = looked_further(request, query, CHOICES)
    return {"choices": further.here if further else search_albums(query, CHOICES), "further": further}


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
