"""`manage.py up` as a process: real workers, killed in the middle of real work.

The site under test has its own folder and database; its jobs are those of tests/slow_jobs.py,
which write what they do to a file.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from sidetrack.env import BASE_DIR

pytestmark = pytest.mark.storm
LONG = os.environ.get("STORM") == "long"
ROUNDS = 20 if LONG else 1
# Processes die the same way on either engine.
once = pytest.mark.skipif(
    os.environ.get("TEST_ENGINE") == "postgresql" and not LONG, reason="ran on SQLite; STORM=long runs it here too"
)


class Site:
    """A site started by `up`, seen from outside."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.log = folder / "effects"
        self.log.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "tests.slow_jobs.settings",
            "SIDETRACK_DATA": str(folder / "data"),
            "DATABASE_URL": database_url,
            "SLOW_JOBS_LOG": str(self.log),
            "LOG_LEVEL": "WARNING",
        }
        self.output = (folder / "output").open("w+")
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> Site:
        command = [sys.executable, "manage.py", "up", "--bind", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            command, cwd=BASE_DIR, env=self.environment, stdout=self.output, stderr=subprocess.STDOUT, text=True
        )
        wait_until(lambda: self.health().get("status") == "ok", 90, self.told)
        return self

    def health(self) -> dict[str, object]:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read())
        return {}

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tests.slow_jobs", *arguments],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def runs(self) -> list[list[object]]:
        """[state, attempts] of every run of the slow jobs."""
        return json.loads(self.manage("runs"))

    def effects(self) -> list[str]:
        return self.log.read_text().split()

    def told(self) -> str:
        # Opened anew: the site writes where the file it was given stands, and must not be moved.
        return Path(self.output.name).read_text()[-3000:]

    def family(self) -> dict[int, int]:
        """Every process of this site but `up` itself: {pid: parent}."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    environment = (entry / "environ").read_bytes()
                    if f"SLOW_JOBS_LOG={self.log}".encode() in environment and b"SIDETRACK_SUPERVISED" in environment:
                        stat = (entry / "stat").read_text().rpartition(")")[2].split()
                        if stat[0] != "Z":
                            found[int(entry.name)] = int(stat[1])
        return found

    def cluster_leader(self) -> int:
        assert self.process
        children = [pid for pid, parent in self.family().items() if parent == self.process.pid]
        for pid in children:
            with contextlib.suppress(OSError):
                if b"sidetrack.cluster" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return 0

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_so: Callable[[], object], seconds: float, why: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"Not within {seconds} s. {why()}"
        time.sleep(0.1)


@pytest.fixture
def database_url(tmp_path) -> Iterator[str]:
    """A database of its own on the engine of this run, as an operator would name it."""
    if os.environ.get("TEST_ENGINE") != "postgresql":
        yield ""
        return
    server = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    name = f"test_sidetrack_up_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        head, _, options = server.partition("?")
        yield f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def site(tmp_path, database_url) -> Iterator[Site]:
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs Linux: processes are found through /proc and killed with their parent by the kernel")
    made = Site(tmp_path, database_url)
    yield made
    made.stop()
    made.output.close()


def all_done(site: Site) -> bool:
    return all(state == "done" for state, _ in site.runs())


def test_up_serves_works_and_stops_as_a_whole(site):
    site.start()
    wait_until(lambda: site.health()["checks"] == {"database": "ok", "queue": "ok"}, 60, site.told)
    wait_until(lambda: f"http://127.0.0.1:{site.port}/" in site.told(), 60, site.told)
    assert len(site.family()) >= 7
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(15) == 0
    assert site.family() == {}
    assert "Traceback" not in site.told()


@once
def test_a_busy_port_is_a_sentence(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        site.port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "manage.py", "up", "--bind", f"127.0.0.1:{site.port}"],
            cwd=BASE_DIR,
            env=site.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{site.port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_jobs_survive_the_death_of_every_worker(site):
    """Four runs under way and waiting; the whole cluster is killed at once, again and again."""
    site.start()
    for number in range(ROUNDS):
        site.manage("enqueue", "4")
        wait_until(lambda: "begin" in " ".join(site.effects()[-4:]), 30, site.told)
        os.killpg(site.cluster_leader(), signal.SIGKILL)
        wait_until(lambda: all_done(site), 60, lambda: (site.runs(), site.told()))
        ends = [effect for effect in site.effects() if effect.startswith("end")]
        assert len(ends) == len(set(ends)) == 4 * (number + 1)


@once
def test_a_hanging_cluster_is_found_and_replaced(site):
    """Stopped processes look alive; only the missing sign of life gives them away."""
    site.start()
    wait_until(lambda: site.health()["checks"]["queue"] == "ok", 60, site.told)
    leader = site.cluster_leader()
    os.killpg(leader, signal.SIGSTOP)
    site.manage("enqueue", "1")
    wait_until(lambda: site.cluster_leader() not in (0, leader), 60, site.told)
    wait_until(lambda: all_done(site), 60, site.told)
    assert "no sign of life" in site.told()


@once
def test_no_orphan_outlives_a_killed_supervisor(site):
    site.start()
    site.manage("enqueue", "4")
    wait_until(lambda: site.effects(), 30, site.told)
    site.process.kill()
    wait_until(lambda: site.family() == {}, 10, site.family)
    site.start()
    wait_until(lambda: all_done(site), 60, lambda: (site.runs(), site.told()))
    ends = [effect for effect in site.effects() if effect.startswith("end")]
    assert len(ends) == len(set(ends)) == 4


def test_a_stop_gives_runs_back_without_counting_the_attempt(site):
    site.start()
    site.manage("enqueue", "1", "--seconds", "60")
    wait_until(lambda: site.effects(), 30, site.told)
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(15) == 0
    assert time.monotonic() - began < 10
    assert site.runs() == [["queued", 0]]


@once
def test_a_run_that_kills_its_workers_fails_and_others_go_on(site):
    site.start()
    site.manage("enqueue", "1", "--job", "poison")
    site.manage("enqueue", "3")
    wait_until(
        lambda: sorted(state for state, _ in site.runs()) == ["done", "done", "done", "failed"],
        120,
        lambda: (site.runs(), site.told()),
    )
    assert site.effects().count("poison") == 2
