"""Fields of request bodies about the club."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from club.halves import halves_of
from sidetrack.errors import Invalid


class Text(serializers.CharField):
    """Text; a number or a truth value is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Snowflake(serializers.RegexField):
    """An id of Discord: digits, kept as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[0-9]{1,20}\Z", **kwargs)


@extend_schema_field(OpenApiTypes.STR)
class HalfStep(serializers.Field[Decimal, Any, str, Any]):
    """A rating, "4.5" or 4.5: from 1.0 to 5.0 in half steps."""

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return Decimal(halves_of(data)) / 2
        except Invalid as refusal:
            raise serializers.ValidationError(refusal.detail, code=refusal.code) from None

    def to_representation(self, value: Decimal) -> str:
        return f"{value:.1f}"
