"""What every page of the club does at its door: who looks, and what a refusal becomes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.gate import may_see_club
from sidetrack.models import User
from sidetrack.text import clean_line

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

PAGES = {403: "403.html", 404: "404.html", 429: "429.html"}


def viewer(request: HttpRequest) -> User | None:
    """Who looks: a signed-in person, or nobody."""
    return request.user if isinstance(request.user, User) else None


def actor(request: HttpRequest) -> Actor:
    return Actor(user=viewer(request))


def refused(request: HttpRequest, error: SidetrackError) -> HttpResponse:
    """The page that says what was refused; somebody who only has to sign in is sent there."""
    if error.code == "not_authenticated":
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    template = PAGES.get(error.status, "refused.html")
    return render(request, template, {"detail": error.detail, "error": error}, status=error.status)


def door(view: View[P]) -> View[P]:
    """A page of the club. Where the owner closed the site, visitors sign in and others wait to be admitted."""

    @wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        who = viewer(request)
        if not may_see_club(who):
            return (
                render(request, "club/closed.html", status=403) if who else redirect_to_login(request.get_full_path())
            )
        try:
            return view(request, *args, **kwargs)
        except SidetrackError as error:
            return refused(request, error)

    return inner


def member_door(view: View[P]) -> View[P]:
    """A page for members: visitors are sent to sign in, people not admitted are told what to do."""

    @wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor(request).must_be_member()
        return view(request, *args, **kwargs)

    return door(inner)


def page_number(request: HttpRequest) -> int:
    """`?page=`; anything that is no page is the first."""
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1


def asked(request: HttpRequest) -> str:
    """`?q=`, bounded and clean enough for any query."""
    return clean_line(request.GET.get("q", ""))[:100]


def kept(request: HttpRequest, **changes: Any) -> str:
    """The query string of this page with some values changed."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return query.urlencode()
