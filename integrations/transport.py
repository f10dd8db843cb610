"""Requests with bounds that hold: connecting, each read, the whole of it, and the size of the decompressed body.

What goes wrong leaves without the error it came from: that one holds the request, and with it the tokens.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException, IncompleteRead
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import TimeoutError as LibraryTimeout

from integrations.deadline import Adapter, Limits, limits

_CHUNK = 65536
_TIMEOUTS = (TimeoutError, LibraryTimeout, requests.Timeout)
_FAILURES = (OSError, HTTPError, HTTPException, ValueError)
"""What requests and the libraries under it raise; its own errors are OSErrors."""


class NotSent(OSError):
    """No connection came about: nothing of the request has arrived."""


class TooSlow(OSError):
    """A limit of time was reached; the request may have arrived."""


class TooLarge(Exception):
    """The body is larger than we read."""


class CutShort(Exception):
    """The body ended before its end, or cannot be decompressed."""


class CannotBeSent(Exception):
    """What we asked is no request: an address that is none, a line break in a header, a letter that no header has."""


class Transport:
    """Sessions of kept connections, one for each thread."""

    def __init__(self) -> None:
        self._mine = threading.local()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any],
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        json: Any,
        body: bytes | None,
        connect: float,
        read: float,
        total: float,
        most_bytes: int,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in small letters, and the body. Raises OSError, `TooLarge`, `CutShort` and
        `CannotBeSent`.

        A refusal (400 and above) is answered with as much of its body as came: what it says matters more than
        how it ends.
        """
        request = {
            "params": list(params.items()) if isinstance(params, dict) else params,
            "headers": dict(headers),
            "data": form if form is not None else body,
            "json": json,
        }
        with limits(connect=connect, read=read, total=total) as mine:
            found = self._outcome(method, url, request, most_bytes, mine)
        if isinstance(found, Exception):
            raise found
        return found

    def _outcome(
        self, method: str, url: str, request: dict[str, Any], most_bytes: int, mine: Limits
    ) -> tuple[int, dict[str, str], bytes] | Exception:
        """What came or what happened. Returned, so that it hangs on no other error."""
        try:
            with self._session().request(method, url, **request, allow_redirects=False, stream=True) as answer:
                content, failure = _read(answer, most_bytes, mine)
                if failure and answer.status_code < 400:
                    return failure
                return answer.status_code, {key.lower(): value for key, value in answer.headers.items()}, content
        except _FAILURES as error:
            return _failure(error, mine)

    def _session(self) -> requests.Session:
        """This thread's. After a fork a new one: two processes on one connection would read each other's answers."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None or self._mine.process != os.getpid():
            session = self._mine.session = _new_session()
            self._mine.process = os.getpid()
        return session


def _new_session() -> requests.Session:
    session = requests.Session()
    session.auth = _no_auth  # what stands in somebody's .netrc does not replace our headers
    session.headers = {"Accept-Encoding": "gzip", "Accept": "*/*"}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = Adapter(max_retries=0, pool_maxsize=4)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(answer: requests.Response, most_bytes: int, mine: Limits) -> tuple[bytes, Exception | None]:
    """The decompressed body, or as much as came of it and why no more. Never holds more than a piece too much."""
    parts: list[bytes] = []
    size = 0
    try:
        while piece := answer.raw.read1(_CHUNK, decode_content=True):
            parts.append(piece)
            size += len(piece)
            if size > most_bytes:
                return b"".join(parts)[:most_bytes], TooLarge()
    except _FAILURES as error:
        return b"".join(parts), _failure(error, mine)
    return b"".join(parts), None


def _failure(error: Exception, mine: Limits) -> Exception:
    """What happened, in our words and with nothing of theirs."""
    if not mine.sent:
        return CannotBeSent("no request") if isinstance(error, ValueError) else NotSent("no connection")
    causes = list(_causes(error))
    if time.monotonic() >= mine.ends or any(isinstance(one, _TIMEOUTS) for one in causes):
        return TooSlow("no answer in time")
    if any(isinstance(one, DecodeError | IncompleteRead | ValueError) for one in causes):
        return CutShort("the body is cut short")
    return OSError("the connection broke")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those it carries: the libraries wrap them into each other as arguments."""
    yield error
    for part in error.args:
        if isinstance(part, BaseException):
            yield from _causes(part)
