"""Listens posted over HTTP by a service client, one in a request and a thousand."""

from __future__ import annotations

import itertools
import json
import threading
import time
from statistics import median

from sidetrack.models import ServiceToken, User
from sidetrack.models.tokens import digest, new_secret
from tests.bench.client import Connection
from tests.bench.goals import goal, percentile, probe
from tests.bench.plays import batch
from tests.bench.weeks import server

WHERE = "/api/v1/listens/bulk"
ARTISTS_OF = 20_000
MALOJA = 170
"""Listens a second that Maloja took over its API, singly or in batches, on a machine like ours when it did nothing
else. It is another run: the ratio is only an order of size."""


def measure(rounds: int, seconds: float, connections: int) -> None:
    """One client alone for the time of a request, then several at once for the rate."""
    print("\nListens over HTTP", flush=True)
    probe()
    secret = new_secret()
    ServiceToken.objects.create(name="bench", prefix=secret[:8], secret_hash=digest(secret), scopes=["listens:write"])
    people = User.objects.bulk_create(User(username=f"poster{n}", status="member", password="!") for n in range(20))
    body = _Bodies([person.pk for person in people], secret)
    rates: dict[int, list[float]] = {1: [], 1000: []}
    times: dict[int, list[float]] = {1: [], 1000: []}
    with server() as port:
        for place in range(rounds + 1):
            for size in rates:
                alone, rate = _round(body, port, size, seconds, 1)[0], _round(body, port, size, seconds, connections)[1]
                if place:
                    times[size] += alone
                    rates[size].append(rate)
    for size in rates:
        p50, p99 = median(times[size]) * 1000, percentile(times[size], 0.99) * 1000
        print(f"{size:>5} a request: {median(rates[size]):8.0f} rows/s, one client p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    goal("one a request, times Maloja", median(rates[1]) / MALOJA, least=2.5)
    goal("1000 a request, times Maloja", median(rates[1000]) / MALOJA, least=80)
    goal("one a request, p99", percentile(times[1], 0.99) * 1000, most=5, unit=" ms")


def _round(body: _Bodies, port: int, size: int, seconds: float, clients: int) -> tuple[list[float], float]:
    """Seconds of each request, and rows a second of all clients together."""
    taken: list[float] = []
    refused: list[int] = []
    ready = [body.request(size, port) for _ in range(clients * (8 if size > 1 else 400))]
    left = iter(ready)
    started = time.perf_counter()
    until = started + seconds

    def work() -> None:
        with Connection(port) as connection:
            while not refused and time.perf_counter() < until and (request := next(left, None)):
                began = time.perf_counter()
                status, _ = connection.ask(request)
                taken.append(time.perf_counter() - began)
                if status != 200:
                    refused.append(status)

    workers = [threading.Thread(target=work) for _ in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if refused:
        raise RuntimeError(f"{WHERE} answered {refused[0]}")
    return taken, len(taken) * size / (time.perf_counter() - started)


class _Bodies:
    """Requests with plays that nobody has posted yet, for one member after the other."""

    def __init__(self, people: list[int], secret: str) -> None:
        self.people, self.secret, self.numbers = people, secret, itertools.count()

    def request(self, size: int, port: int) -> bytes:
        number = next(self.numbers)
        rows = [
            {
                "track": play.track,
                "artist": play.artist,
                "album": play.album,
                "listened_at": play.started_at.isoformat(),
                "source": "manual",
                "ms_played": play.ms_played,
                "duration_ms": play.duration_ms,
            }
            for play in batch(f"post {number}", size, ARTISTS_OF)
        ]
        body = json.dumps({"user": {"id": self.people[number % len(self.people)]}, "listens": rows}).encode()
        head = {
            "Host": f"127.0.0.1:{port}",
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST {WHERE} HTTP/1.1\r\n{lines}\r\n".encode() + body
