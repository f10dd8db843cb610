"""Sending to the Web API, and ids that are safe to stand in an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.errors import NotThere
from integrations.http import Answer, Call, send
from integrations.providers.reading import object_of
from integrations.providers.spotify.judging import NAME, judge
from integrations.types import Access

_ID = re.compile(r"[0-9A-Za-z]{1,64}")


def ask(
    access: Access, method: str, path: str, group: str, *, params: Mapping[str, Any] | None = None, json: Any = None
) -> dict[str, Any]:
    """The JSON object that a call answers with; an empty one for 204 and for writes that answer nothing."""
    call = Call(
        provider=NAME,
        url=f"{settings.SPOTIFY_API_URL}/{path}",
        method=method,
        group=group,
        access=access,
        params=params or {},
        headers={"Authorization": f"Bearer {access.token.reveal()}"},
        json=json,
    )
    return _object(call, send(call, judge))


def get(access: Access, path: str, group: str, **params: Any) -> dict[str, Any]:
    return ask(access, "GET", path, group, params=params)


def _object(call: Call, answer: Answer) -> dict[str, Any]:
    return object_of(call, answer) if answer.content else {}


def checked(spotify_id: str) -> str:
    """An id as it may stand in a path; nothing else is asked for (Spotify knows no such thing)."""
    if not _ID.fullmatch(spotify_id):
        raise NotThere(NAME, "Spotify does not know this.")
    return spotify_id
