"""What the club calls people: nominators by name, reviewers as their setting and the viewer allow. Pure."""

from __future__ import annotations

from typing import Any

from sidetrack.models import User

FORMER = "Former member"
HIDDEN = "A member"


def nominator(row: dict[str, Any]) -> dict[str, Any]:
    """`{"id", "name"}` of the `user__...` values of a row.

    Who was banned or deleted is not seen any more (sidetrack/gate.py): what they nominated stays,
    under "Former member" and without an id.
    """
    if is_former(row):
        return {"id": None, "name": FORMER}
    return {"id": row["user_id"], "name": full_name(row)}


def is_former(row: dict[str, Any]) -> bool:
    return not row["user__is_active"] or bool(row["user__status"] == User.Status.BANNED)


def full_name(row: dict[str, Any]) -> str:
    return str(row["user__display_name"] or row["user__username"])


def first_name(row: dict[str, Any]) -> str:
    """What visitors read of a reviewer: the first word of the name."""
    return full_name(row).split(" ")[0]


def cut(text: str, length: int = 200) -> str:
    """At most `length` characters, ended at a word, with an ellipsis where something is missing."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    if " " in kept and not text[length - 1].isspace():
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip(" ,;:.-\n") + "…"
