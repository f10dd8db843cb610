"""A week's answer rendered once and kept under the fingerprint of all it shows.

The fingerprint is read from the database for every answer, so a kept answer is used only while
everything in it is still so, whoever changed it in whichever process. Kept per process
(`caches["local"]`): the key says it all, nothing needs to be told to anybody. What is the viewer's
own is added outside.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.cache import caches

from club.selectors.state import WeekState
from club.selectors.week import week_detail

KEPT_FOR = 24 * 3600
"""Seconds; an answer nobody asked for that long is forgotten."""


def week_detail_bytes(state: WeekState) -> bytes:
    """`week_detail` as JSON, from the cache where it is there; else two queries."""
    key = f"week:{state.fingerprint}"
    kept = caches["local"].get(key)
    if isinstance(kept, bytes):
        return kept
    rendered = render(week_detail(state))
    caches["local"].set(key, rendered, KEPT_FOR)
    return rendered


def with_own(rendered: bytes, own: dict[str, Any]) -> bytes:
    """A rendered object with the viewer's own fields put in front."""
    return render(own)[:-1] + b"," + rendered[1:]


def render(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value)} is no JSON")
