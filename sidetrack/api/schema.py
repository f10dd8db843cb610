"""The OpenAPI document: every operation documents the errors it may answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class ErrorItem(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorAnswer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorItem(many=True)  # type: ignore[assignment]


class SidetrackSchema(AutoSchema):  # type: ignore[misc]
    """Adds 400, 401, 403, 404, 405, 409, 413, 415 and 429 in our error shape to what a view declares."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        error = self._get_response_for_code(ErrorAnswer, "400", direction=direction)
        for status in ("400", "401", "403", "404", "405", "409", "413", "415", "429"):
            bodies.setdefault(status, error)
        return bodies
