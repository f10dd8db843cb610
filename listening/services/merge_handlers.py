"""Who points at the entries of the catalogue: each app registers a handler in `AppConfig.ready`.

Merging asks all of them: what there is (preview), what to lock, to move what is small at once (apply), to move what is
large in pieces (sweep), and to say so to whoever keeps answers (after). A test proves that every model with a key to
an artist, album or track is covered by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from listening.models import Album, Artist, Merge, Track
from listening.models.merges import Kind
from listening.services.journal import Journal

Entry = Artist | Album | Track

MODELS: dict[str, type[Entry]] = {Kind.ARTIST: Artist, Kind.ALBUM: Album, Kind.TRACK: Track}


@dataclass(frozen=True)
class Pair:
    """Two entries of one kind; `loser` becomes an alias of `winner`."""

    kind: str
    loser: Entry
    winner: Entry

    @property
    def ids(self) -> tuple[int, int]:
        return self.loser.pk, self.winner.pk


@dataclass
class Findings:
    """What a merge would meet. `counts` are (what, of the loser, of the winner); the others are sentences:
    `conflicts` forbid it, `warnings` want a second look."""

    counts: list[tuple[str, int, int]] = field(default_factory=list)
    will: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.counts += other.counts
        self.will += other.will
        self.conflicts += other.conflicts
        self.warnings += other.warnings


@dataclass(frozen=True)
class Handler:
    """What one app does when two entries become one.

    `covers` are the keys it answers for ("club.nomination.album"), `swept` the models of `sweep`.
    `rows` are what its writers lock before they lock the catalogue (weeks): locked first, in order of id.
    `apply` moves small tables through the journal, in the merge's own transaction.
    `sweep(merge)` moves one bounded piece of a large table in the direction of the merge's state, in a transaction
    of the caller, under its own locks, and returns how many rows it dealt with; 0 means that nothing is left.
    """

    app: str
    covers: tuple[str, ...]
    preview: Callable[[Pair], Findings]
    apply: Callable[[Pair, Journal], None]
    rows: Callable[[Pair], QuerySet[Any]] | None = None
    after: Callable[[Pair], None] | None = None
    sweep: Callable[[Merge], int] | None = None
    swept: tuple[str, ...] = ()


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    """Once for each app; registering an app again replaces its handler."""
    _handlers[handler.app] = handler


def handlers() -> list[Handler]:
    """In the order of the line of apps."""
    return list(_handlers.values())


def swept() -> set[str]:
    """Models that are moved in pieces."""
    return {label for handler in handlers() for label in handler.swept}
