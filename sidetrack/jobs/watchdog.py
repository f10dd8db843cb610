"""Keeps web and cluster processes running, ticks every second, and stops them together.

A django-q2 cluster can be alive and dead at once: a worker killed while it holds the lock of the
queue leaves the others waiting for ever. So each cluster is asked for a sign of life, a bell on
a queue of its own that has to travel through pusher, worker and monitor. Where none comes and not
every worker is busy with a run, the whole group is killed and started anew; its runs go back to
the queue.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from django.conf import settings
from django.db import Error, connection
from django.db.models import QuerySet
from django.utils import timezone

from sidetrack.jobs import bells
from sidetrack.jobs.ticking import tick, write_jobs
from sidetrack.models import JobRun
from sidetrack.processes import Child

logger = logging.getLogger(__name__)

BEAT_EVERY = 5.0
SILENT_TOO_LONG = 15.0
STARTING_TAKES = 60.0
STOP_GRACE = 10.0


class Cluster(Child):
    """A cluster and its signs of life."""

    beat: int | None = None
    beat_sent: float = 0.0
    heard: float = 0.0
    answered: bool = False

    def __init__(self) -> None:
        super().__init__("worker", ["-m", "sidetrack.cluster"])
        self.node = ""

    def start(self) -> None:
        # A new name each time, so that leases and beats of the dead are told from those of the living.
        self.node = f"{socket.gethostname()[:60]}-{secrets.token_hex(4)}"
        self.environment = {"SIDETRACK_NODE": self.node, bells.BEAT_KEY_VARIABLE: self.beat_key}
        self.beat, self.answered, self.heard = None, False, time.monotonic()
        super().start()

    @property
    def beat_key(self) -> str:
        return f"beat-{self.node}"

    def listen(self) -> None:
        """Send a beat when none is out; note the time when one was answered or all workers are busy."""
        now = time.monotonic()
        if self.beat is not None and not bells.beat_is_out(self.beat):
            self.beat, self.answered, self.heard = None, True, now
        if self.beat is None and now - self.beat_sent > BEAT_EVERY:
            self.beat, self.beat_sent = bells.send_beat(self.beat_key), now
            self.heard = now if self.answered else self.heard
        elif self.runs_held().filter(lease_until__gt=timezone.now()).count() >= settings.WORKERS:
            self.heard = now

    @property
    def is_silent(self) -> bool:
        limit = SILENT_TOO_LONG if self.answered else STARTING_TAKES
        return self.beat is not None and time.monotonic() - self.heard > limit

    def runs_held(self) -> QuerySet[JobRun]:
        return JobRun.objects.filter(state=JobRun.State.RUNNING, worker__startswith=f"{self.node}:")

    def let_go(self) -> None:
        """Once all its processes are dead: end its leases, so that its runs need not wait for them."""
        self.runs_held().update(lease_until=timezone.now() - timedelta(seconds=1))
        bells.forget_beats(self.beat_key)


class Watchdog:
    """`run()` until SIGTERM or SIGINT. `ready` is called once, when `is_ready` first says so."""

    def __init__(
        self,
        children: list[Child],
        *,
        is_ready: Callable[[], bool] = lambda: True,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.children = children
        self.is_ready = is_ready
        self.ready: Callable[[], None] | None = ready
        self.stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGINT, self._asked)
        try:
            self._prepare()
            for child in self.children:
                child.start()
            while not self.stopping:
                self._round()
                time.sleep(0.2 if self.ready else 1.0)
        finally:
            self._stop()

    def _asked(self, signum: int, frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: at once
            for child in self.children:
                child.kill()
        self.stopping = True

    def _prepare(self) -> None:
        self._guarded(write_jobs)
        self._guarded(bells.keep_minute_tick)
        self._guarded(bells.forget_old_beats)

    def _round(self) -> None:
        for child in self.children:
            self._look_after(child)
        if any(isinstance(child, Cluster) for child in self.children):
            self._guarded(tick)
        if self.ready and self.is_ready():
            self.ready()
            self.ready = None

    def _look_after(self, child: Child) -> None:
        if child.is_alive and isinstance(child, Cluster):
            self._guarded(child.listen)
            if child.is_silent:
                logger.error("The %s gives no sign of life; it is killed and started anew.", child.name)
                child.kill()
        if not child.is_alive and child.may_start_again():
            logger.warning("The %s has ended; it is started again.", child.name)
            child.kill()
            self._bury(child)
            child.start_again()

    def _bury(self, child: Child) -> None:
        if isinstance(child, Cluster):
            self._guarded(child.let_go)

    def _guarded(self, work: Callable[[], object]) -> None:
        """The database may be away for a while; the processes are looked after all the same, whatever happens."""
        try:
            work()
        except Error as error:
            logger.error("The database does not answer: %s", error)
            connection.close()
        except Exception:  # the watchdog's own fault must not end the site
            logger.exception("The watchdog stumbled and goes on")

    def _stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_GRACE
        while time.monotonic() < deadline and any(child.is_alive for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill()
            self._bury(child)


def web(fd: int) -> Child:
    """The web server on a listening socket that the supervisor holds, so that a restart keeps the port."""
    os.set_inheritable(fd, True)
    return Child(
        "web server",
        ["-m", "gunicorn", "-c", "python:sidetrack.serving", "--bind", f"fd://{fd}", "sidetrack.wsgi:application"],
        fds=(fd,),
    )
