"""What providers let this app do, as last seen: Spotify closed much of its interface, and not for all apps alike.

Code asks `is_open` before it calls, and tells what came of it. A closed door is tried again after `ASK_AGAIN`: apps
are let in to more, and providers change their minds. A closed door never says anything about a member's account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import caches
from django.utils import timezone

from integrations.models import Capability

ASK_AGAIN = timedelta(days=7)
SEEN_AGAIN = timedelta(days=1)
"""An open door is written down anew at most this often."""
_KEPT_FOR = 30
"""Seconds in which another process's discovery may stay unknown to this one: a wasted call, nothing worse."""
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Seen:
    """What is remembered of one; `ask_again_at` is None for an open one."""

    is_open: bool
    seen_at: datetime
    ask_again_at: datetime | None


def is_open(provider: str, name: str) -> bool:
    """May it be tried? Yes when unknown, open, or closed so long ago that it is worth asking again."""
    seen = _seen(provider, name)
    return seen is None or seen.is_open or (seen.ask_again_at is not None and seen.ask_again_at <= timezone.now())


def note_open(provider: str, name: str) -> None:
    """It just worked. Cheap to call after every use."""
    seen = _seen(provider, name)
    if seen is None or not seen.is_open or seen.seen_at < timezone.now() - SEEN_AGAIN:
        _note(provider, name, is_open=True, detail="", ask_again_at=None)


def note_closed(provider: str, name: str, detail: str = "") -> None:
    """It was refused as such. `detail` is for operators; it holds nothing of a member's."""
    _note(provider, name, is_open=False, detail=detail[:200], ask_again_at=timezone.now() + ASK_AGAIN)


def forget(provider: str, name: str) -> None:
    """Whatever is remembered of it: the next use finds out anew."""
    Capability.objects.filter(provider=provider, name=name).delete()
    caches["local"].delete(_key(provider, name))


def _note(provider: str, name: str, *, is_open: bool, detail: str, ask_again_at: datetime | None) -> None:
    now = timezone.now()
    known = {"is_open": is_open, "detail": detail, "seen_at": now, "ask_again_at": ask_again_at}
    Capability.objects.update_or_create(provider=provider, name=name, defaults=known)
    caches["local"].set(_key(provider, name), Seen(is_open, now, ask_again_at), _KEPT_FOR)


def _seen(provider: str, name: str) -> Seen | None:
    kept = caches["local"].get(_key(provider, name))
    if kept is None:
        row = Capability.objects.filter(provider=provider, name=name).first()
        kept = Seen(row.is_open, row.seen_at, row.ask_again_at) if row else _UNKNOWN
        caches["local"].set(_key(provider, name), kept, _KEPT_FOR)
    return kept if isinstance(kept, Seen) else None


def _key(provider: str, name: str) -> str:
    return f"capability:{provider}:{name}"
