"""Who looks at a page, and what a refusal becomes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import User

View = Callable[..., HttpResponseBase]

PAGES = {403: "403.html", 404: "404.html", 429: "429.html"}


def viewer(request: HttpRequest) -> User | None:
    """A signed-in person, or nobody."""
    return request.user if isinstance(request.user, User) else None


def signed_in(request: HttpRequest) -> User:
    """The person of a page that needs one (`person_door`)."""
    assert isinstance(request.user, User)  # noqa: S101 - the door saw to it
    return request.user


def actor(request: HttpRequest) -> Actor:
    return Actor(user=viewer(request))


def door(view: View) -> View:
    """A refusal of a gate or a service becomes a page that says so, with its status."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except SidetrackError as error:
            if error.code == "not_authenticated":
                return _sign_in(request)
            template = PAGES.get(error.status, "refused.html")
            return render(request, template, {"detail": error.detail, "error": error}, status=error.status)

    return inner


def person_door(view: View) -> View:
    """A page for whoever is signed in, admitted or not."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if viewer(request) else _sign_in(request)

    return door(inner)


def _sign_in(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
