"""The bounds of a request hold, whatever a server does; nothing of a request is left in what goes wrong."""

from __future__ import annotations

import gzip
import os
import resource
import socket
import struct
import time
import zlib
from typing import Any

import pytest

from integrations import deadline
from integrations.transport import CannotBeSent, CutShort, NotSent, TooLarge, TooSlow, Transport
from tests.integrations.fake_provider import FakeProvider, Reply
from tests.integrations.raw_server import certificate, drips, read_request, says, serving

HEAD = b"HTTP/1.1 200 OK\r\n"
SECRET = "canary-5f2e"
HASTY = {"connect": 0.3, "read": 0.3, "total": 0.4}


def ask(url: str, transport: Transport | None = None, **wanted: Any) -> tuple[int, dict[str, str], bytes]:
    usual: dict[str, Any] = {
        "params": {},
        "headers": {"Authorization": f"Bearer {SECRET}"},
        "form": None,
        "json": None,
        "body": None,
        "connect": 5,
        "read": 5,
        "total": 5,
        "most_bytes": 100_000,
    }
    method = wanted.pop("method", "GET")
    return (transport or Transport()).send(method, url, **{**usual, **wanted})


def took(what: type[Exception], url: str, **wanted: Any) -> float:
    """Seconds until this went wrong, which it must."""
    began = time.monotonic()
    with pytest.raises(what) as caught:
        ask(url, **wanted)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert SECRET not in repr(caught.value)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"H"),
        (HEAD, b"X: y\r\n"),
        (HEAD, b"x"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f\x8b\x08\x00"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"\r\n", b"x"),
    ],
    ids=["status line", "headers", "one header", "body", "chunks", "chunk size", "gzip", "continue", "no length"],
)
def test_a_slow_drip_ends_at_the_deadline(first, drop):
    with serving(drips(first, drop)) as url:
        assert 0.05 < took((TooSlow, OSError, CutShort), url, **HASTY) < 2.9


def test_each_pause_is_bounded_by_itself_too():
    with serving(lambda _: time.sleep(3)) as url:
        assert 0.08 < took(TooSlow, url, read=0.1, total=5) < 2.9


def test_a_server_that_does_not_read_holds_nobody():
    with serving(lambda _: time.sleep(3)) as url:
        assert took(TooSlow, url, method="POST", body=b"x" * 50_000_000, **HASTY) < 2.9


def test_tls_keeps_the_deadline_and_checks_who_it_is(tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            read_request(inner)
            inner.sendall(HEAD + b"Content-Length: 500\r\n\r\n")
            for _ in range(500):
                inner.sendall(b"x")
                time.sleep(0.02)

    with serving(behave, context) as url:
        assert took(NotSent, url) < 4.9  # nobody vouches for it, and it has seen no token
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        assert 0.3 < took(TooSlow, url, total=0.4) < 2.9
        assert took(NotSent, url.replace("127.0.0.1", "localhost")) < 4.9  # vouched for, as somebody else


def test_tls_works(tmp_path, monkeypatch):
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            came = read_request(inner)
            inner.sendall(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(came), came))

    with serving(behave, context) as url:
        status, _, content = ask(url, method="POST", body=b"z" * 300_000, most_bytes=10**6, total=5)
    assert status == 200
    assert content.count(b"z") >= 300_000


def test_a_handshake_that_drips_ends_in_time(tmp_path):
    context, _ = certificate(tmp_path)
    with serving(lambda _: time.sleep(3), context) as url:
        assert took(NotSent, url, **HASTY) < 2.9


def test_a_name_that_is_looked_up_for_ever_ends_in_time(monkeypatch):
    monkeypatch.setattr(deadline.socket, "getaddrinfo", lambda *_, **__: time.sleep(1))
    assert took(NotSent, "http://provider.example/", **HASTY) < 2.9


