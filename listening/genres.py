"""Which of the words that others put on an album are genres worth keeping. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from integrations.types import TagData
from listening.folding import fold_artist, fold_text, fold_title
from sidetrack.text import clean_line

MOST = 10
"""Genres that one source may put on an album."""
LONGEST = 40
LEAST_WEIGHT = 10
"""Of Last.fm's 0 to 100: what fewer listeners say is often a joke."""

_WORDS = (
    "seen live|albums i own|favorites|favourites|favorite|favourite|favorite albums|favourite albums|my albums|"
    "best albums|best of|albums|album|music|awesome|amazing|cool|good|great|love|loved|beautiful|masterpiece|classic|"
    "spotify|vinyl|owned|cd|wishlist|to listen|check out|under 2000 listeners|all|other|unknown|misc|miscellaneous|"
    "male vocalists|female vocalists|male vocalist|female vocalist|aoty|albums of the year|essential|perfect|"
    "1001 albums you must hear before you die|fixme|non music|worldwide"
)
_NOISE = frozenset(_WORDS.split("|"))
_YEARS = re.compile(r"(?:albums of )?(?:the )?(?:1[89]|20)?\d\ds?|best of .*|top \d+.*|\d+(?: stars?| of \d+)?")


def genres(tags: Sequence[TagData], *, title: str, artist: str, allow_listed: bool) -> list[tuple[str, int]]:
    """(name, weight) of at most ten genres, the weightiest first.

    `allow_listed`: the source says itself which of its words are genres (`TagData.is_genre`); where it does not,
    noise is left out: names, years, opinions, and what few say.
    """
    own = {fold_text(title), fold_title(title), fold_text(artist), fold_artist(artist)}
    kept: dict[str, tuple[str, int]] = {}
    for tag in sorted(tags, key=lambda tag: (-tag.weight, tag.name)):
        name = clean_line(tag.name)
        folded = fold_text(name)
        wanted = tag.is_genre if allow_listed else not _is_noise(folded, own) and tag.weight >= LEAST_WEIGHT
        if wanted and name and len(name) <= LONGEST and tag.weight > 0 and any(map(str.isalpha, folded)):
            kept.setdefault(folded, (name, tag.weight))
    return list(kept.values())[:MOST]


def _is_noise(folded: str, own: set[str]) -> bool:
    return folded in own or folded in _NOISE or bool(_YEARS.fullmatch(folded))
