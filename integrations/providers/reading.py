"""Reading foreign JSON: what is not of the shape we expect becomes nothing or `BadAnswer`, never a traceback.

A judge asks `unreadable` first where an answer should be good, so that one cut short is asked for again by the door;
what reads it afterwards starts from `json_of` or `object_of`.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from integrations.errors import BadAnswer
from integrations.http import Answer, Call
from sidetrack.text import clean_line

LONGEST = 2000
"""Characters of a name that are looked at; cleaning longer text takes time for nothing."""
LARGEST = 2**53
"""Beyond it JSON numbers are not exact, and no column of ours is so wide."""


def json_of(call: Call, answer: Answer, *types: str) -> Any:
    """The body as JSON. `BadAnswer` for HTML, text, what was cut short, or a content type that is not JSON.

    `types` are content types to take besides JSON's own (iTunes says text/javascript). None told is taken too.
    """
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.endswith("json") and kind not in types:
        raise BadAnswer(call.provider, "It answered with something other than data.")
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise BadAnswer(call.provider, "Its answer was cut short or garbled.") from None


def object_of(call: Call, answer: Answer, *types: str) -> dict[str, Any]:
    """The body as a JSON object; `BadAnswer` for anything else."""
    found = json_of(call, answer, *types)
    if not isinstance(found, dict):
        raise BadAnswer(call.provider, "Its answer has another shape than expected.")
    return found


def unreadable(call: Call, answer: Answer, *types: str) -> BadAnswer | None:
    """For judges: why this answer with a good status is no JSON object, or None when it is."""
    try:
        object_of(call, answer, *types)
    except BadAnswer as error:
        return error
    return None


def error_body(answer: Answer) -> Any:
    """The body of a refusal as JSON whatever its content type, or None: some refuse in plain text."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def retry_after(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for; None where it is missing or no number (nobody of ours sends dates)."""
    seconds = _number(answer.headers.get("retry-after"))
    return seconds if seconds is not None and seconds >= 0 else None


def line(value: Any) -> str:
    """One clean line of text; "" for what is none. Whole numbers are written out: ids come as both."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= 2**63 else ""
    return clean_line(value[:LONGEST]) if isinstance(value, str) else ""


def text(data: Any, key: str) -> str:
    """`line` of the value under a key."""
    return line(data.get(key)) if isinstance(data, dict) else ""


def whole(data: Any, key: str) -> int | None:
    """A whole number, told as number, as digits or with `.0`; None for anything else."""
    found = number(data, key)
    return int(found) if found is not None and found.is_integer() and abs(found) <= LARGEST else None


def number(data: Any, key: str) -> float | None:
    """A finite number, told as number or text; None for anything else."""
    return _number(data.get(key)) if isinstance(data, dict) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and (len(value) > 40 or "_" in value or not value.isascii()):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def inner(data: Any, *keys: str) -> dict[str, Any]:
    """The object under a path of keys; an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, whatever XML made into JSON calls one: a single element stands as itself, none as "" or null."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def objects(data: Any, *keys: str) -> list[dict[str, Any]]:
    """The objects of the list at the end of a path of keys; rows that are none (null) are left out."""
    *path, last = keys
    return [row for row in listed(inner(data, *path).get(last)) if isinstance(row, dict)]


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601 that names its zone, in UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
