"""Albums come into the catalogue: found by id, else by name, else added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction

from listening.external import ids_of_address, normal_id
from listening.folding import fold_artist, fold_title, main_artist
from listening.matching import Described, Verdict, decide
from listening.models import Album, AlbumArtist, Artist, ExternalId
from listening.services.locks import lock_catalogue, lock_merging_to_use
from listening.services.lookalikes import note_pairs
from listening.services.tags import tag_album, tag_decade
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotAllowed
from sidetrack.text import checked_line, checked_url

__all__ = ["AlbumRef", "checked_ref", "ensure_album", "tag_album"]

FIRST_YEAR, LAST_YEAR = 1860, 2100
# The order in which ids are believed when they point at different albums.
SCHEMES = ["musicbrainz", "musicbrainz_release", "spotify", "upc", "discogs", "deezer", "apple"]
_MOST_CANDIDATES = 2000


@dataclass(frozen=True)
class AlbumRef:
    """An album as somebody names it: by our id, or by title and artist, with what else they know."""

    id: int | None = None
    title: str = ""
    artist: str = ""
    year: int | None = None
    url: str = ""
    cover_url: str = ""
    external_ids: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def ensure_album(ref: AlbumRef, *, by: Actor, source: str, attr: str = "album") -> tuple[Album, bool]:
    """The album meant, and whether it was added now. Fills gaps of a known album, never overwrites.

    `source` says where ids and tags come from; `attr` is the field that errors name. Raises Invalid, and NotAllowed
    for a person who is no member.
    """
    if by.user is not None and not by.user.is_member:
        raise NotAllowed("Only members of the club may add albums. A moderator can admit you.")
    if ref.id is not None:
        lock_merging_to_use()
        return album_by_id(ref.id, _at(attr, "id")), False
    ref = checked_ref(ref, attr)
    lock_merging_to_use()
    album = _find(ref)
    if (album is None or _gaps(album, ref)) and lock_catalogue():
        album = _find(ref)  # somebody may have been quicker
    if album is None:
        _must_be_named(ref, attr)
        return _add(ref, source), True
    if _gaps(album, ref):
        _fill(album, ref, source)
    _note_namesake(album, ref)
    return album, False


def checked_ref(ref: AlbumRef, attr: str = "album") -> AlbumRef:
    """The same with cleaned text and normal ids, those hidden in `url` included. Raises Invalid."""
    if ref.year is not None and not FIRST_YEAR <= ref.year <= LAST_YEAR:
        raise Invalid(f"A year is between {FIRST_YEAR} and {LAST_YEAR}.", attr=_at(attr, "year"), code="out_of_range")
    ids = {scheme: _checked_id(scheme, value, attr) for scheme, value in ref.external_ids.items() if value}
    url = ref.url.strip() if ref.url.startswith("spotify:") else checked_url(ref.url, _at(attr, "url"))
    return replace(
        ref,
        title=checked_line(ref.title, _at(attr, "title"), 300, required=False),
        artist=checked_line(ref.artist, _at(attr, "artist"), 300, required=False),
        url=url,
        cover_url=checked_url(ref.cover_url, _at(attr, "cover_url")),
        external_ids={**ids_of_address(url), **ids},
    )


def described(album: Album) -> Described:
    """A stored album for `matching`; its ids must be prefetched."""
    ids: dict[str, set[str]] = {}
    for known in album.external_ids.all():
        ids.setdefault(known.scheme, set()).add(known.value)
    return Described(album.title, album.artist_credit, album.year, {key: frozenset(ids[key]) for key in ids})


def album_by_id(pk: int, attr: str) -> Album:
    """The album of this id, or what it was merged into; `lock_merging_to_use` first where its id is written."""
    found = Album.objects.select_related("merged_into").filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None:
        raise Invalid("There is no album with this id.", attr=attr, code="does_not_exist")
    return found.merged_into or found


def _must_be_named(ref: AlbumRef, attr: str) -> None:
    for name in ("title", "artist"):
        if not getattr(ref, name):
            raise Invalid("Needed: we do not know this album yet.", attr=_at(attr, name), code="required")


def _checked_id(scheme: str, value: str, attr: str) -> str:
    field_name = f"{scheme}_id" if scheme in ("spotify", "musicbrainz") else "external_ids"
    try:
        return normal_id(scheme, value)
    except ValueError as error:
        raise Invalid(str(error), attr=_at(attr, field_name)) from None


def _at(attr: str, name: str) -> str:
    return f"{attr}.{name}".strip(".")


def _find(ref: AlbumRef) -> Album | None:
    return _find_by_ids(ref.external_ids) or (_find_by_names(ref) if ref.title and ref.artist else None)


def _find_by_ids(ids: Mapping[str, str]) -> Album | None:
    if not ids:
        return None
    known = ExternalId.objects.filter(album__isnull=False, scheme__in=ids, value__in=ids.values())
    found = {each.scheme: each for each in known.select_related("album") if each.value == ids[each.scheme]}
    best = next((found[scheme] for scheme in SCHEMES if scheme in found), None)
    return best.album if best else None


def _find_by_names(ref: AlbumRef) -> Album | None:
    wanted = _wanted(ref)
    title, artist = fold_title(ref.title), fold_artist(ref.artist)
    namesakes = _same(wanted, Album.objects.filter(folded_artist=artist, folded_title=title))
    if namesakes:
        return _now(min(namesakes, key=lambda album: (_years_off(album, ref.year), album.pk)))
    # Near in one name, equal in the other: both look-ups have an index.
    near = _same(wanted, Album.objects.filter(folded_artist=artist).exclude(folded_title=title))
    near = near or _same(wanted, Album.objects.filter(folded_title=title).exclude(folded_artist=artist))
    return _now(max(near, key=lambda album: (decide(wanted, described(album)).score, -album.pk), default=None))


def _now(album: Album | None) -> Album | None:
    """What an album is by now: the names of an alias lead to what it was merged into."""
    return album.merged_into or album if album else None


def _note_namesake(album: Album, ref: AlbumRef) -> None:
    """Found by its ids; where its names there are those of another album here, the two may be one."""
    title, artist = fold_title(ref.title), fold_artist(ref.artist)
    if ref.external_ids and title and artist and (title, artist) != (album.folded_title, album.folded_artist):
        named = Album.objects.standing().filter(folded_artist=artist, folded_title=title).exclude(pk=album.pk)
        others = named.order_by("pk").values_list("pk", flat=True)[:3]
        note_pairs("album", [(album.pk, other) for other in others], why="ids")


def _same(wanted: Described, albums: Iterable[Album]) -> list[Album]:
    albums = albums.order_by("pk").select_related("merged_into").prefetch_related("external_ids")[:_MOST_CANDIDATES]  # type: ignore[attr-defined]
    return [album for album in albums if decide(wanted, described(album)).verdict is Verdict.SAME]


def _wanted(ref: AlbumRef) -> Described:
    return Described.once(ref.title, ref.artist, ref.year, ref.external_ids)


def _years_off(album: Album, year: int | None) -> int:
    return 0 if year is None else 1 if album.year is None else abs(album.year - year)


def _add(ref: AlbumRef, source: str) -> Album:
    title, artist = fold_title(ref.title), fold_artist(ref.artist)
    album = Album.objects.create(
        title=ref.title,
        artist_credit=ref.artist,
        folded_title=title,
        folded_artist=artist,
        disambiguation=_disambiguation(title, artist, ref.year),
        year=ref.year,
        cover_url=ref.cover_url,
    )
    known = Artist.objects.select_related("merged_into").filter(folded=artist).order_by("pk").first()
    person = (known.merged_into or known) if known else None
    person = person or Artist.objects.create(name=main_artist(ref.artist), folded=artist)
    AlbumArtist.objects.create(album=album, artist=person)
    _attach(album, ref.external_ids, source)
    tag_decade(album)
    return album


def _disambiguation(title: str, artist: str, year: int | None) -> str:
    """Empty for the first of its name, else the year, else the year and a number."""
    namesakes = Album.objects.filter(folded_artist=artist, folded_title=title)
    taken = set(namesakes.values_list("disambiguation", flat=True))
    if not taken:
        return ""
    word, number = str(year or ""), 2
    while word in taken:
        word, number = f"{year or ''} ({number})".strip(), number + 1
    return word


def _gaps(album: Album, ref: AlbumRef) -> bool:
    """Does the reference know something that the album lacks?"""
    if (ref.year is not None and album.year is None) or (ref.cover_url and not album.cover_url):
        return True
    return bool(_unknown_ids(ref.external_ids))


def _fill(album: Album, ref: AlbumRef, source: str) -> None:
    changed = []
    if ref.year is not None and album.year is None:
        album.year = ref.year
        changed.append("year")
    if ref.cover_url and not album.cover_url:
        album.cover_url = ref.cover_url
        changed.append("cover_url")
    if changed:
        album.save(update_fields=[*changed, "updated_at"])
        tag_decade(album)
    _attach(album, ref.external_ids, source)


def _attach(album: Album, ids: Mapping[str, str], source: str) -> None:
    """Keeps the ids that nobody has; one that another album has stays there."""
    new = [
        ExternalId(scheme=scheme, value=value, album=album, source=source[:40])
        for scheme, value in sorted(_unknown_ids(ids).items())
    ]
    ExternalId.objects.bulk_create(new, ignore_conflicts=True)


def _unknown_ids(ids: Mapping[str, str]) -> dict[str, str]:
    if not ids:
        return {}
    known = ExternalId.objects.filter(album__isnull=False, scheme__in=ids, value__in=ids.values())
    pairs = set(known.values_list("scheme", "value"))
    return {scheme: value for scheme, value in ids.items() if (scheme, value) not in pairs}
