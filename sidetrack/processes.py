"""Child processes that never outlive their parent, each in a process group of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, even by SIGKILL. Only Linux can."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def whole_family_dies_with_parent() -> None:
    """The same for this process and for every process it forks, and their children."""
    parent = os.getpid()

    def before() -> None:
        nonlocal parent
        parent = os.getpid()

    def after() -> None:
        die_with_parent()
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)

    die_with_parent()
    os.register_at_fork(before=before, after_in_child=after)


@dataclass
class Child:
    """A command kept running: `start`, `is_alive`, `stop`, `kill`. Starts are spaced when it dies at once."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *self.command],
            env={**os.environ, **self.environment},
            pass_fds=self.fds,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self.started_at

    def may_start_again(self) -> bool:
        """At once after a long life; after 1, 2, 4 ... 30 seconds when it keeps dying young."""
        return self.age > min(2.0**self.failures, 30.0)

    def start_again(self) -> None:
        self.failures = 0 if self.age > 60 else self.failures + 1
        self.kill()
        self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_alive:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole group, whatever is left of it."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
