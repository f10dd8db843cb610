"""What listening does when two entries of the catalogue become one: its handler of the registry."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, Q

from listening.folding import has_edition
from listening.models import (
    Album,
    AlbumArtist,
    AlbumLookup,
    AlbumTag,
    AlbumTrack,
    Artist,
    ExternalId,
    ListenEvent,
    LookAlike,
    Merge,
    MergeChange,
    Track,
    TrackArtist,
)
from listening.services.duplicates import match_around
from listening.services.journal import MOST_ROWS, Journal, move_rows
from listening.services.locks import lock_merging_to_use
from listening.services.lookalikes import note_pairs
from listening.services.merge_handlers import MODELS, Findings, Handler, Pair
from listening.services.totals import Counted, count_in, count_out
from sidetrack.models import User

YEARS_APART = 2
"""Further apart than this, two albums want a second look."""

MS_APART = 10_000
"""Lengths of two tracks further apart than this want a second look."""

# (model, its key to the entry, what is unique beside that key)
_SMALL: dict[str, list[tuple[Any, str, tuple[str, ...]]]] = {
    "artist": [
        (ExternalId, "artist", ()),
        (AlbumArtist, "artist", ("album",)),
        (TrackArtist, "artist", ("track",)),
    ],
    "album": [
        (ExternalId, "album", ()),
        (AlbumArtist, "album", ("artist",)),
        (AlbumTrack, "album", ("track",)),
        (AlbumTag, "album", ("tag", "source")),
        (AlbumLookup, "album", ("source",)),
    ],
    "track": [
        (ExternalId, "track", ()),
        (AlbumTrack, "track", ("album",)),
        (TrackArtist, "track", ("artist",)),
    ],
}
_GAPS = {"artist": (), "album": ("year", "cover_url"), "track": ("duration_ms",)}
_LISTENS = ListenEvent._meta.label_lower


def preview(pair: Pair) -> Findings:
    found = Findings()
    found.counts.append(_count("plays", ListenEvent, pair.kind, pair))
    for model, field, _ in _SMALL[pair.kind]:
        found.counts.append(_count(_WORDS[model, field], model, field, pair))
    aliases = MODELS[pair.kind]._default_manager.filter(merged_into=pair.loser).count()
    if aliases:
        found.will.append(f"What became part of it before ({aliases}) becomes part of {pair.winner}.")
    for name in _gaps(pair):
        value = getattr(pair.loser, name)
        found.will.append(_FILLS[name].format(value=value, length=_length(value) if name == "duration_ms" else ""))
    found.warnings += [*_other_ids(pair), *_far_apart(pair)]
    return found


def apply(pair: Pair, journal: Journal) -> None:
    loser, winner = pair.ids
    model = MODELS[pair.kind]
    aliases = model._default_manager.filter(merged_into=loser).values_list("pk", flat=True)
    journal.move(model, "merged_into", list(aliases), loser, winner)  # no chains
    journal.move(model, "merged_into", [loser], None, winner)
    if pair.kind == "album" and isinstance(pair.winner, Album) and pair.winner.year is not None:
        for said in AlbumTag.objects.filter(album=loser, source="year"):
            journal.drop(said)  # the decade follows from the winner's year
    for small, field, beside in _SMALL[pair.kind]:
        move_rows(journal, small, field, loser, winner, beside=beside)
    for name in _gaps(pair):
        journal.move(model, name, [winner], getattr(pair.winner, name), getattr(pair.loser, name))


def after(pair: Pair) -> None:
    """Pairs that name an alias are nothing to decide; tracks that stand on one album now may be one."""
    now = MODELS[pair.kind]._default_manager.in_bulk(pair.ids)
    first, second = sorted(pair.ids)
    same = LookAlike.objects.filter(kind=pair.kind, first_id=first, second_id=second)
    if now[pair.loser.pk].merged_into_id is None:  # undone
        same.filter(state=LookAlike.State.MERGED).update(state=LookAlike.State.OPEN)
        return
    same.update(state=LookAlike.State.MERGED)
    about = Q(first_id=pair.loser.pk) | Q(second_id=pair.loser.pk)
    LookAlike.objects.filter(about, kind=pair.kind, state=LookAlike.State.OPEN).delete()
    if pair.kind == "album":
        note_pairs("track", same_titles(pair.winner.pk), why="one album", score=85)


def same_titles(album_id: int) -> list[tuple[int, int]]:
    """Pairs of standing tracks of an album that have one folded title."""
    titled = (
        AlbumTrack.objects.filter(album=album_id, track__merged_into=None)
        .values("track__folded_title")
        .annotate(many=Count("pk"))
        .filter(many__gt=1)
        .values_list("track__folded_title", flat=True)[:100]
    )
    rows = AlbumTrack.objects.filter(album=album_id, track__merged_into=None, track__folded_title__in=list(titled))
    groups: dict[str, list[int]] = {}
    for title, pk in rows.order_by("track_id").values_list("track__folded_title", "track_id"):
        groups.setdefault(title, []).append(pk)
    return [(pks[0], other) for pks in groups.values() for other in pks[1:]]


def sweep(merge: Merge) -> int:
    """One piece of the listens: to the winner, or back."""
    return _sweep_back(merge) if merge.state == Merge.State.UNDOING else _sweep_on(merge)


def _sweep_on(merge: Merge) -> int:
    _never_read_the_whole_table()
    of_loser = ListenEvent.objects.filter(**{merge.kind: merge.loser_id}).order_by()
    user_id = next(iter(of_loser.values_list("user_id", flat=True)[:1]), None)
    if user_id is None:
        return 0
    if not _lock([user_id], merge):
        return 1  # turned round: look again
    rows = list(of_loser.filter(user=user_id)[:MOST_ROWS])
    Journal(merge).move(ListenEvent, merge.kind, [row.pk for row in rows], merge.loser_id, merge.winner_id)
    _tell(user_id, merge.kind, rows, merge.winner_id)
    return max(1, len(rows))


def _sweep_back(merge: Merge) -> int:
    lines = MergeChange.objects.filter(merge=merge, model=_LISTENS, undone=False).order_by("-pk")
    line = lines.first()
    if line is None:
        return 0
    moved = ListenEvent.objects.filter(pk__in=line.rows, **{line.field: line.new})
    people = sorted(set(moved.order_by().values_list("user_id", flat=True)))
    if not _lock(people, merge) or not lines.filter(pk=line.pk).update(undone=True):
        return 1  # turned round, or another worker was quicker: look again
    by_person: dict[int, list[ListenEvent]] = {}
    for row in moved.filter(user__in=people).order_by("pk"):
        by_person.setdefault(row.user_id, []).append(row)
    for user_id, rows in by_person.items():
        ListenEvent.objects.filter(pk__in=[row.pk for row in rows]).update(**{line.field: line.old})
        _tell(user_id, line.field, rows, merge.loser_id)
    return max(1, len(line.rows))


def _never_read_the_whole_table() -> None:
    """With figures from before the merge PostgreSQL believes that the next row of the loser is never far."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan TO off")


def _lock(people: list[int], merge: Merge) -> bool:
    """Their listens, one writer at a time, in order of id; False where the merge was turned round meanwhile."""
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    lock_merging_to_use()
    return Merge.objects.filter(pk=merge.pk, state=merge.state).exists()


def _tell(user_id: int, field: str, rows: list[ListenEvent], now: int) -> None:
    """Totals and matching follow; `rows` are as they were."""
    counted = [row for row in rows if row.duplicate_of_id is None]
    count_out(user_id, [_counted(row) for row in counted])
    for row in counted:
        setattr(row, f"{field}_id", now)
    count_in(user_id, [_counted(row) for row in counted])
    match_around(user_id, [row.started_at for row in rows])


def _counted(row: ListenEvent) -> Counted:
    return Counted(row.artist_id, row.album_id, row.track_id, row.started_at, row.ms_played)


_WORDS: dict[tuple[Any, str], str] = {
    (ExternalId, "artist"): "ids",
    (ExternalId, "album"): "ids",
    (ExternalId, "track"): "ids",
    (AlbumArtist, "artist"): "albums",
    (AlbumArtist, "album"): "artists",
    (AlbumTrack, "album"): "tracks",
    (AlbumTrack, "track"): "albums it is on",
    (AlbumTag, "album"): "tags",
    (AlbumLookup, "album"): "look-ups elsewhere",
    (TrackArtist, "artist"): "tracks",
    (TrackArtist, "track"): "artists",
}
_FILLS = {
    "year": "It takes the year {value} from the other.",
    "cover_url": "It takes the cover of the other.",
    "duration_ms": "It takes the length {length} from the other.",
}


def _count(what: str, model: Any, field: str, pair: Pair) -> tuple[str, int, int]:
    rows = model.objects.filter(**{f"{field}__in": pair.ids}).order_by().values_list(field).annotate(many=Count("pk"))
    many = dict(rows)
    return what, many.get(pair.loser.pk, 0), many.get(pair.winner.pk, 0)


def _gaps(pair: Pair) -> list[str]:
    return [
        name
        for name in _GAPS[pair.kind]
        if getattr(pair.winner, name) in (None, "") and getattr(pair.loser, name) not in (None, "")
    ]


def _other_ids(pair: Pair) -> list[str]:
    """Editions give an album several ids of one scheme; what MusicBrainz calls one thing has one id there."""
    known = ExternalId.objects.filter(**{f"{pair.kind}__in": pair.ids}, scheme=ExternalId.Scheme.MUSICBRAINZ)
    if len(set(known.values_list(pair.kind, flat=True))) < 2:
        return []
    return ["MusicBrainz has an id of its own for each of the two, so it takes them for different things."]


def _far_apart(pair: Pair) -> list[str]:
    one, other = pair.loser, pair.winner
    if isinstance(one, Album) and isinstance(other, Album) and one.year and other.year:
        edition = has_edition(one.title) or has_edition(other.title)
        if abs(one.year - other.year) > YEARS_APART and not edition:
            return [f"Their years are far apart: {one.year} and {other.year}."]
    lengths = [each.duration_ms for each in (one, other) if isinstance(each, Track) and each.duration_ms]
    if len(lengths) == 2 and abs(lengths[0] - lengths[1]) > MS_APART:
        return [f"They are of different length: {_length(lengths[0])} and {_length(lengths[1])}."]
    return []


def _length(ms: int) -> str:
    seconds = round(ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"


HANDLER = Handler(
    app="listening",
    covers=(
        *(f"{model._meta.label_lower}.merged_into" for model in (Artist, Album, Track)),
        *(f"{_LISTENS}.{kind}" for kind in MODELS),
        *(f"{model._meta.label_lower}.{field}" for rows in _SMALL.values() for model, field, _ in rows),
    ),
    preview=preview,
    apply=apply,
    after=after,
    sweep=sweep,
    swept=(_LISTENS,),
)
