"""Limits per actor and address, kept in the shared store; a refusal says when to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from sidetrack.services.limits import wait_for, who

if TYPE_CHECKING:  # DRF imports this module while making APIView
    from rest_framework.views import APIView


class _Limit(BaseThrottle):
    """Counts per service token, else per person, else per address."""

    scope: str
    seconds = 60

    def limit(self, request: Request) -> int:
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit = settings.RATE_LIMIT_SERVICE if request.auth is not None else self.limit(request)
        self.waiting = wait_for(self.scope, who(request, request.auth), limit=limit, seconds=self.seconds)
        return self.waiting is None

    def wait(self) -> float | None:
        return self.waiting


class PerActor(_Limit):
    """Every write; reads are not counted."""

    scope = "write"

    def limit(self, request: Request) -> int:
        return int(settings.RATE_LIMIT_WRITES)

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method in ("GET", "HEAD", "OPTIONS") or super().allow_request(request, view)


class PerSearch(_Limit):
    """Searches, which cost more than other reads."""

    scope = "search"

    def limit(self, request: Request) -> int:
        return int(settings.RATE_LIMIT_SEARCHES)


class PerUpload(_Limit):
    """Uploads of history files, by the hour."""

    scope = "upload"
    seconds = 3600

    def limit(self, request: Request) -> int:
        return int(settings.RATE_LIMIT_UPLOADS)
