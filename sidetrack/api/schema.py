"""The OpenAPI document: every operation documents the errors it may answer with."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

PAGE_PARAMETERS = [
    OpenApiParameter("page", int, description="Which page, from 1."),
    OpenApiParameter("limit", int, description="Rows in a page: 1 to 200, 50 where it is not given."),
]


class ErrorItem(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorAnswer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorItem(many=True)  # type: ignore[assignment]


class SidetrackSchema(AutoSchema):
    """Adds 400, 401, 403, 404, 405, 409, 413, 415 and 429 in our error shape to what a view declares."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        error = self._get_response_for_code(ErrorAnswer, "400", direction=direction)  # type: ignore[no-untyped-call]
        for status in ("400", "401", "403", "404", "405", "409", "413", "415", "429"):
            bodies.setdefault(status, error)
        return bodies


def as_addressed(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Addresses without the slash that is not needed, as the contract writes them; and /health, which is no view."""
    paths = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    result["paths"] = {"/health": {"get": _health()}} | paths
    return result


def _health() -> dict[str, Any]:
    words = {"type": "object", "additionalProperties": {"type": "string"}}
    body = {
        "type": "object",
        "properties": {"status": {"type": "string"}, "version": {"type": "string"}, "checks": words},
        "required": ["status", "version", "checks"],
    }
    answer = {"content": {"application/json": {"schema": body}}}
    return {
        "operationId": "health",
        "summary": "Is the site able to serve, part by part",
        "tags": ["health"],
        "security": [{}],
        "responses": {
            "200": answer | {"description": "All is well."},
            "503": answer | {"description": "A part fails."},
        },
    }


class ServiceTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "sidetrack.api.auth.ServiceTokenAuthentication"
    name = "serviceToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A service token with the scope of the operation."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "sidetrack.api.auth.MemberSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        description = "The session of the web; writes send the X-CSRFToken header too."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": description}
