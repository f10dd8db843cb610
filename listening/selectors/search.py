"""Finds albums and tracks by what people type: words in any order, without accents, with slips of the finger.

First the words are looked for as they are, in the folded names. Only when nothing is there, each word is replaced by
the known words nearest to it, and what was misspelled is looked for again. Needs nothing of the database but LIKE.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.db.models import Case, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from rapidfuzz import fuzz, process

from listening.external import ids_of_address
from listening.folding import EDITION_WORDS, fold_text, fold_title
from listening.models import Album, ExternalId, Track

MOST_WORDS = 8
_CANDIDATES = 300
_NEAR, _NEAR_WHOLE = 75.0, 85.0  # similarity of a word, and of a whole name written in one
_SHORTEST = 4
_MOST_NAMES = 200_000
_MOST_KNOWN = 400_000


def find_albums(q: str, limit: int) -> list[int]:
    """Ids of albums, best first. `q` may be the address of an album in a known catalogue."""
    ids = ids_of_address(q)
    if ids:
        known = ExternalId.objects.filter(album__isnull=False, scheme__in=ids, value__in=ids.values())
        return list(dict.fromkeys(known.values_list("album_id", flat=True)))[:limit]
    return _find(Album.objects.all(), _ALBUM_WORDS, q, limit)


def find_tracks(q: str, limit: int) -> list[int]:
    """Ids of tracks, best first."""
    return _find(Track.objects.all(), _TRACK_WORDS, q, limit)


class _Words:
    """The words that names are made of, kept in memory and brought up to date by what changed since.

    A name of several words is also known written in one ("acdc" leads to "ac dc"). Words whose names are gone may
    stay: they lead to a query that finds nothing.
    """

    # Rows that were written earlier but committed later are still seen.
    _OVERLAP, _OVERLAP_PKS = timedelta(seconds=5), 2000

    def __init__(self, model: type[Album] | type[Track]) -> None:
        self.model = model
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.phrases: dict[str, str] = {}
        self.newest_pk, self.seen_until = 0, None
        self.spellings: list[str] = []

    def near(self, word: str, least: float) -> list[str]:
        """Phrases to look for instead of a word, the word itself first."""
        if len(word) < _SHORTEST:
            return [word]
        found = process.extract(word, self.spellings, scorer=fuzz.ratio, score_cutoff=least, limit=6)
        return list(dict.fromkeys([word, *(self.phrases[spelling] for spelling, _, _ in found)]))

    def refresh(self) -> None:
        with self.lock:
            newest = self.model.objects.aggregate(pk=Max("pk"), at=Max("updated_at"))
            if (newest["pk"] or 0) < self.newest_pk or len(self.spellings) > _MOST_KNOWN:
                self.forget()
            changed = self.model.objects.order_by("-pk")
            if self.seen_until is not None:
                late = Q(updated_at__gte=self.seen_until - self._OVERLAP)
                changed = changed.filter(Q(pk__gt=self.newest_pk - self._OVERLAP_PKS) | late)
            for names in changed.values_list("folded_title", "folded_artist")[:_MOST_NAMES].iterator(5000):
                self._learn(names)
            self.newest_pk, self.seen_until = newest["pk"] or 0, newest["at"]

    seen_until: datetime | None

    def _learn(self, names: Iterable[str]) -> None:
        for name in names:
            words = name.split()
            for spelling, phrase in [*zip(words, words, strict=True), (name.replace(" ", "")[:60], name)]:
                if len(spelling) >= _SHORTEST and spelling not in self.phrases:
                    self.phrases[spelling] = phrase
                    self.spellings.append(spelling)


_ALBUM_WORDS, _TRACK_WORDS = _Words(Album), _Words(Track)


def _find(rows: QuerySet[Any], known: _Words, q: str, limit: int) -> list[int]:
    for folded in dict.fromkeys([fold_text(q), fold_title(q), _without_edition(fold_text(q))]):
        words = _significant(folded)
        if not words:
            continue
        found = _candidates(rows, folded, [[word] for word in words])
        if found:
            return _different(sorted(found, key=lambda row: _rank(row, folded, words)), limit)
    return _find_near(rows, known, fold_text(q), limit)


def _find_near(rows: QuerySet[Any], known: _Words, folded: str, limit: int) -> list[int]:
    words = _significant(folded)
    if not any(len(word) >= _SHORTEST for word in words):
        return []
    known.refresh()
    found = _candidates(rows, folded, [known.near(word, _NEAR) for word in words])
    whole = known.near(folded.replace(" ", ""), _NEAR_WHOLE)[1:]
    found += _candidates(rows, folded, [whole]) if whole else []
    best = sorted(set(found), key=lambda row: (-_likeness(row, folded), row[0]))
    return _different(best, limit)


def _different(best: Iterable[tuple[int, str, str]], limit: int) -> list[int]:
    """Found under its own name and that of an alias, it is found once."""
    return list(dict.fromkeys(pk for pk, *_ in best))[:limit]


def _without_edition(folded: str) -> str:
    """Titles are folded without the words that only name an edition."""
    return " ".join(word for word in folded.split() if word not in EDITION_WORDS)


def _significant(folded: str) -> list[str]:
    """The words to look for; "the" may be missing in a folded name."""
    words = list(dict.fromkeys(folded.split()))[:MOST_WORDS]
    return [word for word in words if word != "the"] or words


def _candidates(rows: QuerySet[Any], folded: str, words: list[list[str]]) -> list[tuple[int, str, str]]:
    """Rows in whose title or artist each word is found, in one of its spellings; the likeliest first. The names of an
    alias lead to what it was merged into."""
    for spellings in words:
        asked = Q()
        for spelling in spellings:
            asked |= Q(folded_title__contains=spelling) | Q(folded_artist__contains=spelling)
        rows = rows.filter(asked)
    bare = folded.removeprefix("the ")
    nearness = Case(
        When(folded_title=bare, then=Value(0)),
        When(folded_artist=bare, then=Value(1)),
        When(folded_title__startswith=bare, then=Value(2)),
        When(folded_artist__startswith=bare, then=Value(3)),
        default=Value(4),
    )
    now = Coalesce("merged_into_id", "pk")
    ordered = rows.order_by(nearness, "pk").values_list(now, "folded_title", "folded_artist")
    return list(ordered[:_CANDIDATES])


def _rank(row: tuple[int, str, str], folded: str, words: list[str]) -> tuple[int, int, str, int]:
    pk, title, artist = row
    q, there = folded.removeprefix("the "), f" {title} {artist} "
    kinds = (
        title == q,
        artist == q or q in (f"{title} {artist}", f"{artist} {title}"),
        f"{title} ".startswith(f"{q} "),
        all(f" {word} " in there for word in words),
        title.startswith(q),
        all(f" {word}" in there for word in words),
    )
    return kinds.index(True) if True in kinds else len(kinds), len(title), title, pk


def _likeness(row: tuple[int, str, str], folded: str) -> float:
    _, title, artist = row
    return max(
        fuzz.ratio(folded, title), fuzz.ratio(folded, artist), fuzz.token_sort_ratio(folded, f"{title} {artist}")
    )
