"""Processes that share one budget: each takes as often as it is let, and says when it was.

    python -m tests.throttled PROVIDER SECONDS

Says "ready", is told when to start (a time of `time.monotonic()`, which all processes of a machine share), and prints
the seconds since then of every call that was let through, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping


def process(provider: str, seconds: float, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """One, ready to be told when."""
    command = [sys.executable, "-m", "tests.throttled", provider, str(seconds)]
    return subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def start(children: list[subprocess.Popen[str]]) -> None:
    """Waits until all are ready, and lets them begin together."""
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n", "a process did not come up"
    starts = time.monotonic() + 0.1
    for child in children:
        assert child.stdin
        child.stdin.write(f"{starts}\n")


def run_together(processes: int, provider: str, seconds: float, environment: Mapping[str, str]) -> list[float]:
    """When each call of all processes was let through, in order; in seconds from the common start."""
    children = [process(provider, seconds, environment) for _ in range(processes)]
    try:
        start(children)
        told = [child.communicate(timeout=seconds + 60)[0] for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert all(child.returncode == 0 for child in children), "a process ended badly"
    return sorted(at for one in told for at in json.loads(one))


def main(provider: str, seconds: float) -> None:
    import django

    django.setup()
    from django.db import connection

    from integrations.errors import ComeBackLater
    from integrations.throttle import take

    connection.ensure_connection()
    print("ready", flush=True)
    starts = float(input())
    time.sleep(max(0.0, starts - time.monotonic()))
    went = []
    while (left := starts + seconds - time.monotonic()) > 0:
        try:
            take(provider, wait=left)
        except ComeBackLater:
            break  # the queue is full until the end
        went.append(time.monotonic() - starts)
    print(json.dumps([at for at in went if at <= seconds]))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
