"""How often we may ask each provider: the documented limits, and an operator's own (PROVIDER_RATES). Pure.

A name is "provider", "provider.group" or "provider.account"; the last holds for each account by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PROVIDERS = {
    "spotify": "Spotify",
    "lastfm": "Last.fm",
    "listenbrainz": "ListenBrainz",
    "musicbrainz": "MusicBrainz",
    "coverart": "the Cover Art Archive",
    "reccobeats": "ReccoBeats",
    "deezer": "Deezer",
    "itunes": "iTunes",
    "discord": "Discord",
}
"""Names as they stand in a sentence."""


@dataclass(frozen=True)
class Budget:
    """`requests` in `seconds` on the long run, at most `burst` of them at once."""

    requests: int
    seconds: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return self.seconds / self.requests


DOCUMENTED: Mapping[str, Budget] = {
    # A rolling window of 30 s; the number is unpublished and lower for apps in development mode.
    "spotify": Budget(90, 30, 20),
    # Groups that are known to share small quotas of their own.
    "spotify.search": Budget(20, 30, 5),
    "spotify.artist_albums": Budget(10, 30, 3),
    "spotify.playlists": Budget(30, 30, 10),
    "spotify.account": Budget(30, 30, 10),
    # Terms of service: 5 a second on average.
    "lastfm": Budget(5, 1, 5),
    # X-RateLimit: 30 in 10 seconds.
    "listenbrainz": Budget(30, 10, 10),
    # One a second; over it, all requests are refused.
    "musicbrainz": Budget(1, 1, 1),
    "coverart": Budget(5, 1, 5),
    # Unpublished.
    "reccobeats": Budget(3, 1, 3),
    # 50 in 5 seconds.
    "deezer": Budget(50, 5, 10),
    # About 20 a minute.
    "itunes": Budget(20, 60, 5),
    # 50 a second for the whole app; sign-in needs little of it.
    "discord": Budget(20, 1, 10),
}


def label(provider: str) -> str:
    return PROVIDERS.get(provider, provider)


def budgets(own: Iterable[str]) -> dict[str, Budget]:
    """The documented budgets with an operator's own in their place. ValueError names the entry that is wrong."""
    found = dict(DOCUMENTED)
    for entry in own:
        name, budget = _parsed(entry)
        found[name] = budget
    return found


def _parsed(entry: str) -> tuple[str, Budget]:
    name, _, rate = entry.partition("=")
    name = name.strip()
    requests, _, seconds = rate.partition("/")
    if name.partition(".")[0] not in PROVIDERS:
        raise ValueError(f"{entry!r} names no provider; use one of {', '.join(PROVIDERS)}")
    try:
        count, length = int(requests), float(seconds)
    except ValueError:
        raise ValueError(f"{entry!r} is not like spotify=90/30, requests in seconds") from None
    if count < 1 or not 0 < length <= 86_400:
        raise ValueError(f"{entry!r} allows nothing; at least one request in at most a day")
    known = DOCUMENTED.get(name)
    burst = max(1, min(count, known.burst if known else count))
    return name, Budget(count, length, burst)
