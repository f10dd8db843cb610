"""What a source says of an album's genres and country, in its own name: replaced when it says something else.

A moderator has the last word: what they took off an album no source puts back, and a tag they renamed keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.types import AlbumData
from listening.countries import country_code
from listening.folding import fold_text
from listening.genres import genres
from listening.models import Album, AlbumTag, Tag
from listening.services.tags import MOST_LENGTH, ensure_tags
from sidetrack.models import AuditEvent

Kind = Tag.Kind
ALLOW_LISTED = ("musicbrainz", "deezer", "itunes")
"""Sources that name genres from a list of their own; of the others the noise is left out."""
TAGGERS = (*ALLOW_LISTED, "lastfm")

Word = tuple[str, str]
"""Kind and folded name of a tag."""


@dataclass(frozen=True)
class Said:
    """What one source says now. `genres` are (name, weight); `country` an ISO code or ""."""

    genres: tuple[tuple[str, int], ...] = ()
    country: str = ""

    @classmethod
    def of(cls, source: str, data: AlbumData) -> Said | None:
        """None where this source does not speak of genres at all."""
        if source not in TAGGERS:
            return None
        allow_listed = source in ALLOW_LISTED
        named = genres(data.tags, title=data.title, artist=data.artist_credit, allow_listed=allow_listed)
        return cls(tuple(named), country_code(data.country) or "" if data.country else "")


def say_as(album: Album, said: Mapping[str, Said | None]) -> list[str]:
    """Writes it, in the caller's transaction and under its lock of the catalogue. Returns what changed."""
    spoken = {source: one for source, one in said.items() if one is not None}
    if not spoken:
        return []
    renamed, unwanted = _renamed(), _taken_off(album)
    wanted = {source: _words(one, renamed, unwanted) for source, one in spoken.items()}
    names = {word: name for words in wanted.values() for word, (name, _) in words.items()}
    tags = dict(zip(names, ensure_tags([(kind, name) for (kind, _), name in names.items()]), strict=True))
    changed = 0
    for source, words in sorted(wanted.items()):
        changed += _say(album, source, {tags[word].pk: weight for word, (_, weight) in words.items()})
    return [f"{changed} tags"] if changed else []


def _words(said: Said, renamed: Mapping[Word, str], unwanted: set[Word]) -> dict[Word, tuple[str, int]]:
    told = [(Kind.GENRE, name, weight) for name, weight in said.genres]
    told += [(Kind.COUNTRY, said.country, 1)] if said.country else []
    words: dict[Word, tuple[str, int]] = {}
    for kind, name, weight in told:
        name = renamed.get(_word(kind, name), name)
        word = _word(kind, name)
        if word not in unwanted:
            words.setdefault(word, (name, weight))
    return words


def _say(album: Album, source: str, wanted: Mapping[int, int]) -> int:
    """Makes the rows of a source be `wanted`, weights by tag. Returns how many rows were not so."""
    rows = AlbumTag.objects.filter(album=album, source=source, tag__kind__in=(Kind.GENRE, Kind.COUNTRY))
    here = {row.tag_id: row for row in rows.order_by("tag_id")}
    gone = [row.pk for pk, row in here.items() if pk not in wanted]
    other = [row for pk, row in here.items() if pk in wanted and row.weight != wanted[pk]]
    new = [AlbumTag(album=album, tag_id=pk, source=source, weight=wanted[pk]) for pk in sorted(wanted.keys() - here)]
    for row in other:
        row.weight = wanted[row.tag_id]
    AlbumTag.objects.filter(pk__in=gone).delete()
    AlbumTag.objects.bulk_update(other, ["weight"])
    AlbumTag.objects.bulk_create(new)
    return len(gone) + len(other) + len(new)


def _word(kind: str, name: str) -> Word:
    return str(kind), fold_text(name)[:MOST_LENGTH]


def _renamed() -> dict[Word, str]:
    """What moderators call the tags they renamed, by the old name; the newest name holds."""
    acts = AuditEvent.objects.filter(object_type="listening.tag", verb="rename_tag").order_by("at", "pk")
    now: dict[str, str] = {}
    for before, after in acts.values_list("before__name", "after__name"):
        if isinstance(before, str) and isinstance(after, str):
            old, new = fold_text(before)[:MOST_LENGTH], fold_text(after)[:MOST_LENGTH]
            now = {key: after if fold_text(name)[:MOST_LENGTH] == old else name for key, name in now.items()}
            now.pop(new, None)
            now[old] = after
    return {(str(Kind.GENRE), old): name for old, name in now.items()}


def _taken_off(album: Album) -> set[Word]:
    """Tags that moderators took off this album or what became part of it."""
    ids = [str(album.pk), *(str(pk) for pk in Album.objects.filter(merged_into=album).values_list("pk", flat=True))]
    acts = AuditEvent.objects.filter(object_type="listening.album", object_id__in=ids, verb="remove_tag")
    told = acts.values_list("before__kind", "before__tag")
    return {_word(kind, name) for kind, name in told if isinstance(kind, str) and isinstance(name, str)}
