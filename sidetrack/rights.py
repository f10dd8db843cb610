"""Who knows what about a member: each app registers a handler in `AppConfig.ready`.

Exports ask all handlers from the left of the line of apps to its right; erasing asks from right to left.
A test proves that every model with a key to a member is covered by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from sidetrack.models import User

PIECE = 2000
"""Rows that are read, or removed, at a time."""


@dataclass(frozen=True)
class Section:
    """One file of an export: `name` such as "listens.jsonl", one JSON object a line.

    `about` says in a sentence what it holds, `fields` what each field of a line is.
    """

    name: str
    about: str
    fields: Mapping[str, str]
    rows: Callable[[], Iterator[dict[str, Any]]]


def _nothing(person: User) -> None:
    pass


@dataclass(frozen=True)
class Handler:
    """What one app does for a member's rights.

    `covers` are the labels of the models with a key to a member that it answers for ("listening.listenevent").
    `leave(person)` does what must not wait for the job, in the transaction that ends the account and with the
    person's row locked. `erase(person, keep_words)` removes one bounded piece in a transaction of its own and
    returns how many rows went; 0 means that nothing is left. It may be asked again at any time, also long after.
    """

    app: str
    covers: tuple[str, ...]
    export: Callable[[User], Iterable[Section]]
    erase: Callable[[User, bool], int]
    leave: Callable[[User], None] = _nothing


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Once for each app; registering an app again replaces its handler."""
    _handlers[handler.app] = handler


def handlers() -> list[Handler]:
    """In the order of the line of apps."""
    return list(_handlers.values())


def in_pieces(rows: models.QuerySet[Any, Any], by: str = "pk") -> Iterator[Any]:
    """The rows of a query in the order of the unique field `by`, read a piece at a time whatever happens between."""
    piece = list(rows.order_by(by)[:PIECE])
    while piece:
        yield from piece
        last = piece[-1][by] if isinstance(piece[-1], dict) else getattr(piece[-1], by)
        piece = list(rows.filter(**{f"{by}__gt": last}).order_by(by)[:PIECE])


def delete_piece(rows: models.QuerySet[Any, Any]) -> int:
    """Delete up to a piece of these rows, with what hangs on them; returns how many went."""
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE])
    if some:
        rows.model._default_manager.filter(pk__in=some).delete()
    return len(some)


def clear_piece(rows: models.QuerySet[Any, Any], **fields: Any) -> int:
    """Write `fields` to up to a piece of these rows; returns how many there were."""
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:PIECE])
    if some:
        rows.model._default_manager.filter(pk__in=some).update(**fields)
    return len(some)
