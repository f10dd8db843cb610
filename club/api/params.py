"""Reads the query of an address: each parameter with a type, or Invalid naming it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from sidetrack.errors import Invalid
from sidetrack.text import checked_line

_TRUE, _FALSE = ("true", "1"), ("false", "0")


def words(request: Request, name: str, max_length: int = 100) -> str:
    """One cleaned line; empty where it is not given."""
    return checked_line(request.query_params.get(name, ""), name, max_length, required=False)


def choice(request: Request, name: str, allowed: Sequence[str], default: str) -> str:
    given = words(request, name) or default
    if given not in allowed:
        raise Invalid(f"Choose one of {', '.join(allowed)}.", attr=name, code="invalid_choice")
    return given


def flag(request: Request, name: str) -> bool | None:
    """true, false, 1 or 0; None where it is not given."""
    given = words(request, name).lower()
    if given not in (*_TRUE, *_FALSE, ""):
        raise Invalid("Say true or false.", attr=name, code="invalid")
    return None if not given else given in _TRUE


def moment(request: Request, name: str, *, end_of_day: bool = False) -> datetime | None:
    """A date or an ISO 8601 time, in UTC where it names no zone; a date means its start, or its end."""
    given = words(request, name)
    if not given:
        return None
    try:
        return _moment(given, time.max if end_of_day else time.min)
    except (ValueError, OverflowError):
        message = "Give a date like 2025-11-24, or a time like 2025-11-24T20:00:00Z."
        raise Invalid(message, attr=name, code="invalid") from None


def _moment(given: str, of_day: time) -> datetime:
    day: date | None = parse_date(given)
    if day is not None:
        return datetime.combine(day, of_day, UTC)
    # The plus of "+02:00" comes through an address as a space.
    found = parse_datetime(given.replace(" ", "+") if "T" in given else given)
    if found is None:
        raise ValueError(given)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
