"""Writes what other catalogues say of an album into ours: gaps are filled, nothing that somebody said is changed.

Genres and countries are said in the name of their source, whose own words are replaced when it says others by now.
The same answers written twice change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from integrations.types import AlbumData, ArtistData, Play, TrackData
from listening.external import normal_ids
from listening.folding import credited, fold_artist, fold_track
from listening.models import Album, AlbumArtist, AlbumLookup, AlbumTrack, Artist, ExternalId, Track
from listening.services.catalogue import FIRST_YEAR, LAST_YEAR
from listening.services.locks import lock_catalogue, lock_merging_to_use
from listening.services.lookalikes import note_pairs
from listening.services.resolving import resolve_plays
from listening.services.sourced_tags import Said, say_as
from listening.services.tags import tag_decade
from listening.tracklists import combined
from sidetrack.text import clean_line

State = AlbumLookup.State
YEARS_FIRST = ("musicbrainz",)
"""Who tells the year of the first release; the others tell that of an edition."""
_AT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Looked:
    """What came of asking one source about an album. `data` where it was found; `until` is when asking it again can
    help, None where it cannot."""

    source: str
    state: str
    detail: str = ""
    matched_by: str = ""
    data: AlbumData | None = None
    until: datetime | None = None


@transaction.atomic
def keep_found(album_id: int, looked: Sequence[Looked]) -> list[str]:
    """Writes all at once, in the order of how much each source is believed. Returns what changed, for people.

    An album that was merged meanwhile is written where it is now; one that is gone is left alone.
    """
    lock_merging_to_use()
    lock_catalogue()
    album = _locked(album_id)
    if album is None:
        return []
    found = [(one.source, one.data) for one in looked if one.data is not None]
    changed = [
        *_fill_fields(album, found),
        *_attach_ids(album, found),
        *_add_artists(album, found),
        *_add_tracks(album, found),
        *say_as(album, {source: Said.of(source, data) for source, data in found}),
    ]
    _note_lookups(album, looked)
    return changed


def _locked(album_id: int) -> Album | None:
    albums = Album.objects.select_for_update(no_key=True)
    album = albums.filter(pk=album_id).first()
    if album is not None and album.merged_into_id is not None:
        return albums.get(pk=album.merged_into_id)
    return album


Found = Sequence[tuple[str, AlbumData]]


def _fill_fields(album: Album, found: Found) -> list[str]:
    changed = []
    if album.year is None and (year := first_year(found)) is not None:
        album.year = year
        changed.append("year")
    if not album.cover_url and (cover := _cover(found)):
        album.cover_url = cover
        changed.append("cover_url")
    if changed:
        album.save(update_fields=[*changed, "updated_at"])
        tag_decade(album)
    return [name.removesuffix("_url") for name in changed]


def first_year(found: Found) -> int | None:
    """Of the first release where somebody tells that, else the earliest of the editions told."""
    told = [(source, data.year) for source, data in found if data.year and FIRST_YEAR <= data.year <= LAST_YEAR]
    first = [year for source, year in told if source in YEARS_FIRST]
    return first[0] if first else min((year for _, year in told), default=None)


def _cover(found: Found) -> str:
    pictures = (data.cover_url for _, data in found)
    return next((url for url in pictures if url.startswith("https://") and len(url) <= 500), "")


def _attach_ids(album: Album, found: Found) -> list[str]:
    """Ids that nobody has. One that another album has stays there, and moderators are told that the two may be one."""
    wanted: dict[tuple[str, str], str] = {}
    for source, data in found:
        for scheme, value in normal_ids(data.external_ids).items():
            wanted.setdefault((scheme, value), source)
    known = _owners("album", wanted)
    others = [pk for pk in known.values() if pk != album.pk]
    note_pairs("album", [(album.pk, other) for other in dict.fromkeys(others)], why="ids")
    new = [
        ExternalId(scheme=scheme, value=value, album=album, source=source)
        for (scheme, value), source in sorted(wanted.items())
        if (scheme, value) not in known
    ]
    ExternalId.objects.bulk_create(new)
    return [f"{one.scheme} id" for one in new]


def _owners(kind: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    wanted = set(wanted)
    values = {value for _, value in wanted}
    rows = ExternalId.objects.filter(**{f"{kind}__isnull": False}, value__in=values)
    found = {(scheme, value): pk for scheme, value, pk in rows.values_list("scheme", "value", f"{kind}_id")}
    return {each: pk for each, pk in found.items() if each in wanted}


def _add_artists(album: Album, found: Found) -> list[str]:
    """The artists of the first source that names any: those who are missing come behind those who are there."""
    told = next(((source, data.artists) for source, data in found if data.artists), None)
    if told is None:
        return []
    source, artists = told
    changed = _part_joint(album) if len(artists) > 1 else []
    here = list(AlbumArtist.objects.filter(album=album).order_by("position").values_list("artist_id", flat=True))
    for data in artists[:20]:
        artist, news = _artist(data, source, here)
        changed += news
        if artist is not None and artist.pk not in here:
            AlbumArtist.objects.create(album=album, artist=artist, position=len(here))
            here.append(artist.pk)
            changed.append("artist")
    return changed


def _part_joint(album: Album) -> list[str]:
    """The whole credit line stands for its artists only until somebody names them."""
    links = list(AlbumArtist.objects.filter(album=album).select_related("artist"))
    is_joint = len(credited(album.artist_credit)) > 1
    if not is_joint or len(links) != 1 or links[0].artist.folded != album.folded_artist:
        return []
    links[0].delete()
    return ["artists"]


def _artist(data: ArtistData, source: str, here: Sequence[int]) -> tuple[Artist | None, list[str]]:
    """By id, else by name (one of the album's own first), else new; ids that nobody has are attached.

    A namesake that goes by another id there is somebody else: None unless it is the album's own.
    """
    name = clean_line(data.name)[:300]
    ids = normal_ids(data.external_ids, "artist")
    known = _owners("artist", ids.items())
    if known:
        return Artist.objects.get(pk=min(known.values())), []
    artist = _artist_of_name(name, here)
    if artist is None:
        if not name:
            return None, []
        artist = Artist.objects.create(name=name, folded=fold_artist(name))
    has = set(ExternalId.objects.filter(artist=artist).values_list("scheme", flat=True))
    if has & ids.keys():
        return (artist if artist.pk in here else None), []
    rows = [ExternalId(scheme=scheme, value=ids[scheme], artist=artist, source=source) for scheme in sorted(ids)]
    ExternalId.objects.bulk_create(rows)
    return artist, ["artist id"] if rows else []


def _artist_of_name(name: str, here: Sequence[int]) -> Artist | None:
    named = list(Artist.objects.select_related("merged_into").filter(folded=fold_artist(name)).order_by("pk"))
    standing = [one.merged_into or one for one in named]
    return next((one for one in standing if one.pk in here), standing[0] if standing else None)


def _add_tracks(album: Album, found: Found) -> list[str]:
    """All tracks where their order is not known yet; else ids and lengths of those that are there."""
    named = next((source for source, data in found if data.tracks), "")
    tracks = combined([data.tracks for _, data in found])
    if not tracks:
        return []
    known = {link.track_id: link for link in AlbumTrack.objects.filter(album=album)}
    is_complete = any(link.number is not None for link in known.values())
    if is_complete:
        tracks = _those_here(album, tracks)
    before = ExternalId.objects.filter(track__isnull=False).order_by("-pk").values_list("pk", flat=True).first() or 0
    timed = set(Track.objects.filter(albums=album, duration_ms__isnull=False).values_list("pk", flat=True))
    rows = resolve_plays([_as_play(track) for track in tracks], source=named)
    fresh_ids = ExternalId.objects.filter(pk__gt=before, track__in=[row.track_id for row in rows]).count()
    changed = ["track ids"] if fresh_ids else []
    if set(Track.objects.filter(albums=album, duration_ms__isnull=False).values_list("pk", flat=True)) != timed:
        changed.append("lengths")
    return changed if is_complete else [*changed, *_number(album, known, tracks, [row.track_id for row in rows])]


def _those_here(album: Album, tracks: Sequence[TrackData]) -> list[TrackData]:
    """Those that our numbered tracks name too."""
    keys = Track.objects.filter(albums=album).values_list("folded_artist", "folded_title")
    return [track for track in tracks if _key(track) in set(keys)]


def _number(album: Album, known: dict[int, AlbumTrack], tracks: Sequence[TrackData], ids: Sequence[int]) -> list[str]:
    new: dict[int, AlbumTrack] = {}
    placed: set[int] = set()
    for track, pk in zip(tracks, ids, strict=True):
        if pk in placed:
            continue  # the same recording twice on one album keeps its first place
        placed.add(pk)
        link = known.get(pk) or new.setdefault(pk, AlbumTrack(album=album, track_id=pk))
        link.disc, link.number = track.disc, track.number
    AlbumTrack.objects.bulk_create(new.values())
    AlbumTrack.objects.bulk_update([known[pk] for pk in sorted(placed) if pk in known], ["disc", "number"])
    return [f"{len(placed)} tracks"]


def _key(track: TrackData) -> tuple[str, str]:
    return fold_artist(track.artist_credit), fold_track(track.title)


def _as_play(track: TrackData) -> Play:
    """What `resolve_plays` looks names and ids up by; when it was played does not matter there."""
    people = {"musicbrainz_artist": track.artists[0].external_ids["musicbrainz"]} if _has_one_known(track) else {}
    ids = {
        scheme: value for scheme, value in track.external_ids.items() if scheme in ("spotify", "musicbrainz", "isrc")
    }
    return Play(track.title, track.artist_credit, None, _AT, "", None, track.duration_ms, {**ids, **people})


def _has_one_known(track: TrackData) -> bool:
    return len(track.artists) == 1 and "musicbrainz" in track.artists[0].external_ids


def _note_lookups(album: Album, looked: Sequence[Looked]) -> None:
    now = timezone.now()
    rows = [
        AlbumLookup(
            album=album,
            source=one.source,
            state=one.state,
            matched_by=one.matched_by,
            detail=one.detail[:200],
            looked_at=now,
        )
        for one in looked
    ]
    AlbumLookup.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["album", "source"],
        update_fields=["state", "matched_by", "detail", "looked_at"],
    )
