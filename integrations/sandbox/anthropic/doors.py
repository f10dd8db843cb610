"""Keys, versions and errors. Any key that begins with "sandbox-" is known."""

from __future__ import annotations

from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer


def error(status: int, kind: str, message: str) -> Reply:
    id = f"req_{ids.base62(24, status, kind, message)}"
    said = {"type": "error", "error": {"type": kind, "message": message}, "request_id": id}
    return answer(said, status, kind="application/json", request_id=id)


def refuse(status: int, kind: str, message: str) -> Refusal:
    return Refusal(error(status, kind, message))


def invalid(message: str) -> Refusal:
    return refuse(400, "invalid_request_error", message)


routes = Routes("anthropic", "/anthropic/v1", lambda _: error(404, "not_found_error", "Not found"))


def good(box: Box, data: Any) -> Reply:
    return answer(data, kind="application/json", request_id=f"req_{box.minted(24, 'request')}")


def must_be_let_in(request: Request) -> None:
    """By Authorization, as clients of 2026 send it, or by x-api-key."""
    sent = request.headers.get("authorization", "")
    key = sent[7:] if sent.lower().startswith("bearer ") else request.headers.get("x-api-key", "")
    if not key.startswith("sandbox-"):
        raise refuse(401, "authentication_error", "invalid x-api-key" if key else "no API key was sent")
    if not request.headers.get("anthropic-version"):
        raise invalid("anthropic-version: header is required")


def body(request: Request) -> dict[str, Any]:
    must_be_let_in(request)
    data = request.json()
    if not isinstance(data, dict):
        raise invalid("The request body is not valid JSON")
    return data