def test_an_address_that_says_nothing_leaves_time_for_the_next(monkeypatch):
    """A listener whose queue is full takes no connection and refuses none."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(silent.getsockname())
    with FakeProvider() as there:
        there.on("*", Reply(200, b"here"))
        port = int(there.url.rpartition(":")[2])
        both = [silent.getsockname()[1], port]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one)) for one in both]
        monkeypatch.setattr(deadline.socket, "getaddrinfo", lambda *_, **__: found)
        assert ask("http://provider.example/", connect=0.8)[2] == b"here"
    for each in (*waiting, silent):
        each.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
def test_where_no_connection_comes_about_nothing_was_sent(url):
    took(NotSent, url)


@pytest.mark.parametrize(
    "wanted",
    [
        {"headers": {"Authorization": f"Bearer {SECRET}\nX: y"}},
        {"headers": {"Authorization": f"Bearer {SECRET}☃"}},
    ],
    ids=["line break", "snowman"],
)
def test_what_is_no_request_is_said_to_be_none(wanted):
    with FakeProvider() as there:
        took(CannotBeSent, there.url, **wanted)
        assert there.requests == []


@pytest.mark.parametrize("url", ["nothing", "ftp://127.0.0.1/", "http://", "http://[1", "http://127.0.0.1:99999999/"])
def test_an_address_that_is_none(url):
    took((CannotBeSent, NotSent), url)


def _reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("behave", "what"),
    [
        (_reset, OSError),
        (says(b""), OSError),
        (says(b"HTTP/1.1 two hundred\r\n\r\n"), OSError),
        (says(b"<html>this is no HTTP</html>\r\n\r\n"), OSError),
        (says(HEAD + b"Content-Length: 100\r\n\r\nhalf"), CutShort),
        (says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe"), CutShort),
        (says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello"), CutShort),
        (says(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"), CutShort),
        (says(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), OSError),
        (says(HEAD + b"X: y\r\n" * 200 + b"\r\n"), OSError),
        (says(HEAD + b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000), TooLarge),
        (says(HEAD + b"\r\n" + b"x" * 200_000), TooLarge),
    ],
    ids=[
        "reset",
        "closed",
        "status",
        "no HTTP",
        "cut",
        "cut chunk",
        "bad chunk",
        "no gzip",
        "long header",
        "many headers",
        "large",
        "large without length",
    ],
)
def test_what_cannot_be_read_is_told_apart(behave, what):
    with serving(behave) as url:
        assert took(what, url) < 4.9


def test_a_bomb_is_not_unpacked():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(100)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    with serving(says(answer)) as url:
        assert took(TooLarge, url) < 4.9
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 30_000_000


def test_a_bomb_in_a_bomb_is_not_unpacked():
    inner = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    answer = HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner
    with serving(says(answer)) as url:
        assert took(TooLarge, url) < 4.9


def test_what_is_compressed_is_unpacked():
    with FakeProvider() as there:
        there.on("*", Reply(200, gzip.compress(b"hello" * 1000), {"Content-Encoding": "gzip"}))
        assert ask(there.url)[2] == b"hello" * 1000
        assert there.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 100\r\n\r\nToo many requests",
        b"Content-Encoding: gzip\r\n\r\nToo many requests",
        b"Content-Length: 200000\r\n\r\n" + b"x" * 200_000,
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nToo m",
    ],
    ids=["cut", "no gzip", "large", "cut chunk"],
)
def test_a_refusal_is_heard_however_it_ends(body):
    with serving(says(b"HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\n" + body)) as url:
        status, headers, content = ask(url)
    assert (status, headers["retry-after"]) == (429, "7")
    assert len(content) <= 100_000


def test_a_refusal_that_drips_is_heard_at_the_deadline():
    with serving(drips(b"HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 900\r\n\r\n", b"x")) as url:
        began = time.monotonic()
        assert ask(url, total=0.4)[0] == 429
        assert time.monotonic() - began < 2.9


def test_redirects_are_not_followed():
    with FakeProvider() as there:
        there.on("/here", Reply(302, headers={"Location": f"{there.url}/there"}))
        status, headers, _ = ask(f"{there.url}/here")
        assert (status, headers["location"]) == (302, f"{there.url}/there")
        assert [one.path for one in there.requests] == ["/here"]


def test_no_cookie_is_kept():
    transport = Transport()
    with FakeProvider() as there:
        there.on("*", Reply(200, b"x", {"Set-Cookie": "who=ann; Path=/"}))
        for _ in range(2):
            ask(there.url, transport)
        assert all("cookie" not in one.headers for one in there.requests)


def test_what_stands_in_netrc_is_not_sent(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeProvider() as there:
        there.on("*", Reply(200, b"x"))
        ask(there.url)
        ask(there.url, headers={})
        assert [one.headers.get("authorization") for one in there.requests] == [f"Bearer {SECRET}", None]


def test_a_proxy_of_the_environment_is_used_and_keeps_the_deadline(monkeypatch):
    with serving(drips(HEAD + b"Content-Length: 900\r\n\r\n", b"x")) as url:
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("https_proxy", url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        assert took(TooSlow, "http://provider.example/", total=0.4) < 2.9
    with serving(drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")) as url:
        monkeypatch.setenv("https_proxy", url)
        assert took(OSError, "https://provider.example/", total=0.4) < 2.9


def test_connections_are_kept_and_a_broken_one_is_not_used_again():
    seen = []

    def behave(connection: socket.socket) -> None:
        seen.append(connection)
        while read_request(connection):
            connection.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello")

    transport = Transport()
    with serving(behave) as url:
        for _ in range(3):
            assert ask(url, transport)[2] == b"hello"
        assert len(seen) == 1
        seen[0].shutdown(socket.SHUT_RDWR)
        time.sleep(0.02)
        assert ask(url, transport)[2] == b"hello"
        assert len(seen) == 2


def test_what_is_left_of_a_bad_answer_is_not_read_as_the_next_one():
    transport = Transport()
    with FakeProvider() as there:
        there.on("/large", Reply(200, b"x" * 300_000))
        there.on("/small", Reply(200, b"small"))
        took(TooLarge, f"{there.url}/large", transport=transport)
        assert ask(f"{there.url}/small", transport)[2] == b"small"


def test_after_a_fork_connections_are_new(monkeypatch):
    transport = Transport()
    mine = transport._session()
    assert transport._session() is mine
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert transport._session() is not mine


def test_a_patient_call_after_a_hasty_one_has_its_time():
    transport = Transport()
    with FakeProvider() as there:
        there.on("/quick", Reply(200, b"x"))
        there.on("/slow", Reply(200, b"slow", delay=0.6))
        ask(f"{there.url}/quick", transport, read=0.4, total=0.4)
        assert ask(f"{there.url}/slow", transport)[2] == b"slow"
