"""The sandbox as a web server of its own: one thread a connection, on this machine only."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from integrations.sandbox import refusals
from integrations.sandbox.box import Box
from integrations.sandbox.faults import Faults
from integrations.sandbox.table import TABLE
from integrations.sandbox.web import Reply, Request, Routes, plain, run
from sidetrack.addresses import is_loopback

MOST_BODY = 4 * 1024 * 1024


class NoAnswer(Exception):
    """The connection ends without one."""


class Sandbox:
    """Started by `with Sandbox(seed=1) as s: s.url`. Port 0 takes a free one; no file: forgotten at the end.

    A `listener` is a socket that listens already. `clock` gives seconds since 1970; `faults` are texts like
    spotify:429=0.2; `hang` and `drip` are how long the faults timeout and slow take, in seconds (slow waits `drip`
    between pieces). `options` are those of `Box`.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listener: socket.socket | None = None,
        file: Path | None = None,
        clock: Callable[[], float] = time.time,
        faults: Iterable[str] = (),
        hang: float = 120.0,
        drip: float = 0.5,
        **options: Any,
    ) -> None:
        if listener:
            host, port = listener.getsockname()[:2]
        if not is_loopback(host):
            raise ValueError(f"The sandbox listens on this machine only; {host} is open to others.")
        self.stopping = Event()
        self.hang, self.drip = hang, drip
        asked = Faults()
        for text in faults:
            asked.ask_by_text(text)
        self.box = Box(seed=seed, file=file, clock=clock, faults=asked, **options)
        self.server = Server((host, port), Handler, listener)
        self.server.sandbox = self
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self.server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Sandbox:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def serve(self) -> None:
        """Until stopped."""
        self.server.serve_forever(0.2)

    def stop(self) -> None:
        """Breaks off whatever is under way."""
        self.stopping.set()
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
        self.server.server_close()
        self.server.break_off()
        self.box.store.close()

    def reply_to(self, request: Request, path: str) -> tuple[Reply, str]:
        """The reply and how to send it: "" or the fault truncated or slow. Raises NoAnswer."""
        for routes in TABLE:
            if path == routes.prefix or path.startswith(f"{routes.prefix}/"):
                request.path = path[len(routes.prefix) :] or "/"
                return self._by(routes, request)
        return plain("Nothing is here. The prefixes of the providers are at /.\n", 404), ""

    def _by(self, routes: Routes, request: Request) -> tuple[Reply, str]:
        found = routes.find(request.method, request.path)
        if not routes.provider or (found and found[0].is_page):
            return run(routes, self.box, request), ""
        self.box.note(routes.provider, "requests")
        fault = self.box.faults.next(routes.provider)
        if fault:
            self.box.note(routes.provider, f"fault {fault}")
        made = self._faulty(routes.provider, fault)
        count = self.box.limits.count(routes.provider) if self.box.limited and made is None else None
        if made is None and count and count.refused:
            made = refusals.too_many(routes.provider, count.reset)
        request.other_person = fault == "other-person"
        reply = made or run(routes, self.box, request)
        self.box.note(routes.provider, f"status {reply.status}")
        return Reply(
            reply.status,
            reply.body,
            refusals.headers(routes.provider, count, self.box.now) | reply.headers,
            reply.kind,
        ), fault

    def _faulty(self, provider: str, fault: str) -> Reply | None:
        if fault in ("429", "429-long"):
            return refusals.too_many(provider, 2 if fault == "429" else 6 * 3600, long=fault == "429-long")
        if fault == "401":
            return refusals.unknown_key(provider)
        if fault in ("500", "503"):
            return refusals.failing(provider, int(fault))
        if fault == "html":
            return refusals.web_page()
        if fault == "timeout":
            self.stopping.wait(self.hang)
            raise NoAnswer
        if fault == "reset":
            raise NoAnswer("reset")
        return None


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    sandbox: Sandbox

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], listener: socket.socket | None
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.connections: set[socket.socket] = set()
        self.listener = listener
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without asking a name server who we are, as the standard one does."""
        if self.listener:
            self.socket.close()
            self.socket = self.listener
        else:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def server_activate(self) -> None:
        if not self.listener:
            super().server_activate()

    def break_off(self) -> None:
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news; a fault of our own is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def version_string(self) -> str:
        return "sandbox"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.fromtimestamp(self.server.sandbox.box.now, UTC), usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold codes and tokens."""

    def answer_it(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MOST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return self.write(plain("Too large, or of unknown length", 413), "")
        body = self.rfile.read(int(length))
        host = self.headers.get("Host", "")
        if not is_loopback(host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host):
            return self.write(plain("The sandbox is asked by its address on this machine only.", 421), "")
        parts = urlsplit(self.path)
        named = {name.lower(): value for name, value in self.headers.items()}
        method = "GET" if self.command == "HEAD" else self.command
        request = Request(method, parts.path, parts.query, named, body, host)
        try:
            reply, fault = self.server.sandbox.reply_to(request, parts.path)
        except NoAnswer as end:
            if end.args:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return None
        return self.write(reply, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer_it

    def write(self, reply: Reply, fault: str) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value.replace("\r", "").replace("\n", ""))
        if reply.kind:
            self.send_header("Content-Type", reply.kind)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        if fault == "truncated":
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "truncated":
            self.wfile.write(reply.body[: len(reply.body) // 2])
        elif fault == "slow":
            self.write_slowly(reply.body)
        else:
            self.wfile.write(reply.body)

    def write_slowly(self, body: bytes) -> None:
        """In sixty pieces."""
        piece = len(body) // 60 + 1
        for at in range(0, len(body), piece):
            self.wfile.write(body[at : at + piece])
            self.wfile.flush()
            if self.server.sandbox.stopping.wait(self.server.sandbox.drip):
                self.close_connection = True
                return
