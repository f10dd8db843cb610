"""A token endpoint on loopback that counts what it is asked, and a provider entry that refreshes there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from integrations.errors import Busy, Expired, MustReconnect, ProviderError, Unavailable
from integrations.http import Answer, Call, send
from integrations.providers import Provider
from integrations.secret import Secret
from integrations.types import Access, Tokens

Reply = tuple[int, dict[str, Any]]


class TokenServer:
    """`asked` holds the refresh tokens it was sent. `replies` are given first, then new tokens for ever.

    While `gate` is cleared no answer leaves; `rotates` says whether a reply brings a new refresh token.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.replies: list[Reply] = []
        self.rotates = False
        self.expires_in = 3600
        self.gate = threading.Event()
        self.gate.set()
        self.retry_after = ""
        self.entered = threading.Event()
        self.prefix = "new"
        self._lock = threading.Lock()

    def reply(self, form: dict[str, str]) -> Reply:
        with self._lock:
            self.asked.append(form.get("refresh_token", ""))
            number = len(self.asked)
            scripted = self.replies.pop(0) if self.replies else None
        self.entered.set()
        self.gate.wait(10)
        if scripted:
            return scripted
        tokens: dict[str, Any] = {"access_token": f"{self.prefix}-access-{number}", "expires_in": self.expires_in}
        if self.rotates:
            tokens["refresh_token"] = f"{self.prefix}-refresh-{number}"
        return 200, tokens

    def provider(self, name: str = "spotify") -> Provider:
        def refresh(token: Secret) -> Tokens:
            form = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
            answer = send(Call(name, self.url, "POST", form=form, repeatable=True), judge)
            told = answer.json()
            return Tokens(
                Secret(told["access_token"]), told["expires_in"], Secret(told.get("refresh_token", "")), ("listen",)
            )

        entry = as_provider_code(refresh)
        return Provider(name=name, label=name.title(), judge=judge, probe=probe, refresh=entry)

    url = ""


def as_provider_code(function: Any) -> Any:
    """The same function as if it stood in a provider module: reports of errors know its frames by the module's name."""
    there = {**function.__globals__, "__name__": "integrations.providers.fake"}
    return type(function)(function.__code__, there, function.__name__, function.__defaults__, function.__closure__)


def probe(access: Access) -> object:
    return None


def judge(call: Call, answer: Answer) -> ProviderError | None:
    if answer.status == 200:
        return None
    if answer.status == 401:
        return Expired(call.provider, "The key is too old.")
    if answer.status == 400:
        return MustReconnect(call.provider, "The permission was taken back.")
    if answer.status == 429:
        return Busy(call.provider, "It asks us to slow down.", retry_after=float(answer.headers["retry-after"]))
    return Unavailable(call.provider, "It is broken.")


@contextmanager
def token_server() -> Iterator[TokenServer]:
    server = TokenServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            status, told = server.reply(form)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if server.retry_after:
                self.send_header("Retry-After", server.retry_after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    listener = Listener(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}/api/token"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
