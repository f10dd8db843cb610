"""Requests with bounds that hold: connecting, each read, the whole of it, and the size of the decompressed body."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

_CHUNK = 65536


class NotSent(OSError):
    """No connection came about: the request has not arrived."""


class TooSlow(OSError):
    """A limit of time was reached; the request may have arrived."""


class TooLarge(Exception):
    """The body is larger than we read."""


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
        """Status, headers by their names in small letters, and the body. Raises OSError and `TooLarge`."""
        ends = time.monotonic() + total
        try:
            with self._session().request(
                method,
                url,
                params=list(params.items()) if isinstance(params, dict) else params,
                headers=dict(headers),
                data=form if form is not None else body,
                json=json,
                timeout=(connect, read),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _read(answer, most_bytes, ends)
                return answer.status_code, {key.lower(): value for key, value in answer.headers.items()}, content
        except requests.ConnectTimeout:
            raise NotSent("no connection in time") from None
        except requests.Timeout:
            raise TooSlow("no answer in time") from None
        except requests.ConnectionError:
            raise OSError("the connection broke") from None
        except requests.RequestException:
            raise OSError("the answer broke off") from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = _no_auth  # what stands in somebody's .netrc does not replace our headers
            adapter = HTTPAdapter(max_retries=0, pool_maxsize=4)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            self._mine.session = session
        return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(answer: requests.Response, most_bytes: int, ends: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        piece = answer.raw.read1(_CHUNK, decode_content=True)
        if not piece:
            return b"".join(parts)
        parts.append(piece)
        size += len(piece)
        if size > most_bytes:
            raise TooLarge
        if time.monotonic() > ends:
            raise TooSlow("the whole took too long")
