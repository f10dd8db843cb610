"""How many requests a provider takes: sliding windows on the sandbox's clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds. `counts_refused`: asking too early keeps the door shut (MusicBrainz)."""

    most: int
    seconds: float
    counts_refused: bool = False


LIMITS = {
    "spotify": Limit(180, 30.0),
    "lastfm": Limit(25, 5.0),
    "listenbrainz": Limit(30, 10.0),
    "musicbrainz": Limit(1, 0.95, counts_refused=True),
    "reccobeats": Limit(60, 10.0),
    "deezer": Limit(50, 5.0),
    "itunes": Limit(20, 60.0),
    "discord": Limit(50, 1.0),
    "anthropic": Limit(50, 60.0),
}


@dataclass(frozen=True)
class Count:
    """What stands in the headers: `left` in this window, `reset` seconds until one more is free."""

    limit: Limit
    left: int
    reset: float
    refused: bool


class Limits:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._times: dict[str, deque[float]] = {}

    def count(self, provider: str) -> Count | None:
        """Counts one request; None where the provider has no limit."""
        limit = LIMITS.get(provider)
        if limit is None:
            return None
        now = self._clock()
        with self._lock:
            times = self._times.setdefault(provider, deque())
            while times and not now - limit.seconds < times[0] <= now:
                times.popleft()
            refused = len(times) >= limit.most
            if not refused or limit.counts_refused:
                times.append(now)
            if len(times) > limit.most:
                times.popleft()
            reset = max(0.0, times[0] + limit.seconds - now)
            return Count(limit, limit.most - len(times), reset, refused)
