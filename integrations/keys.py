"""The immutable key of what a source said."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b


def source_key(*said: str | int) -> str:
    """40 hex digits over the parts, in order. The same parts give the same key for ever: stored listens rest on it."""
    text = "\x1f".join(str(part) for part in said)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def play_key(start: datetime, artist: str, track: str) -> str:
    """The key of a source that tells plays by time and names: the same record from file, API and client is one.

    `start` is in UTC as the source said it, `artist` and `track` as written there, cleaned but not folded.
    """
    return source_key(start.isoformat(), artist, track)
