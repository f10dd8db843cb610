"""Who may ask Spotify what: tokens, scopes, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.sandbox import consent
from integrations.sandbox.box import Box
from integrations.sandbox.people import Person
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, plain, whole


def error(status: int, message: str, **more: str) -> Reply:
    return answer({"error": {"status": status, "message": message, **more}}, status)


def refuse(status: int, message: str) -> Refusal:
    return Refusal(error(status, message))


api = Routes("spotify", "/spotify/v1", lambda _: error(404, "Service not found"))


def grant(box: Box, request: Request) -> Mapping[str, Any]:
    """What the token stands for: a person's consent, or the app itself. Raises Refusal 401."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        raise refuse(401, "No token provided")
    if kind.lower() != "bearer":
        raise refuse(400, "Only valid bearer authentication supported")
    found, why = consent.grant_of(box, token)
    if why == "expired":
        raise refuse(401, "The access token expired")
    if found is None or found.get("provider", "spotify") != "spotify":
        raise refuse(401, "Invalid access token")
    checked: Mapping[str, Any] = found
    person = checked["person"] and box.named(checked["person"])
    if person and not person.on_allowlist:
        raise Refusal(plain("User not registered in the Developer Dashboard", 403))
    return checked


def person(box: Box, request: Request, *scopes: str) -> Person:
    """Whose token it is; any of the scopes will do. Raises Refusal 401 or 403."""
    found = grant(box, request)
    if not found["person"]:
        raise refuse(401, "Valid user authentication required")
    if scopes and not set(scopes) & set(found["scopes"]):
        raise refuse(403, "Insufficient client scope")
    return box.person(request, found["person"])


def bounded(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A number of the query. Raises Refusal 400: Invalid limit."""
    value = whole(request.arg(name), default, least, most)
    if value is None:
        raise refuse(400, f"Invalid {name}")
    return value


def window(request: Request, most: int, default: int = 20) -> tuple[int, int]:
    """offset and limit"""
    return bounded(request, "offset", 0, 0, 100_000), bounded(request, "limit", default, 1, most)
