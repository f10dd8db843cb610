"""Limits per actor and address, kept in the shared cache; a refusal says when to come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # DRF imports this module while making APIView
    from rest_framework.views import APIView


class _Limit(SimpleRateThrottle):
    """Counts per service token, else per person, else per address."""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.auth is not None:
            ident = f"token-{request.auth.pk}"
        elif request.user.is_authenticated:
            ident = f"person-{request.user.pk}"
        else:
            ident = f"address-{self.get_ident(request)}"
        return f"limit:{self.scope}:{ident}"

    def get_rate(self) -> str:
        return "1/min"  # replaced per request


class PerActor(_Limit):
    """Every write; reads of a person are not counted."""

    scope = "write"

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return True
        service = request.auth is not None
        self.num_requests = settings.RATE_LIMIT_SERVICE if service else settings.RATE_LIMIT_WRITES
        self.duration = 60
        return super().allow_request(request, view)


class PerSearch(_Limit):
    """Searches, which cost more than other reads."""

    scope = "search"

    def allow_request(self, request: Request, view: APIView) -> bool:
        service = request.auth is not None
        self.num_requests = settings.RATE_LIMIT_SERVICE if service else settings.RATE_LIMIT_SEARCHES
        self.duration = 60
        return super().allow_request(request, view)


class PerUpload(_Limit):
    """Uploads of history files."""

    scope = "upload"

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.num_requests, self.duration = settings.RATE_LIMIT_UPLOADS, 3600
        return super().allow_request(request, view)
