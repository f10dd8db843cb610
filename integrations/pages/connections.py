"""A member's accounts elsewhere: what is connected and how it fares, connecting more, and disconnecting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.forms import LastfmNameForm, ListenBrainzTokenForm, UnlinkForm
from integrations.scopes import ASKS
from integrations.selectors.connections import Card, card_of, cards_of
from integrations.services.linking import link_lastfm_name, link_listenbrainz
from integrations.services.unlinking import NO_WAY_IN, always_deletes, leaves_a_way_in, unlink, what_goes
from integrations.signin.lastfm import begin_lastfm
from integrations.signin.oauth import begin_linking
from integrations.signin.refusing import away_from_home, is_at_home
from sidetrack.errors import Conflict, NotFound, SidetrackError
from sidetrack.pages.doors import actor, person_door, signed_in
from sidetrack.services.limits import limit_linking


@require_safe
@never_cache
@person_door
def connections(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    """The cards. A refused form comes back in its card, with what was typed (but no token)."""
    context: dict[str, Any] = {
        "cards": cards_of(signed_in(request)),
        "lastfm_name": LastfmNameForm(),
        "listenbrainz_token": ListenBrainzTokenForm(),
        **forms_,
    }
    return render(request, "integrations/connections.html", context, status=status)


@require_POST
@never_cache
@person_door
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """Off to the provider: for what is granted already and what the pressed button names."""
    card = _card_or_404(request, provider)
    if provider not in (*ASKS, "lastfm"):
        raise NotFound("There is no such way to connect.")
    limit_linking(request)
    if not card.set_up:
        raise Conflict(f"{card.label} is not set up on this site. Tell a moderator.", code="not_set_up")
    if not is_at_home(request):
        return away_from_home(request, provider)
    if provider == "lastfm":
        return begin_lastfm(request)
    return begin_linking(request, provider, request.POST.getlist("ask"))


@require_POST
@never_cache
@person_door
def lastfm_name(request: HttpRequest) -> HttpResponse:
    """Read an account by its name alone."""
    limit_linking(request)
    form = LastfmNameForm(request.POST)
    if form.is_valid() and _took(form, "username", lambda name: link_lastfm_name(name, by=actor(request))):
        messages.success(request, "Last.fm is connected, for reading.")
        return redirect("connections")
    return _page(request, 400, lastfm_name=form)


@require_POST
@never_cache
@person_door
def listenbrainz_token(request: HttpRequest) -> HttpResponse:
    limit_linking(request)
    form = ListenBrainzTokenForm(request.POST)
    if form.is_valid() and _took(form, "token", lambda token: link_listenbrainz(token, by=actor(request))):
        messages.success(request, "ListenBrainz is connected.")
        return redirect("connections")
    return _page(request, 400, listenbrainz_token=form)


def _took(form: forms.Form, field: str, link: Any) -> bool:
    """A refusal is put at its field."""
    try:
        link(form.cleaned_data[field])
    except SidetrackError as refusal:
        form.add_error(field, refusal.detail)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def disconnect(request: HttpRequest, provider: str) -> HttpResponse:
    """Say what would be lost; on POST disconnect."""
    card = _card_or_404(request, provider)
    if card.account is None:
        raise NotFound("This is not connected.")
    form = UnlinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        limit_linking(request)
        done = unlink(provider, by=actor(request), delete_listens=form.cleaned_data["delete_listens"])
        gone = " What it brought is being deleted." if done.deletes and card.provider != "discord" else ""
        messages.success(request, f"{card.label} is disconnected.{gone}")
        return redirect("connections")
    person = signed_in(request)
    context = {
        "card": card,
        "form": form,
        "losses": what_goes(person, provider),
        "always": always_deletes(provider),
        "stuck": "" if leaves_a_way_in(person, provider) else NO_WAY_IN,
    }
    return render(request, "integrations/disconnect.html", context)


def _card_or_404(request: HttpRequest, provider: str) -> Card:
    card = card_of(signed_in(request), provider)
    if card is None:
        raise NotFound("There is no such account to connect.")
    return card
