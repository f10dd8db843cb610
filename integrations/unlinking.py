"""What goes when a member disconnects an account elsewhere: apps on the right register a handler in `AppConfig.ready`.

The account itself and its tokens are this app's own; a handler answers for what came in through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sidetrack.actors import Actor
from sidetrack.models import User


@dataclass(frozen=True)
class Loss:
    """What a member would lose: `records` in all, said in one sentence."""

    records: int
    sentence: str


@dataclass(frozen=True)
class Handler:
    """`loss(person, provider)` tells what came in from there, None where nothing did. `delete(provider, by)` sets its
    removal off; it may be asked again, also where nothing is left."""

    app: str
    loss: Callable[[User, str], Loss | None]
    delete: Callable[[str, Actor], None]


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Once for each app; registering an app again replaces its handler."""
    _handlers[handler.app] = handler


def handlers() -> list[Handler]:
    """In the order of the line of apps."""
    return list(_handlers.values())
