"""Stored tokens written anew with the newest of TOKEN_KEYS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from integrations.models import LinkedAccount
from integrations.secret import Unreadable, decrypt, is_newest

FIELDS = ("access_token", "refresh_token")
PIECE = 200


@dataclass
class Rotated:
    """How many accounts: `changed`, `newest` already, `unreadable` by any key, `busy` (changed by others each time)."""

    changed: int = 0
    newest: int = 0
    unreadable: int = 0
    busy: int = 0


def rotate_tokens() -> Rotated:
    """Each account by itself, so that it may be killed at any moment and run again while the site works.

    `token_version` is compared and stays as it is: a refresh that is under way stores what it gets all the same, and
    with the newest key.
    """
    counts = Rotated()
    for account_id in _account_ids():
        if outcome := _rotate(account_id):
            setattr(counts, outcome, getattr(counts, outcome) + 1)
    return counts


def _account_ids() -> Iterator[int]:
    last = 0
    while piece := list(LinkedAccount.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PIECE]):
        yield from piece
        last = piece[-1]


def _rotate(account_id: int) -> str:
    """The count it belongs to, "" for an account without tokens."""
    for _ in range(5):
        row = _stored(account_id)
        stored = {name: row[f"stored_{name}"] for name in FIELDS if row[f"stored_{name}"]} if row else {}
        if not row or not stored:
            return ""
        secrets = {name: decrypt(text) for name, text in stored.items() if not is_newest(text)}
        readable = {name: secret for name, secret in secrets.items() if not isinstance(secret, Unreadable)}
        same = LinkedAccount.objects.filter(pk=account_id, token_version=row["token_version"])
        if readable and not same.update(**readable):
            continue  # a refresh or its member was quicker
        if len(readable) < len(secrets):
            return "unreadable"
        return "changed" if readable else "newest"
    return "busy"


def _stored(account_id: int) -> dict[str, Any] | None:
    """As it stands in the database."""
    raw = {f"stored_{name}": Cast(name, TextField()) for name in FIELDS}
    row: dict[str, Any] | None = (
        LinkedAccount.objects.filter(pk=account_id).annotate(**raw).values("token_version", *raw).first()
    )
    return row
