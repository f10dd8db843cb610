"""What moderators see of merging: pairs that may be one, two entries side by side, and what was merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Count, Func, IntegerField, QuerySet, Sum

from listening.folding import fold_text
from listening.models import Album, Artist, ExternalId, ListenEvent, LookAlike, Merge, MergeChange, Track
from listening.selectors.albums import search_albums, search_tracks
from sidetrack.errors import NotFound

MODELS: dict[str, Any] = {"album": Album, "artist": Artist, "track": Track}
MOST_FOUND = 20
REASONS = {
    "ids": "an id of the one under the names of the other",
    "spelling": "the same but for spaces and small words",
    "people": "the same title by the same artist, credited otherwise",
    "one album": "the same title on one album",
    "near titles": "names that differ in a letter or two",
}


@dataclass
class Side:
    """One of two entries as the review shows it. `ids` are (place, id)."""

    id: int
    kind: str
    title: str
    artist: str = ""
    year: int | None = None
    duration_ms: int | None = None
    cover_url: str = ""
    disambiguation: str = ""
    ids: list[tuple[str, str]] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


@dataclass
class PairShown:
    """An open pair of the list."""

    id: int
    why: str
    first: Side
    second: Side


class _Length(Func):
    """How many values a JSON list holds."""

    function = "jsonb_array_length"
    output_field = IntegerField()

    def as_sqlite(self, *args: Any, **kwargs: Any) -> Any:
        return self.as_sql(*args, **{**kwargs, "function": "json_array_length"})


def open_counts() -> dict[str, int]:
    """How many pairs of each kind wait."""
    rows = LookAlike.objects.filter(state=LookAlike.State.OPEN).order_by().values_list("kind").annotate(Count("pk"))
    return dict.fromkeys(MODELS, 0) | dict(rows)


def open_pairs(kind: str) -> QuerySet[LookAlike]:
    """Best first."""
    return LookAlike.objects.filter(kind=kind, state=LookAlike.State.OPEN).order_by("-score", "pk")


def shown(kind: str, pairs: list[LookAlike]) -> list[PairShown]:
    """These pairs with both entries, in one query; those of which one is gone are left out."""
    rows = model_of(kind).objects.in_bulk({pk for pair in pairs for pk in (pair.first_id, pair.second_id)})
    return [
        PairShown(
            pair.pk,
            REASONS.get(pair.why, pair.why),
            _side(kind, rows[pair.first_id]),
            _side(kind, rows[pair.second_id]),
        )
        for pair in pairs
        if pair.first_id in rows and pair.second_id in rows
    ]


def dismissed_pair(pk: str) -> LookAlike | None:
    """The pair that was just said not to be the same, from its number in an address."""
    known = pk.isascii() and pk.isdigit() and len(pk) < 19
    return LookAlike.objects.filter(pk=int(pk), state=LookAlike.State.DISMISSED).first() if known else None


def dismissed_pairs(most: int) -> list[PairShown]:
    """The latest that were said not to be the same."""
    latest = list(LookAlike.objects.filter(state=LookAlike.State.DISMISSED).order_by("-pk")[:most])
    return [pair for kind in MODELS for pair in shown(kind, [each for each in latest if each.kind == kind])]


def side(kind: str, pk: int) -> Side:
    """One entry in full, or NotFound."""
    row = model_of(kind).objects.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound("There is no such entry.")
    found = _side(kind, row)
    known = ExternalId.objects.filter(**{kind: pk}).order_by("scheme", "value")[:50]
    found.ids = [(each.get_scheme_display(), each.value) for each in known]
    found.aliases = [str(alias) for alias in row.aliases.order_by("pk")[:50]]
    return found


def pair_between(kind: str, one: int, other: int) -> LookAlike | None:
    """The noted pair of these two, whatever was decided."""
    return LookAlike.objects.filter(kind=kind, first_id=min(one, other), second_id=max(one, other)).first()


def find(kind: str, q: str) -> list[Side]:
    """Standing entries by what a moderator types."""
    if kind == "album":
        return [
            Side(card.id, kind, card.title, card.artist, card.year, cover_url=card.cover_url)
            for card in search_albums(q, MOST_FOUND)
        ]
    if kind == "track":
        return [
            Side(row["id"], kind, row["title"], row["artist"], duration_ms=row["duration_ms"])
            for row in search_tracks(q, MOST_FOUND)
        ]
    rows = Artist.objects.standing().filter(folded__contains=fold_text(q)).order_by("folded", "pk")[:MOST_FOUND]
    return [_side(kind, row) for row in rows]


def merges() -> QuerySet[Merge]:
    """The newest first."""
    return Merge.objects.select_related("by").order_by("-pk")


def merge_or_404(pk: int) -> Merge:
    found = merges().filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def progress(merge: Merge) -> dict[str, int]:
    """{"moved", "left", "percent"} of the plays, in the direction in which the merge goes."""
    lines = MergeChange.objects.filter(merge=merge, model=ListenEvent._meta.label_lower)
    if merge.state in (Merge.State.UNDOING, Merge.State.UNDONE):
        moved, left = _rows(lines.filter(undone=True)), _rows(lines.filter(undone=False))
    else:
        moved, left = _rows(lines), ListenEvent.objects.filter(**{merge.kind: merge.loser_id}).count()
    return {"moved": moved, "left": left, "percent": 100 * moved // (moved + left) if moved + left else 0}


def not_put_back(merge: Merge) -> list[str]:
    """What an undo could not restore, because its place was taken meanwhile: a line for each kind of thing."""
    if merge.state != Merge.State.UNDONE:
        return []
    lines = merge.changes.filter(undone=False).order_by("model").values_list("model")
    left = lines.annotate(rows_left=Sum(_Length("rows")))
    return [f"{apps.get_model(model)._meta.verbose_name_plural} ({count})" for model, count in left]


def model_of(kind: str) -> Any:
    if kind not in MODELS:
        raise NotFound("There is nothing like this to merge.")
    return MODELS[kind]


def _rows(lines: QuerySet[MergeChange]) -> int:
    return lines.aggregate(rows=Sum(_Length("rows")))["rows"] or 0


def _side(kind: str, row: Any) -> Side:
    if kind == "artist":
        return Side(row.pk, kind, row.name, disambiguation=row.disambiguation)
    own: dict[str, Any] = (
        {"year": row.year, "cover_url": row.cover_url} if kind == "album" else {"duration_ms": row.duration_ms}
    )
    return Side(row.pk, kind, row.title, row.artist_credit, disambiguation=row.disambiguation, **own)
