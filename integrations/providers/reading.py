"""Bodies that should be JSON: what is something else becomes `BadAnswer`, never a traceback.

A judge asks `spoiled` about every answer with a good status, so that one cut short is asked for again by the door;
what reads it afterwards starts from `object_of`.
"""

from __future__ import annotations

from typing import Any

from integrations.errors import BadAnswer
from integrations.http import Answer, Call


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


def spoiled(call: Call, answer: Answer, *types: str) -> BadAnswer | None:
    """Why this body is no JSON object; None when it is one."""
    try:
        object_of(call, answer, *types)
    except BadAnswer as error:
        return error
    return None
