"""What every page of the club does at its door: who looks, and what a closed club answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from sidetrack.gate import may_see_club
from sidetrack.pages.doors import actor, viewer
from sidetrack.pages.doors import door as open_door
from sidetrack.text import clean_line

__all__ = ["actor", "asked", "door", "kept", "member_door", "page_number", "viewer"]

View = Callable[..., HttpResponseBase]


def door(view: View) -> View:
    """A page of the club. Where the owner closed the site, visitors sign in and others wait to be admitted."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        who = viewer(request)
        if not may_see_club(who):
            return (
                render(request, "club/closed.html", status=403) if who else redirect_to_login(request.get_full_path())
            )
        return view(request, *args, **kwargs)

    return open_door(inner)


def member_door(view: View) -> View:
    """A page for members: visitors are sent to sign in, people not admitted are told what to do."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
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
