"""A member's listening, in their export and when they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from listening.models import (
    Album,
    Artist,
    ForgottenListen,
    ImportReject,
    ListenEvent,
    ListenImport,
    ListenTotal,
    LookAlike,
    MatchState,
    Merge,
    Removal,
    TotalsState,
    Track,
)
from sidetrack.models import User
from sidetrack.rights import PIECE, Handler, Section, clear_piece, delete_piece, in_pieces

COVERS = (
    "listening.forgottenlisten",
    "listening.listenevent",
    "listening.listenimport",
    "listening.listentotal",
    "listening.lookalike",
    "listening.matchstate",
    "listening.merge",
    "listening.removal",
    "listening.totalsstate",
)
Names = dict[str, str]

_LISTENS: Names = {
    "id": "the listen's number",
    "started_at": "when the play began",
    "track": "title",
    "artist": "artist",
    "album": "album, where known",
    "track_id": "the track's number here",
    "artist_id": "the artist's",
    "album_id": "the album's",
    "ms_played": "milliseconds played, where known",
    "duration_ms": "milliseconds the track is long, where the source told",
    "source": "who told of it",
    "source_key": "a digest of what the source said; the same record gives the same one again",
    "duplicate_of_id": "the listen that is the same play, told by another source; only that one counts",
    "kept_apart": "whether you said that this is a play of its own",
    "imported_by_id": "the import that brought it",
    "created_at": "when it came in",
}
_IMPORTS: Names = {
    "id": "the import's number",
    "file_name": "the file's name",
    "file_size": "its bytes",
    "file_hash": "its SHA-256 digest",
    "format": "what kind of history it is",
    "state": "how it went",
    "rows_done": "rows read",
    "inserted": "listens that came in",
    "duplicates": "records that were known already",
    "skipped": "rows left out on purpose, by reason",
    "rejected_count": "rows that could not be read",
    "error": "why it failed",
    "created_at": "when you uploaded it",
    "started_at": "when reading began",
    "finished_at": "when it ended",
}
_REMOVALS: Names = {
    "id": "the removal's number",
    "source": "the source whose listens you removed",
    "listen_import_id": "or the import",
    "state": "how it went",
    "removed": "listens removed",
    "created_at": "when you asked",
    "finished_at": "when it ended",
}
_FORGOTTEN: Names = {
    "source": "who told of it",
    "source_key": "the digest by which it is known should it come again",
    "kept": "the listen as it was, while you can still bring it back",
    "created_at": "when you deleted it",
}
_TOTALS: Names = {
    "kind": "artist, album, track, day (counted from the year 1) or hour of the week",
    "item": "its number",
    "name": "its name",
    "plays": "how often",
    "ms": "milliseconds in all",
    "first_at": "when first",
}


def export(person: User) -> list[Section]:
    def table(name: str, about: str, rows: QuerySet[Any], fields: Names) -> Section:
        return Section(name, about, fields, lambda: _plain(rows, fields))

    decided = "what you decided"
    return [
        Section("listens.jsonl", "Every record of a play, in no particular order.", _LISTENS, lambda: _listens(person)),
        table("imports.jsonl", "History files you uploaded.", ListenImport.objects.filter(user=person), _IMPORTS),
        table(
            "import_rejects.jsonl",
            "Rows of these files that could not be read.",
            ImportReject.objects.filter(listen_import__user=person),
            {"listen_import_id": "the import", "row": "the row, from 1", "code": "why, in short", "detail": "why"},
        ),
        table("removals.jsonl", "Listens you removed at once.", Removal.objects.filter(user=person), _REMOVALS),
        Section(
            "forgotten_listens.jsonl",
            "Single listens you deleted, so that they do not come back.",
            _FORGOTTEN,
            lambda: _forgotten(person),
        ),
        Section(
            "totals.jsonl", "Counts of all time, kept ready where you heard much.", _TOTALS, lambda: _totals(person)
        ),
        table(
            "totals_state.jsonl",
            "Of when these counts are.",
            TotalsState.objects.filter(user=person),
            {"zone": "in which time zone", "built_at": "since when"},
        ),
        table(
            "match_state.jsonl",
            "How the same plays from several sources were found.",
            MatchState.objects.filter(user=person),
            {"version": "by which version of the rule", "matched_at": "when"},
        ),
        table(
            "merges.jsonl",
            "Entries of the catalogue you made one, as a moderator.",
            Merge.objects.filter(by=person),
            {
                "kind": "artist, album or track",
                "loser_name": "what became part of",
                "winner_name": "what stayed",
                "state": "how it went",
                "reason": "the reason you gave",
                "created_at": "when",
            },
        ),
        table(
            "look_alikes.jsonl",
            "Entries that may be one, which you decided on as a moderator.",
            LookAlike.objects.filter(decided_by=person),
            {"kind": "artist, album or track", "first_id": "one", "second_id": "the other", "state": decided},
        ),
    ]


def _plain(rows: QuerySet[Any], fields: Names) -> Iterator[dict[str, Any]]:
    for row in in_pieces(rows.values("pk", *fields), "pk"):
        yield {name: row[name] for name in fields}


def _listens(person: User) -> Iterator[dict[str, Any]]:
    """In the order of the one index that holds all of them, which no matching or merging meanwhile can change."""
    names = {"track": "track__title", "artist": "artist__name", "album": "album__title"}
    wanted = [names.get(name, name) for name in _LISTENS]
    for source in ListenEvent.Source.values:
        of_source = ListenEvent.objects.filter(user=person, source=source).values(*wanted)
        for row in in_pieces(of_source, "source_key"):
            yield dict(zip(_LISTENS, (row[name] for name in wanted), strict=True))


def _forgotten(person: User) -> Iterator[dict[str, Any]]:
    for source in ListenEvent.Source.values:
        rows = ForgottenListen.objects.filter(user=person, source=source).values(*_FORGOTTEN)
        yield from in_pieces(rows, "source_key")


def _totals(person: User) -> Iterator[dict[str, Any]]:
    plain = [name for name in _TOTALS if name != "name"]
    for kind in ListenTotal.Kind.values:
        rows = in_pieces(ListenTotal.objects.filter(user=person, kind=kind).values(*plain), "item")
        for piece in _batches(rows):
            names = _names(kind, [row["item"] for row in piece])
            for row in piece:
                yield {name: names.get(row["item"], "") if name == "name" else row[name] for name in _TOTALS}


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == PIECE:
            yield batch
            batch = []
    if batch:
        yield batch


def _names(kind: str, ids: list[int]) -> dict[int, str]:
    if kind == ListenTotal.Kind.ARTIST:
        return dict(Artist.objects.filter(pk__in=ids).values_list("pk", "name"))
    if kind == ListenTotal.Kind.ALBUM:
        return dict(Album.objects.filter(pk__in=ids).values_list("pk", "title"))
    if kind == ListenTotal.Kind.TRACK:
        return dict(Track.objects.filter(pk__in=ids).values_list("pk", "title"))
    return {}


def erase(person: User, keep_words: bool) -> int:
    """One bounded piece. A batch that is being stored while the account ends is refused (`record_plays`)."""
    return next((gone for step in _STEPS if (gone := step(person))), 0)


@transaction.atomic
def _with_listens_locked(person: User, step: Callable[[User], int]) -> int:
    """Whoever writes a member's listens holds the member's row."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    return step(person)


def _drop_listens(person: User) -> int:
    """Records that point at these go in a later piece; nobody sees any of them any more."""
    some = list(
        ListenEvent.objects.filter(user=person).order_by("source", "source_key").values_list("pk", flat=True)[:PIECE]
    )
    if some:
        ListenEvent.objects.filter(duplicate_of__in=some).update(duplicate_of=None)
        # Without looking for what points at them, which was just seen to.
        ListenEvent.objects.filter(pk__in=some)._raw_delete("default")
    return len(some)


@transaction.atomic
def _drop_import(person: User) -> int:
    """An import with its file. Its row is locked first, as whoever reads it does."""
    own: QuerySet[ListenImport] = ListenImport.objects.select_for_update().filter(user=person)
    row = own.order_by("pk").first()
    if row is None:
        return 0
    if row.file:
        default_storage.delete(str(row.file.name))
    row.delete()
    return 1


_STEPS: tuple[Callable[[User], int], ...] = (
    lambda person: _with_listens_locked(person, lambda who: delete_piece(TotalsState.objects.filter(user=who))),
    lambda person: _with_listens_locked(person, lambda who: delete_piece(ListenTotal.objects.filter(user=who))),
    lambda person: _with_listens_locked(person, lambda who: delete_piece(MatchState.objects.filter(user=who))),
    lambda person: _with_listens_locked(person, _drop_listens),
    lambda person: delete_piece(ForgottenListen.objects.filter(user=person)),
    lambda person: delete_piece(Removal.objects.filter(user=person)),
    _drop_import,
    lambda person: clear_piece(Merge.objects.filter(by=person), by=None),
    lambda person: clear_piece(LookAlike.objects.filter(decided_by=person), decided_by=None),
)

HANDLER = Handler("listening", COVERS, export, erase)
