"""A small client that asks one address over and over on kept connections, from a few threads."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Target:
    """One address, with what it answered: `rates` are requests a second, one for each round."""

    name: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    expect: int = 200
    rates: list[float] = field(default_factory=list)
    size: int = 0

    def request(self, port: int) -> bytes:
        headers = {"Host": f"127.0.0.1:{port}", **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"GET {self.path} HTTP/1.1\r\n{lines}\r\n".encode()


def run(target: Target, port: int, seconds: float, threads: int) -> None:
    """One round: ask for `seconds` from `threads` connections and note the rate."""
    counts = [0] * threads
    failures: list[str] = []
    until = time.perf_counter() + seconds

    def work(place: int) -> None:
        try:
            with Connection(port) as connection:
                while time.perf_counter() < until:
                    status, size = connection.ask(target.request(port))
                    if status != target.expect:
                        raise RuntimeError(f"{target.path} answered {status}")
                    target.size = size
                    counts[place] += 1
        except (OSError, RuntimeError) as error:
            failures.append(str(error))

    started = time.perf_counter()
    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise RuntimeError(failures[0])
    target.rates.append(sum(counts) / (time.perf_counter() - started))


class Connection:
    """Speaks just enough HTTP/1.1: answers with a Content-Length, kept alive or opened anew."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, int]:
        """Status and length of the body."""
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length, got = int(headers.get(b"content-length", b"0")), len(body)
        while got < length:
            got += len(self._more())
        if headers.get(b"connection") == b"close":
            self.socket.close()
            self.open()
        return int(head.split(b" ", 2)[1]), length

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise OSError("the server hung up")
        return part
