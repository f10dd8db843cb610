"""What the stand-ins are written with: requests, replies, routes, and pages of plain HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from integrations.sandbox.box import Box

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    "button{font:inherit;padding:.3rem 1rem}code{overflow-wrap:anywhere}"
)


@dataclass
class Request:
    """`path` is decoded behind the provider's prefix; header names are in small letters; `host` was checked."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    host: str
    other_person: bool = False
    """A fault: answer with what belongs to somebody else."""

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def args(self) -> dict[str, str]:
        return dict(self.pairs)

    def arg(self, name: str, default: str = "") -> str:
        return self.args.get(name, default)

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def json(self) -> Any:
        """The body, or None where it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def base(self) -> str:
        return f"http://{self.host}"


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    """Content-Type; "" where there is no body."""


class Refusal(Exception):
    """Ends a request early with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def answer(data: Any, status: int = 200, *, kind: str = "application/json; charset=utf-8", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, named, kind)


def plain(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), {}, "text/plain; charset=utf-8")


def empty(status: int = 204) -> Reply:
    return Reply(status)


def redirect(address: str, status: int = 302) -> Reply:
    return Reply(status, b"", {"Location": address})


def page(title: str, body: str, status: int = 200) -> Reply:
    """`body` is HTML whose foreign parts are escaped already; `title` is text."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    html = (
        f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}'
    )
    safety = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Referrer-Policy": "same-origin",
    }
    return Reply(status, f"{html}</body></html>".encode(), safety, "text/html; charset=utf-8")


Handler = Callable[..., Reply]


@dataclass(frozen=True)
class Route:
    methods: tuple[str, ...]
    pattern: re.Pattern[str]
    handler: Handler
    is_page: bool


class Routes:
    """The addresses of one provider under its prefix. `missing` answers what is none of them.

    Handlers take the box, the request and the path's named pieces. Pages are for people: no limits, no faults.
    """

    def __init__(self, provider: str, prefix: str, missing: Callable[[Request], Reply]) -> None:
        self.provider, self.prefix, self.missing = provider, prefix, missing
        self.routes: list[Route] = []

    def on(self, methods: str, path: str, *, is_page: bool = False) -> Callable[[Handler], Handler]:
        pieces = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
        pattern = re.compile(pieces + "/?")

        def keep(handler: Handler) -> Handler:
            self.routes.append(Route(tuple(methods.split()), pattern, handler, is_page))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self.routes:
            found = route.pattern.fullmatch(path)
            if found and method in route.methods:
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return None


def whole(text: str, default: int, least: int, most: int) -> int | None:
    """A whole number within bounds, the default where nothing is said, None where it is neither."""
    if text == "":
        return default
    return int(text) if re.fullmatch(r"-?[0-9]{1,16}", text) and least <= int(text) <= most else None


def run(routes: Routes, box: Box, request: Request) -> Reply:
    found = routes.find(request.method, request.path)
    if found is None:
        return routes.missing(request)
    try:
        return found[0].handler(box, request, **found[1])
    except Refusal as refusal:
        return refusal.reply
