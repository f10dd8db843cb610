"""What all stand-ins share: the world, the clock, the memory, and how the sandbox was started."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from integrations.sandbox import ids
from integrations.sandbox.catalogue import Catalogue, catalogue
from integrations.sandbox.faults import Faults
from integrations.sandbox.hearing import DAY, DAYS_OF_HISTORY, Hearing
from integrations.sandbox.limits import Limits
from integrations.sandbox.people import BY_KEY, PEOPLE, Person, somebody_else
from integrations.sandbox.store import Store
from integrations.sandbox.web import Request


@dataclass
class Box:
    """`clock` gives seconds since 1970. `extended`: Spotify's closed endpoints are open. `rotate`: how often its
    refresh gives a new refresh token (0 to 1). `token_seconds`: how long its access tokens live."""

    seed: int = 1
    file: Path | None = None
    clock: Callable[[], float] = time.time
    extended: bool = False
    rotate: float = 0.3
    token_seconds: int = 3600
    limited: bool = True
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.store = Store(self.file)
        self.limits = Limits(self.clock)
        self.faults.seed = self.seed
        self.counts: dict[str, dict[str, int]] = {}
        self._lock = Lock()
        today = int(self.clock() * 1000) // DAY
        with self.store.at_once():
            began = self.store.get("world", "began")
            if began is None or began["seed"] != self.seed:
                began = {"seed": self.seed, "day": today - DAYS_OF_HISTORY}
                self.store.put("world", "began", began)
        self.hearing = Hearing(self.seed, self.catalogue, began["day"])
        self.first_day: int = began["day"]

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.seed)

    @property
    def now(self) -> float:
        return self.clock()

    @property
    def now_ms(self) -> int:
        return int(self.clock() * 1000)

    def minted(self, length: int, what: str) -> str:
        """A new id or token: nobody had it before, and the next start goes on counting."""
        return ids.base62(length, self.seed, what, self.store.count_up("minted"))

    def note(self, provider: str, what: str) -> None:
        """Count it for who looks at /_sandbox/state."""
        with self._lock:
            told = self.counts.setdefault(provider, {})
            told[what] = told.get(what, 0) + 1

    def person(self, request: Request, key: str) -> Person:
        """Whose data to answer with; somebody else's where that fault was asked for."""
        person = BY_KEY[key]
        return somebody_else(person) if request.other_person else person

    def named(self, name: str) -> Person | None:
        return BY_KEY.get(name.lower())

    @property
    def people(self) -> tuple[Person, ...]:
        return PEOPLE
