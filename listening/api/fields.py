"""Fields of request bodies about music."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sidetrack.text import clean_line, is_endless


class Line(serializers.CharField):
    """One cleaned line of text; a number or a truth value is no text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if "\x00" in data:  # cleaned away below, before DRF's own validator could see it
            raise serializers.ValidationError("Null characters are not allowed.", code="null_characters_not_allowed")
        if self.max_length is not None and is_endless(data, self.max_length):
            return data  # for the check of its length, uncleaned
        line = clean_line(super().to_internal_value(data))
        if not line and not self.allow_blank:
            self.fail("blank")
        return line
