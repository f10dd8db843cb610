"""Who knows what about a member: each app registers a handler in `AppConfig.ready`.

Exports ask all handlers from the left of the line of apps to its right; erasing asks from right to left.
A test proves that every model with a key to a member is covered by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sidetrack.models import User


@dataclass(frozen=True)
class Section:
    """One file of an export: `name` such as "listens.jsonl", one JSON object a line, and what it holds in words."""

    name: str
    about: str
    rows: Callable[[], Iterator[dict[str, Any]]]


@dataclass(frozen=True)
class Handler:
    """What one app does for a member's rights.

    `covers` are the labels of the models with a key to a member that it answers for ("listening.listenevent").
    `erase(person, keep_words)` removes one bounded piece in a transaction of its own and returns how many rows
    went; 0 means that nothing is left. It may be asked again at any time, also long after.
    """

    app: str
    covers: tuple[str, ...]
    export: Callable[[User], Iterable[Section]]
    erase: Callable[[User, bool], int]


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Once for each app; registering an app again replaces its handler."""
    _handlers[handler.app] = handler


def handlers() -> list[Handler]:
    """In the order of the line of apps."""
    return list(_handlers.values())
