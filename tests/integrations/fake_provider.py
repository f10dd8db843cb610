"""A provider that answers as a test tells it to: a real HTTP server on loopback.

    with FakeProvider() as there:
        there.on("/me", Reply(429, headers={"Retry-After": "1"}), Reply(200, {"id": "x"}))
        settings.SPOTIFY_API_URL = there.url

Replies of a path are given in turn, the last one for ever. A path is matched whole, without its query; "*" is for all
others. `there.requests` holds what came, in order.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """`body` is JSON where it is a list or dict, else sent as it is. `delay` in seconds before it is sent; `reset`
    breaks the connection instead; `cut` sends only half of what the length promises; `drip` sends a byte each so many
    seconds."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = ""
    delay: float = 0.0
    reset: bool = False
    cut: bool = False
    drip: float = 0.0

    @property
    def content(self) -> bytes:
        if isinstance(self.body, (dict, list)):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else bytes(self.body)

    @property
    def content_type(self) -> str:
        return self.type or (JSON if isinstance(self.body, (dict, list)) else "text/plain")


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def param(self, name: str) -> str:
        return self.query.get(name, [""])[0]


Answering = Callable[[Seen], Reply]


class FakeProvider:
    """Serves from entering to leaving; no thread of it outlives that by more than a reply's delay."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self._replies: dict[str, deque[Reply | Answering]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeProvider:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, path: str, *replies: Reply | Answering) -> None:
        """From now on answer this path so. A function is given the request."""
        with self._lock:
            self._replies[path] = deque(replies)

    def forget(self) -> None:
        """No replies and no requests, as at first."""
        with self._lock:
            self._replies.clear()
            self.requests.clear()

    def seen(self, path: str) -> list[Seen]:
        return [one for one in self.requests if one.path == path]

    def _answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.requests.append(seen)
            replies = self._replies.get(seen.path) or self._replies.get("*")
            if not replies:
                return Reply(404, f"The test told nothing for {seen.path}.")
            reply = replies.popleft() if len(replies) > 1 else replies[0]
        return reply if isinstance(reply, Reply) else reply(seen)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


def _handler_of(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            self._send(provider._answer(Seen(self.command, parts.path, query, headers, body, time.monotonic())))

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve

        def _send(self, reply: Reply) -> None:
            if reply.delay:
                time.sleep(reply.delay)
            if reply.reset:
                self._break_off()
                return
            content = reply.content
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if content or reply.type:
                self.send_header("Content-Type", reply.content_type)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self._send_body(content, reply)

        def _send_body(self, content: bytes, reply: Reply) -> None:
            if reply.cut:
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
            elif reply.drip:
                with suppress(OSError):
                    for index in range(len(content)):
                        self.wfile.write(content[index : index + 1])
                        time.sleep(reply.drip)
            else:
                self.wfile.write(content)

        def _break_off(self) -> None:
            """With a reset, not an orderly end."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler
