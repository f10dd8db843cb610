"""Pairs that may be one, noted for moderators to decide.

The nightly search never compares everything with everything: it puts entries under a key of what two spellings of
one thing have in common, and looks only inside what stands under one key.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from listening.folding import has_edition
from listening.matching import SMALL_WORDS, Described, Verdict, decide
from listening.models import Album, AlbumArtist, Artist, LookAlike, TrackArtist
from listening.services.merge_handlers import MODELS
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import NotFound

Pairs = list[tuple[int, int]]
Keep = Callable[[], None]

SCORES = {"ids": 100, "spelling": 95, "people": 90, "one album": 85}
"""How much speaks for a pair, of 100; names that are near have the likeness of their names, at most MOST_NEAR."""

MOST_NEAR = 89
MOST_IN_BLOCK = 40
"""Entries under one key that are compared with one another; what has more namesakes has them on purpose."""

_MOST_NOTED = 5000
_CHUNK = 5000
_BRACKETS = re.compile(r"\s*[(\[{][^()\[\]{}]*[)\]}]")


def note_pairs(kind: str, pairs: Pairs, *, why: str, score: int | None = None) -> int:
    """Keep pairs for a moderator to decide; a pair that is known, decided or not, stays as it is. Returns how many
    there are more."""
    rows = [
        LookAlike(kind=kind, first_id=min(pair), second_id=max(pair), why=why, score=score or SCORES[why])
        for pair in dict.fromkeys(pairs)
        if pair[0] != pair[1]
    ]
    if not rows:
        return 0
    before = LookAlike.objects.count()
    LookAlike.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return LookAlike.objects.count() - before


@transaction.atomic
def dismiss(look_alike_id: int, *, by: Actor) -> LookAlike:
    """They are not the same: the pair is never brought up again."""
    return _decide(look_alike_id, LookAlike.State.DISMISSED, by)


@transaction.atomic
def bring_up_again(look_alike_id: int, *, by: Actor) -> LookAlike:
    """Undo of `dismiss`."""
    return _decide(look_alike_id, LookAlike.State.OPEN, by)


def find_lookalikes(*, keep: Keep = lambda: None) -> dict[str, int]:
    """The nightly search. Returns how many pairs of each kind are new, and how many were dropped because one of the
    two is gone or an alias."""
    counts = {"pruned": _prune()}
    for kind in MODELS:
        new = 0
        for why, score, pairs in _searches(kind):
            keep()
            new += note_pairs(kind, pairs, why=why, score=score)
        counts[f"{kind}s"] = new
    return counts


def loose_key(*folded: str) -> str:
    """What looser spellings have in common: spaces, brackets and small words ("and", "the") gone."""
    return "\n".join(_loose(name) for name in folded)


def _loose(folded: str) -> str:
    bare = _BRACKETS.sub("", folded)
    words = [word for word in re.split(r"\W+", bare) if word and word not in SMALL_WORDS]
    return "".join(words) or folded.replace(" ", "")


def _searches(kind: str) -> Iterator[tuple[str, int | None, Pairs]]:
    yield "spelling", None, _same_spelling(kind)
    if kind == "artist":
        return
    yield "people", None, _same_people(kind)
    near: dict[int, Pairs] = defaultdict(list)
    for pair, score in _near_titles(kind):
        near[score].append(pair)
    for score in sorted(near, reverse=True):
        yield "near titles", score, near[score]


def _same_spelling(kind: str) -> Pairs:
    """Equal once loosened, though not equal as folded: those are namesakes that were told apart, or one already."""
    groups: dict[int, list[int]] = {}
    names = ["folded"] if kind == "artist" else ["folded_artist", "folded_title"]
    for pk, *folded in _standing(kind, *names):
        # A hash, not the text: a million names stay in a hundred megabytes.
        groups.setdefault(hash(loose_key(*folded)), []).append(pk)
    blocks = [pks for pks in groups.values() if 1 < len(pks) <= MOST_IN_BLOCK]
    return _plausible(kind, blocks, lambda one, other: _names(one) != _names(other) and _alike(one, other))


def _same_people(kind: str) -> Pairs:
    """One folded title by one artist, under different credits."""
    through: Any = AlbumArtist if kind == "album" else TrackArtist
    standing = {f"{kind}__merged_into": None}
    titled = (
        through.objects.filter(**standing)
        .order_by()
        .values_list("artist", f"{kind}__folded_title")
        .annotate(many=Count(kind, distinct=True))
        .filter(many__gt=1, many__lte=MOST_IN_BLOCK)[:_MOST_NOTED]
    )
    blocks = []
    for artist, title, _ in list(titled):
        rows = through.objects.filter(**standing, artist=artist, **{f"{kind}__folded_title": title})
        blocks.append(sorted(set(rows.values_list(f"{kind}_id", flat=True))))
    return _plausible(kind, blocks, lambda one, other: one.folded_artist != other.folded_artist and _alike(one, other))


def _near_titles(kind: str) -> Iterator[tuple[tuple[int, int], int]]:
    """Titles of one credit that begin with the same letters and are near (listening/matching.py)."""
    rows: dict[tuple[str, str], list[tuple[int, Described]]] = defaultdict(list)
    last, found = "", 0
    fields = ["folded_artist", "folded_title", "title", "artist_credit", *(["year"] if kind == "album" else [])]
    for pk, artist, folded, title, credit, *year in _standing(kind, *fields, order="folded_artist"):
        if artist != last:
            for pair in _near_pairs(rows):
                yield pair
                found += 1
            rows.clear()
            last = artist
        if found >= _MOST_NOTED:
            return
        rows[artist, folded[:3]].append((pk, Described(title, credit, year[0] if year else None)))
    yield from _near_pairs(rows)


def _near_pairs(
    rows: dict[tuple[str, str], list[tuple[int, Described]]],
) -> Iterator[tuple[tuple[int, int], int]]:
    for block in rows.values():
        for (pk, one), (other_pk, other) in combinations(block[:MOST_IN_BLOCK], 2):
            decision = decide(one, other)
            if decision.verdict is not Verdict.DIFFERENT and decision.score < 100:
                yield (pk, other_pk), min(int(decision.score), MOST_NEAR)


def _plausible(kind: str, blocks: Sequence[list[int]], same: Callable[[Any, Any], bool]) -> Pairs:
    pairs: Pairs = []
    for start in range(0, len(blocks), 200):
        some = blocks[start : start + 200]
        rows = MODELS[kind]._default_manager.in_bulk([pk for block in some for pk in block])
        for block in some:
            here = [rows[pk] for pk in sorted(block) if pk in rows]
            pairs += [(one.pk, other.pk) for one, other in combinations(here, 2) if same(one, other)]
        if len(pairs) >= _MOST_NOTED:
            break
    return pairs[:_MOST_NOTED]


def _alike(one: Any, other: Any) -> bool:
    """Nothing but the names speaks: years far apart speak against two albums."""
    if not isinstance(one, Album) or one.year is None or other.year is None:
        return True
    return abs(one.year - other.year) <= 2 or has_edition(one.title) or has_edition(other.title)


def _names(row: Any) -> tuple[str, ...]:
    return (row.folded,) if isinstance(row, Artist) else (row.folded_artist, row.folded_title)


def _standing(kind: str, *fields: str, order: str = "pk") -> Iterator[tuple[Any, ...]]:
    rows: Any = MODELS[kind]._default_manager.filter(merged_into=None)
    yield from rows.order_by(order, "pk").values_list("pk", *fields).iterator(_CHUNK)


def _prune() -> int:
    """Open pairs of which one is gone or an alias."""
    gone = 0
    for kind, model in MODELS.items():
        here = model._default_manager.filter(merged_into=None)
        both = Exists(here.filter(pk=OuterRef("first_id"))) & Exists(here.filter(pk=OuterRef("second_id")))
        gone += LookAlike.objects.filter(~Q(both), kind=kind, state=LookAlike.State.OPEN).delete()[0]
    return gone


def _decide(look_alike_id: int, state: str, by: Actor) -> LookAlike:
    by.must_moderate()
    found = LookAlike.objects.select_for_update().filter(pk=look_alike_id).first()
    if found is None or found.state == LookAlike.State.MERGED:
        raise NotFound("This pair is not open.")
    if found.state != state:
        before, found.state, found.decided_by = found.state, state, by.user
        found.save(update_fields=["state", "decided_by"])
        audit.record("lookalike.decide", found, by=by, before={"state": before}, after={"state": state})
    return found
