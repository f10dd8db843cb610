"""Good answers of other catalogues, kept for a while, so that asking again sends nothing."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.core.cache import cache
from redis.exceptions import RedisError

from integrations.errors import NotThere
from integrations.types import AlbumData, ArtistData, TagData, TrackData

T = TypeVar("T")

KEPT_FOR = 7 * 86_400
NOTHING_FOR = 86_400
"""Seconds. What is not there today may be there tomorrow."""

# An answer is kept as the typed value it became; of another shape it is not read any more.
_SHAPE = sha256(
    repr([[each.name for each in fields(kind)] for kind in (AlbumData, ArtistData, TagData, TrackData)]).encode()
).hexdigest()[:8]
_FOUND, _NOTHING = "found", "nothing"
logger = logging.getLogger(__name__)


class Answers:
    """The answers of one piece of work: what was asked in it is never asked twice, and `fresh` reads nothing older.

    A failure is not kept. That something is not there is kept, for a shorter time.
    """

    def __init__(self, *, fresh: bool = False) -> None:
        self.fresh = fresh
        self.mine: dict[str, tuple[str, Any]] = {}
        self.sent = 0
        self.failed: Counter[str] = Counter()
        """Failures in a row, by provider; whoever asks counts them."""

    def ask(self, provider: str, call: str, key: str, work: Callable[[], T]) -> T:
        """The answer to `call` about `key`, from `work` where it is not known. Raises what `work` raises."""
        known = self.known(provider, call, key)
        if known is None:
            self.sent += 1
            try:
                found = work()
            except NotThere as nothing:
                self.keep_nothing(provider, call, key, nothing.sentence)
                raise
            self.keep(provider, call, key, found)
            return found
        state, value = known
        if state == _NOTHING:
            raise NotThere(provider, value)
        return cast(T, value)

    def if_there(self, provider: str, call: str, key: str, work: Callable[[], T]) -> T | None:
        """As `ask`; None for what is not there."""
        try:
            return self.ask(provider, call, key, work)
        except NotThere:
            return None

    def known(self, provider: str, call: str, key: str) -> tuple[str, Any] | None:
        place = _place(provider, call, key)
        if place in self.mine or self.fresh:
            return self.mine.get(place)
        kept = _read(place)
        if kept is not None:
            self.mine[place] = kept
        return kept

    def keep(self, provider: str, call: str, key: str, value: Any) -> None:
        self._keep(_place(provider, call, key), (_FOUND, value), KEPT_FOR if value else NOTHING_FOR)

    def keep_nothing(self, provider: str, call: str, key: str, sentence: str) -> None:
        self._keep(_place(provider, call, key), (_NOTHING, sentence), NOTHING_FOR)

    def _keep(self, place: str, value: tuple[str, Any], seconds: int) -> None:
        self.mine[place] = value
        try:
            cache.set(place, value, seconds)
        except RedisError:
            logger.warning("An answer of %s could not be kept: Redis does not answer.", place.split(":")[2])


def _place(provider: str, call: str, key: str) -> str:
    return f"asked:{_SHAPE}:{provider}:{call}:{sha256(key.encode()).hexdigest()[:32]}"


def _read(place: str) -> tuple[str, Any] | None:
    try:
        kept = cache.get(place)
    except RedisError:
        return None
    return kept if isinstance(kept, tuple) and len(kept) == 2 else None
