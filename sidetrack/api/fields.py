"""Fields of request bodies that bound how much they look at."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Few(serializers.ListField):
    """A list whose length is looked at first: a long one gets one error, not one for each item."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            raise serializers.ValidationError(f"Give at most {self.max_length}.", code="max_length")
        items: list[Any] = super().to_internal_value(data)
        return items


class FewByName(serializers.DictField):
    """An object of at most `most` values, looked at first."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        if isinstance(data, dict) and len(data) > self.most:
            raise serializers.ValidationError(f"Give at most {self.most}.", code="max_length")
        values: dict[Any, Any] = super().to_internal_value(data)
        return values
