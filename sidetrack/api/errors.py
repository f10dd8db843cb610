"""Every error of the API in one shape: {"type", "errors": [{"code", "detail", "attr"}]}."""

from __future__ import annotations

import logging
import math
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, JsonResponse
from django.http.request import HttpRequest, RawPostDataException, UnreadablePostError
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from sidetrack.errors import SidetrackError, TooLarge
from sidetrack.errors import Throttled as OurThrottled

logger = logging.getLogger(__name__)


def body(type_: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": type_, "errors": errors}


def one(code: str, detail: str, attr: str | None = None) -> dict[str, Any]:
    return {"code": code, "detail": detail, "attr": attr}


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. Returns None for what we did not foresee: Django answers 500."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound("There is nothing here.")
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        exc = TooLarge("This body is too large.")
    elif isinstance(exc, RawPostDataException | UnreadablePostError | SuspiciousOperation):
        exc = exceptions.ParseError("The body could not be read.")
    if isinstance(exc, SidetrackError):
        return _ours(exc)
    if not isinstance(exc, exceptions.APIException):
        return None
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    wait = getattr(exc, "wait", None)
    if isinstance(exc, exceptions.Throttled) and wait is not None:
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, exceptions.ValidationError):
        content = body("validation_error", _flat(exc.detail, exc.get_codes()))
    else:
        kind = "server_error" if exc.status_code >= 500 else "client_error"
        code = exc.get_codes()
        content = body(kind, [one(code if isinstance(code, str) else "error", str(exc.detail))])
    return Response(content, status=exc.status_code, headers=headers)


def _ours(exc: SidetrackError) -> Response:
    kind = "validation_error" if exc.status == 400 else "client_error"
    headers = {"Retry-After": str(math.ceil(exc.wait))} if isinstance(exc, OurThrottled) else {}
    return Response(body(kind, [one(exc.code, exc.detail, exc.attr)]), status=exc.status, headers=headers)


def _flat(detail: Any, codes: Any, path: str = "") -> list[dict[str, Any]]:
    """Nested serializer errors as a list, `attr` a dotted path (listens.3.track)."""
    if isinstance(detail, dict):
        return [
            item
            for key, value in detail.items()
            for item in _flat(value, codes[key], path if key == "non_field_errors" else f"{path}.{key}".strip("."))
        ]
    if isinstance(detail, list):
        found = []
        for position, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            found += _flat(value, codes[position], f"{path}.{position}".strip(".") if nested else path)
        return found
    return [one(str(codes), str(detail), path or None)]


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """404 for an address of the API that does not exist."""
    return JsonResponse(body("client_error", [one("not_found", "There is nothing at this address.")]), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: JSON under /api/, else the page. What happened is in the log only."""
    if request.path.startswith("/api/"):
        sorry = one("error", "Something went wrong on our side. It is in our log.")
        return JsonResponse(body("server_error", [sorry]), status=500)
    return defaults.server_error(request)
