"""The jobs the code declares. Each stands in its app's `tasks.py`, beside the work it calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import autodiscover_modules

from sidetrack.jobs.schedules import Schedule

# In the order in which a cluster takes them.
QUEUES = ("critical", "default", "sync", "planning", "cleanup", "maintenance")

Work = Callable[..., dict[str, int]]


@dataclass(frozen=True)
class Spec:
    """A declared job: `timeout` in seconds for one attempt; `retries` are further attempts after a failure."""

    name: str
    work: Work
    queue: str
    timeout: int
    retries: int
    schedule: Schedule | None

    @property
    def description(self) -> str:
        return (inspect.getdoc(self.work) or "").split("\n\n")[0]

    def check_args(self, args: dict[str, Any]) -> None:
        """TypeError when the work cannot be called with these arguments."""
        inspect.signature(self.work).bind(None, **args)


_specs: dict[str, Spec] = {}


def job(
    name: str,
    *,
    queue: str = "default",
    timeout: int = 600,
    retries: int = 5,
    schedule: Schedule | None = None,
) -> Callable[[Work], Work]:
    """Declare the decorated function as the job `name`.

    It is called with the `Run` and the keyword arguments given to `enqueue`, and returns counts
    for the history. It may be killed at any moment and is then started again, so what it does
    must bear being done twice or be written in the transaction of `run.keep()`.
    """
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}; queues are {', '.join(QUEUES)}.")

    def declare(work: Work) -> Work:
        known = _specs.get(name)
        if known and (known.work.__module__, known.work.__qualname__) != (work.__module__, work.__qualname__):
            raise ValueError(f"Two jobs are named {name!r}.")
        _specs[name] = Spec(name, work, queue, timeout, retries, schedule)
        return work

    return declare


def spec_of(name: str) -> Spec | None:
    return _specs.get(name)


def all_specs() -> list[Spec]:
    return sorted(_specs.values(), key=lambda spec: spec.name)


def forget(name: str) -> None:
    """Take a job out again; for tests that declare their own."""
    _specs.pop(name, None)


def load() -> None:
    """Import every app's `tasks.py`."""
    autodiscover_modules("tasks")
