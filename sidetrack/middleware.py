"""What happens to every request of a person: who was banned is signed out, writes are limited, answers
are kept by nobody else, times are shown in the viewer's zone, and scripts come from where they may."""

from __future__ import annotations

import math
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from sidetrack.errors import Throttled
from sidetrack.models import User
from sidetrack.services.limits import limit_request

GetResponse = Callable[[HttpRequest], HttpResponse]

_LIMITED_ELSEWHERE = ("/api/", "/accounts/")
"""By DRF's throttles and by allauth's rate limits."""


class OthersScriptsMiddleware:
    """The admin's theme and the API's browser bring inline style and script, and the theme needs eval.

    They are let do so on their own pages; all else of the policy holds there too.
    """

    PAGES = ("/admin/", "/api/v1/docs")
    POLICY = {
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    }

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self.PAGES):
            response._csp_replace = self.POLICY  # type: ignore[attr-defined]
        return response


class BannedMiddleware:
    """A ban ends every session at its next request, on pages, API and admin alike."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User) and request.user.status == User.Status.BANNED:
            logout(request)
        return self.get_response(request)


class PrivateMiddleware:
    """What somebody signed in reads is for them: no cache on the way keeps it, unless a view said otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        known = request.user.is_authenticated or "Authorization" in request.headers
        if known and "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-cache"
        return response


class TimeZoneMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            with timezone.override(request.user.zone):
                return self.get_response(request)
        return self.get_response(request)


class LimitMiddleware:
    """Counts the writes of pages as the API counts its own, and gives every 429 a Retry-After."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "60")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        reads = request.method in ("GET", "HEAD", "OPTIONS")
        if reads or request.path.startswith(_LIMITED_ELSEWHERE):
            return self.get_response(request)
        try:
            limit_request(request, "write", limit=settings.RATE_LIMIT_WRITES, seconds=60)
        except Throttled as refusal:
            response = render(request, "429.html", {"detail": refusal.detail}, status=429)
            response.headers["Retry-After"] = str(math.ceil(refusal.wait))
            return response
        return self.get_response(request)
