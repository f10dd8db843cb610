"""Moderators put the catalogue right: names, years, covers and tags. Every repair leaves an audit row."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from listening.folding import fold_artist, fold_text, fold_title
from listening.models import Album, AlbumTag, Artist, Tag
from listening.services.catalogue import FIRST_YEAR, LAST_YEAR
from listening.services.locks import lock_catalogue, lock_merging_to_use, lock_tags_to_merge
from listening.services.tags import MOST_LENGTH, checked_country, checked_decade, tag_album, tag_decade
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotFound
from sidetrack.text import checked_line, checked_url

_ALBUM_FIELDS = ("title", "artist_credit", "year", "cover_url")


@transaction.atomic
def repair_album(
    album: Album,
    *,
    by: Actor,
    title: str | None = None,
    artist_credit: str | None = None,
    year: int | None = None,
    cover_url: str | None = None,
    reason: str = "",
) -> Album:
    """Changes what is shown of an album and its matching keys with it; None leaves a field as it is.

    Raises Conflict naming the other album when that name is taken, Invalid, NotAllowed.
    """
    by.must_moderate()
    wanted = _checked(title, artist_credit, year, cover_url)
    lock_merging_to_use()
    lock_catalogue()
    album = _standing(Album, album.pk)
    before = {name: getattr(album, name) for name in _ALBUM_FIELDS}
    for name, value in wanted.items():
        setattr(album, name, value)
    after = {name: getattr(album, name) for name in _ALBUM_FIELDS}
    if after == before:
        return album
    album.folded_title, album.folded_artist = fold_title(album.title), fold_artist(album.artist_credit)
    _must_be_free(album)
    album.save()
    tag_decade(album)
    audit.record("repair_album", album, by=by, reason=reason, before=before, after=after)
    return album


@transaction.atomic
def rename_artist(artist: Artist, name: str, *, by: Actor, reason: str = "") -> Artist:
    """A new spelling of an artist's name. The credits of albums are their own and stay."""
    by.must_moderate()
    name = checked_line(name, "name", 300)
    lock_merging_to_use()
    lock_catalogue()
    artist = _standing(Artist, artist.pk)
    before = artist.name
    if name == before:
        return artist
    artist.name, artist.folded = name, fold_artist(name)
    others = Artist.objects.filter(folded=artist.folded, disambiguation=artist.disambiguation).exclude(pk=artist.pk)
    others = others.select_related("merged_into")
    if other := others.first():
        raise Conflict(f"There is an artist of this name already: {_named(other)}.", attr="name")
    artist.save()
    audit.record("rename_artist", artist, by=by, reason=reason, before={"name": before}, after={"name": name})
    return artist


@transaction.atomic
def rename_tag(tag: Tag, name: str, *, by: Actor, reason: str = "") -> Tag:
    """A new name of a tag, everywhere; where another tag has it, the two become that one. Returns the tag that is."""
    by.must_moderate()
    name = _checked_tag(tag.kind, name)
    lock_tags_to_merge()
    tag = _locked(Tag, tag.pk)
    before, folded = tag.name, fold_text(name)[:MOST_LENGTH]
    other = Tag.objects.filter(kind=tag.kind, folded=folded).exclude(pk=tag.pk).first()
    audit.record("rename_tag", tag, by=by, reason=reason, before={"name": before}, after={"name": name})
    if other is not None:
        _move(tag, other)
        return other
    tag.name, tag.folded = name, folded
    tag.save(update_fields=["name", "folded"])
    return tag


@transaction.atomic
def remove_tag(said: AlbumTag, *, by: Actor, reason: str = "") -> None:
    """Takes a tag off an album, as one source gave it."""
    by.must_moderate()
    before = {"kind": said.tag.kind, "tag": said.tag.name, "source": said.source}
    audit.record("remove_tag", said.album, by=by, reason=reason, before=before)
    said.delete()


@transaction.atomic
def add_tags(album: Album, *, genres: list[str], decade: str, country: str, by: Actor, reason: str = "") -> list[Tag]:
    """Tags in the name of the moderators."""
    by.must_moderate()
    lock_merging_to_use()
    album = _standing(Album, album.pk)
    tags = tag_album(album, genres=genres, decade=decade, country=country, source="moderator", by=by, attr="")
    after = {"tags": [f"{tag.kind}: {tag.name}" for tag in tags]}
    audit.record("add_tags", album, by=by, reason=reason, after=after)
    return tags


@transaction.atomic
def refresh_album(album_id: int) -> list[str]:
    """Makes anew what follows from an album's own values: matching keys and the decade. Returns what changed.

    A key that another album has by now is left alone.
    """
    lock_merging_to_use()
    lock_catalogue()
    album = _locked(Album, album_id)
    album = album if album.merged_into_id is None else _locked(Album, album.merged_into_id)
    old = (album.folded_title, album.folded_artist)
    album.folded_title, album.folded_artist = fold_title(album.title), fold_artist(album.artist_credit)
    changed = []
    if old != (album.folded_title, album.folded_artist) and not _namesake(album):
        album.save(update_fields=["folded_title", "folded_artist", "updated_at"])
        changed.append("matching keys")
    decades = AlbumTag.objects.filter(album=album, source="year").values_list("tag_id", flat=True)
    before = list(decades)
    tag_decade(album)
    return [*changed, "decade"] if list(decades.all()) != before else changed


def _checked(title: str | None, artist: str | None, year: int | None, cover_url: str | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if title is not None:
        wanted["title"] = checked_line(title, "title", 300)
    if artist is not None:
        wanted["artist_credit"] = checked_line(artist, "artist_credit", 300)
    if cover_url is not None:
        wanted["cover_url"] = checked_url(cover_url, "cover_url")
    if year is not None:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Invalid(f"A year is between {FIRST_YEAR} and {LAST_YEAR}.", attr="year", code="out_of_range")
        wanted["year"] = year
    return wanted


def _checked_tag(kind: str, name: str) -> str:
    if kind == Tag.Kind.DECADE:
        return checked_decade(name, "name")
    if kind == Tag.Kind.COUNTRY:
        return checked_country(name, "name")
    return checked_line(name, "name", MOST_LENGTH)


def _locked(model: type[Any], pk: int) -> Any:
    row = model.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None:
        raise NotFound("It is gone.")
    return row


def _standing(model: type[Any], pk: int) -> Any:
    """Locked; an alias is not changed: it is there for its old names."""
    row = _locked(model, pk)
    if row.merged_into_id is not None:
        raise Conflict(f"It is part of {row.merged_into} now. Change that, or undo the merge first.", code="alias")
    return row


def _named(other: Album | Artist) -> str:
    """Another entry, so that a moderator finds it; an alias with what it is now."""
    now = other.merged_into
    return f"{other} (number {other.pk})" if now is None else f"{other}, which is part of {now} (number {now.pk}) now"


def _namesake(album: Album) -> Album | None:
    names = {name: getattr(album, name) for name in ("folded_title", "folded_artist", "disambiguation")}
    return Album.objects.select_related("merged_into").filter(**names).exclude(pk=album.pk).first()


def _must_be_free(album: Album) -> None:
    if other := _namesake(album):
        raise Conflict(f"There is an album of this name already: {_named(other)}.", attr="title")


def _move(tag: Tag, other: Tag) -> None:
    there = AlbumTag.objects.filter(tag=other).values_list("album_id", "source")
    taken = set(there)
    for said in AlbumTag.objects.filter(tag=tag).order_by("pk"):
        if (said.album_id, said.source) in taken:
            said.delete()
        else:
            AlbumTag.objects.filter(pk=said.pk).update(tag=other)
    tag.delete()
