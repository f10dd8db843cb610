"""A full week read over HTTP, beside an empty view and the same payload from nested serializers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from tests.bench.client import Target, run

REFERENCE = "nested serializers"


def measure(rounds: int, seconds: float, connections: int) -> None:
    """Rounds of asking each address, after one that only warms up."""
    week = _full_week()
    with server() as port:
        _same_payload(port, week)
        targets = _targets(port, week)
        for place in range(rounds + 1):
            for target in targets:
                run(target, port, seconds, connections)
                if place == 0:
                    target.rates.clear()
    _print_reads(targets)


def _full_week() -> int:
    from django.db import transaction

    from tests.bench.data import full_week

    with transaction.atomic():
        return full_week().pk


def _targets(port: int, week: int) -> list[Target]:
    detail = f"/api/v1/club/weeks/{week}"
    etag = _headers(port, detail)["etag"]
    return [
        Target("empty view", "/bench/empty"),
        Target("tiny JsonResponse", "/bench/tiny"),
        Target(REFERENCE, f"/bench/nested/{week}"),
        Target("week detail, cold", f"/bench/cold/{week}"),
        Target("week detail, warm", detail),
        Target("week detail, 304", detail, {"If-None-Match": etag}, expect=304),
        Target("week page", "/weeks/30/"),
    ]


def _print_reads(targets: list[Target]) -> None:
    rates = {target.name: median(target.rates) for target in targets}
    print(f"{'':22}{'requests/s':>12}{'bytes':>9}{'x nested':>10}{'x empty':>9}   rounds")
    for target in targets:
        rate = rates[target.name]
        spread = f"{min(target.rates):.0f}-{max(target.rates):.0f}"
        against = f"{rate / rates[REFERENCE]:10.1f}{rate / rates['empty view']:9.2f}"
        print(f"{target.name:22}{rate:12.0f}{target.size:9}{against}   {spread}")
    for name, goal in (("week detail, cold", 2.5), ("week detail, warm", 10)):
        ratio = rates[name] / rates[REFERENCE]
        print(f"goal: {name} at least {goal} times nested: {ratio:.1f} {'met' if ratio >= goal else 'MISSED'}")


def _same_payload(port: int, week: int) -> None:
    """The comparison is fair only where both answer the same."""
    ours, nested = (json.loads(_body(port, path)) for path in (f"/api/v1/club/weeks/{week}", f"/bench/nested/{week}"))
    if ours != nested:
        differing = [key for key in ours if ours[key] != nested.get(key)]
        raise SystemExit(f"The reference answers something else in {differing}.")


def _body(port: int, path: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return bytes(answer.read())


def _headers(port: int, path: str) -> dict[str, str]:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}


@contextmanager
def server() -> Iterator[int]:
    """The site under its own gunicorn with two workers; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:sidetrack.serving", "--workers", "2"]
    server = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}"], env=os.environ)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("The server did not start.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not answer within 30 seconds.")
