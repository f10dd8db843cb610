"""Looking for words in the catalogue: every word must be there, whatever its case and accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"\w+", "".join(mark for mark in plain if not unicodedata.combining(mark))))


def score(wanted: str, *texts: str) -> int:
    """0 to 100: 0 where a word is missing, 100 where nothing else is there."""
    words, have = folded(wanted).split(), folded(" ".join(texts)).split()
    if not words or any(not any(each.startswith(word) for each in have) for word in words):
        return 0
    return max(1, round(100 * len(words) / max(len(words), len(have))))


def best(items: Iterable[T], rate: Callable[[T], int]) -> list[tuple[int, T]]:
    """Those that are rated at all, best first, otherwise as they came."""
    rated = [(rate(item), item) for item in items]
    return sorted((pair for pair in rated if pair[0]), key=lambda pair: -pair[0])
