"""Pages of people: the members, one's own settings, following, and the invite one was sent."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sidetrack.accounts import INVITE_IN_SESSION
from sidetrack.actors import Actor
from sidetrack.errors import NotFound, SidetrackError
from sidetrack.forms import SettingsForm
from sidetrack.gate import person_or_404
from sidetrack.pages.doors import actor, door, person_door, signed_in, viewer
from sidetrack.selectors.people import done_to, member_cards, open_invite
from sidetrack.services import follows, invites, people

PER_PAGE = 60


@require_safe
@door
def members(request: HttpRequest) -> HttpResponse:
    """Everybody of the club whom the viewer may see."""
    actor(request).must_be_member()
    query = request.GET.get("q", "").strip()[:80].replace("\x00", "")
    page = Paginator(member_cards(viewer(request), query), PER_PAGE).get_page(request.GET.get("page"))
    followed = set(signed_in(request).follows.values_list("followed_id", flat=True))
    return render(request, "sidetrack/members.html", {"page": page, "q": query, "followed": followed})


@require_http_methods(["GET", "HEAD", "POST"])
@person_door
def settings(request: HttpRequest) -> HttpResponse:
    """What one chooses for oneself; a refused form keeps what was typed."""
    person = signed_in(request)
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=SettingsForm.values_of(person))
    if request.method == "POST" and form.is_valid() and _save(form, actor(request)):
        messages.success(request, "Saved.")
        return redirect("settings")
    context = {"form": form, "person": person, "time_zones": sorted(available_timezones()), "deeds": done_to(person)}
    return render(request, "sidetrack/settings.html", context, status=400 if form.errors else 200)


def _save(form: SettingsForm, by: Actor) -> bool:
    """All of it or none; a refusal is put at its field."""
    data = form.cleaned_data
    try:
        with transaction.atomic():
            names = {name: data.pop(name) for name in ("username", "display_name")}
            if by.user is not None:
                people.rename(by.user, by=by, **names)
            people.change_settings(by=by, **data)
    except SidetrackError as refusal:
        form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
        return False
    return True


@require_POST
@door
def follow(request: HttpRequest, username: str) -> HttpResponse:
    person = person_or_404(viewer(request), username)
    if follows.follow(person.pk, by=actor(request)):
        messages.success(request, f"You follow {person.name}.")
    return redirect("person", username=person.username)


@require_POST
@door
def unfollow(request: HttpRequest, username: str) -> HttpResponse:
    person = person_or_404(viewer(request), username)
    if follows.unfollow(person.pk, by=actor(request)):
        messages.success(request, f"You no longer follow {person.name}.")
    return redirect("person", username=person.username)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@door
def invite(request: HttpRequest, code: str) -> HttpResponse:
    """An invite: kept in the session for who signs up or in, used by a button for who is signed in."""
    found = open_invite(code)
    if found is None:
        raise NotFound("This invite is used up, or no longer open. Ask for a new one.")
    who = viewer(request)
    if who is None:
        request.session[INVITE_IN_SESSION] = code
    if who is None or request.method != "POST":
        return render(request, "sidetrack/invite.html", {"invite": found, "person": who})
    invites.use_invite(code, by=actor(request))
    request.session.pop(INVITE_IN_SESSION, None)
    messages.success(request, "Welcome to the club.")
    return redirect("home")
