"""A member asks for an album to be looked up again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from listening.selectors.albums import album_card
from listening.services.refreshing import ask_for_refresh
from sidetrack.pages.doors import actor, door


@require_POST
@door
def look_up(request: HttpRequest, pk: int) -> HttpResponse:
    by = actor(request)
    by.must_be_member()
    album = album_card(pk)
    ask_for_refresh(album.id, by=by)
    messages.success(request, f"{album.title} is being looked up. What is found will stand here in a minute or so.")
    return redirect("album", album.id)
