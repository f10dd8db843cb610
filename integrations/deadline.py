"""Connections that keep a deadline: no server holds a thread longer, however slowly it drips.

The timeouts of `requests` begin anew with every byte, also of the headers, and looking up a name has none. Here each
read and write of a socket is given no more than what is left of the whole call. The limits are the thread's own, as
each thread has its own connections (transport.py).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context


class Limits(threading.local):
    """`sent`: has anything of the request left us?"""

    ends = float("inf")
    connect = 5.0
    read = 15.0
    sent = False


_limits = Limits()


@contextmanager
def limits(*, connect: float, read: float, total: float) -> Iterator[Limits]:
    """What this thread does over `Adapter` meanwhile ends in time, in seconds from now, with a TimeoutError."""
    _limits.ends, _limits.connect, _limits.read, _limits.sent = time.monotonic() + total, connect, read, False
    try:
        yield _limits
    finally:
        _limits.ends = float("inf")


def _left() -> float:
    """Seconds, more than 0; TimeoutError where none are left."""
    left = _limits.ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the whole took too long")
    return left


class _Bounded:
    """Of a socket: each operation ends in time."""

    def recv_into(self, *args: Any) -> int:
        self._hurry()
        return int(super().recv_into(*args))  # type: ignore[misc]

    def send(self, *args: Any) -> int:
        self._hurry()
        return int(super().send(*args))  # type: ignore[misc]

    def sendall(self, *args: Any) -> None:
        _limits.sent = True
        self._hurry()
        super().sendall(*args)  # type: ignore[misc]

    def _hurry(self) -> None:
        self.settimeout(min(_limits.read, _left()))  # type: ignore[attr-defined]


class _Socket(_Bounded, socket.socket):
    pass


class _TLSSocket(_Bounded, ssl.SSLSocket):
    """Its handshake takes the timeout of the socket for the whole of it."""


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        try:
            return _connected(self._dns_host, self.port, self.socket_options or [])
        except (OSError, UnicodeError):
            raise NewConnectionError(self, "no connection") from None


class _TLSConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        if self.ssl_context is None:
            self.ssl_context = create_urllib3_context()
        self.ssl_context.sslsocket_class = _TLSSocket
        super().connect()


def _connected(host: str, port: int, options: Any) -> socket.socket:
    """A connection to the first address that takes one. An address that says nothing gets half of the time left."""
    ends = time.monotonic() + min(_limits.connect, _left())
    addresses = _addresses(host, port, ends - time.monotonic())
    for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        is_last = number == len(addresses)
        left = max(0.001, ends - time.monotonic())
        found = _Socket(family, kind, protocol)
        try:
            for option in options:
                found.setsockopt(*option)
            found.settimeout(left if is_last else left / 2)
            found.connect(address)
            found.settimeout(max(0.001, ends - time.monotonic()))  # for the handshake
            return found
        except OSError:
            found.close()
            if is_last:
                raise
    raise OSError("the name has no address")


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    """Looks up a name in a thread of its own, as nothing else bounds how long that takes."""
    answer: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=look_up, name="look up a name", daemon=True).start()
    try:
        found = answer.get(timeout=max(0.001, seconds))
    except Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(found, Exception):
        raise found
    return found


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class Adapter(HTTPAdapter):
    """For `requests.Session.mount`: connections that keep to `limits`, through a proxy of the environment too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
