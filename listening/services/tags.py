"""Tags on albums: genres, decade and country, each with who says so."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import transaction

from listening.countries import country_code
from listening.folding import fold_text
from listening.models import Album, AlbumTag, Tag
from listening.services.locks import lock_new_tags, lock_tags_to_use
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotAllowed
from sidetrack.text import checked_line

MOST_GENRES = 10
MOST_LENGTH = 80
# However often an album is nominated, one source says no more than this about it.
MOST_PER_SOURCE = 40


@transaction.atomic
def tag_album(
    album: Album,
    *,
    genres: list[str],
    decade: str = "",
    country: str = "",
    source: str,
    by: Actor,
    attr: str = "tags",
) -> list[Tag]:
    """Adds tags to an album in the name of `source`; said twice is said once. Returns the tags meant.

    Raises Invalid naming `tags.genres`, `tags.decade` or `tags.country`, NotAllowed for a person who is no member.
    """
    if by.user is not None and not by.user.is_member:
        raise NotAllowed("Only members of the club may tag albums. A moderator can admit you.")
    names = [(Tag.Kind.GENRE, genre) for genre in checked_genres(genres, f"{attr}.genres".strip("."))]
    if decade.strip():
        names.append((Tag.Kind.DECADE, checked_decade(decade, f"{attr}.decade".strip("."))))
    if country.strip():
        names.append((Tag.Kind.COUNTRY, checked_country(country, f"{attr}.country".strip("."))))
    tags = ensure_tags(names)
    _say(album, tags, source)
    return tags


def tag_decade(album: Album) -> None:
    """Keeps the decade that follows from the album's year, in the name of the source "year"."""
    mine = AlbumTag.objects.filter(album=album, source="year")
    if album.year is None:
        mine.delete()
        return
    tags = ensure_tags([(Tag.Kind.DECADE, decade_of(album.year))])
    mine.exclude(tag__in=tags).delete()
    _say(album, tags, "year")


def decade_of(year: int) -> str:
    return f"{year // 10 * 10}s"


def checked_genres(genres: list[str], attr: str) -> list[str]:
    """Cleaned names without repeats, at most ten; Invalid otherwise."""
    if len(genres) > MOST_GENRES:
        raise Invalid(f"Name at most {MOST_GENRES} genres.", attr=attr, code="max_length")
    clean = [checked_line(genre, attr, MOST_LENGTH) for genre in genres]
    return list({fold_text(genre): genre for genre in reversed(clean)}.values())[::-1]


def checked_decade(text: str, attr: str) -> str:
    """ "1990s" for "1990s", "1990", "90s" or "'90s"; Invalid otherwise."""
    found = re.fullmatch(r"(?:(18[6-9]|19\d|20\d)|'?(\d))0(?:'?s)?", text.strip(), re.ASCII | re.IGNORECASE)
    if not found:
        raise Invalid('Write a decade like "1990s".', attr=attr)
    century = "" if found[1] else "20" if found[2] in "01" else "19"
    return f"{century}{found[1] or found[2]}0s"


def checked_country(text: str, attr: str) -> str:
    """An ISO 3166-1 alpha-2 code; Invalid for what is no country."""
    code = country_code(text)
    if code is None:
        raise Invalid('Write a country as two letters, like "GB".', attr=attr)
    return code


def ensure_tags(names: Iterable[tuple[str, str]]) -> list[Tag]:
    """The tags of these kinds and names, in their order, added where they are new; equal names are one tag."""
    wanted = {(str(kind), fold_text(name)[:MOST_LENGTH]): name for kind, name in names}
    lock_tags_to_use()
    found = _known(wanted)
    if wanted.keys() - found.keys() and lock_new_tags():
        found = _known(wanted)  # somebody may have been quicker
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        new = [Tag(kind=kind, folded=folded, name=wanted[kind, folded]) for kind, folded in missing]
        Tag.objects.bulk_create(new, ignore_conflicts=True)
        found = _known(wanted)
    return [found[key] for key in wanted]


def _known(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Tag]:
    tags = Tag.objects.filter(folded__in={folded for _, folded in wanted})
    return {(tag.kind, tag.folded): tag for tag in tags}


def _say(album: Album, tags: list[Tag], source: str) -> None:
    said = set(AlbumTag.objects.filter(album=album, source=source).values_list("tag_id", flat=True))
    room = max(0, MOST_PER_SOURCE - len(said))
    new = [tag for tag in tags if tag.pk not in said][:room]
    if new:  # in one order for all, so that two who say the same never wait for each other
        rows = [AlbumTag(album=album, tag=tag, source=source) for tag in sorted(new, key=lambda tag: tag.pk)]
        AlbumTag.objects.bulk_create(rows, ignore_conflicts=True)
