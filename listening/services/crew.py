"""Threads for work that somebody waits for, but not longer than they should."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from threading import BoundedSemaphore, Thread
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class Crew:
    """At most `most` threads of a process; each has its own database connection and closes it.

    What is late goes on by itself until its own limits end it, and nobody hears of it; a process does not wait for it
    when it stops.
    """

    def __init__(self, most: int) -> None:
        self._room = BoundedSemaphore(most)

    def start(self, work: Callable[[], T]) -> Future[T] | None:
        """None where everybody is busy."""
        if not self._room.acquire(blocking=False):
            return None
        future: Future[T] = Future()
        Thread(target=self._do, args=(work, future), daemon=True).start()
        return future

    def _do(self, work: Callable[[], T], future: Future[T]) -> None:
        try:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                future.set_exception(error)
        finally:
            connections.close_all()
            self._room.release()


class Batch(Generic[T]):
    """Several works started at once, to be collected within `seconds` of the start."""

    def __init__(self, crew: Crew, works: Mapping[str, Callable[[], T]], seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.futures = {name: crew.start(work) for name, work in works.items()}

    def collected(self) -> dict[str, Future[T] | None]:
        """Those that are done by then; None for one that is late or was never begun."""
        started = {future for future in self.futures.values() if future is not None}
        wait(started, timeout=max(0.0, self.ends - time.monotonic()))
        return {name: future if future is not None and future.done() else None for name, future in self.futures.items()}

    def was_begun(self, name: str) -> bool:
        return self.futures[name] is not None
