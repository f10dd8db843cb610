"""Plays to catalogue rows, many at a time: look everything up in a few queries, add what is missing in order.

A track is its folded artist and title, whatever album it was played from; an id that we know wins over names.
Names are compared exactly once folded: near matches are for people (`services.catalogue`), not for imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.db import transaction

from integrations.types import Play
from listening.external import normal_id
from listening.folding import credited, fold_artist, fold_title, fold_track, main_artist
from listening.models import Album, AlbumArtist, AlbumTrack, Artist, ExternalId, Track, TrackArtist
from listening.services.locks import lock_catalogue
from listening.services.looking import rows_by_key

Key = tuple[str, ...]
Id = tuple[str, str]

_MOST_MS = 2**31 - 1
_ID_NAMES: dict[str, list[tuple[str, str]]] = {
    "artist": [("musicbrainz_artist", "musicbrainz")],
    "album": [("musicbrainz_release_group", "musicbrainz"), ("musicbrainz_release", "musicbrainz_release")],
    "track": [("spotify", "spotify"), ("musicbrainz", "musicbrainz"), ("isrc", "isrc")],
}


# The same tracks come again and again in a history.
_normal = lru_cache(maxsize=20_000)(normal_id)


@dataclass(frozen=True)
class Resolved:
    """The rows of a play. `album_id` is None when the source names no album and gives no id that we know."""

    track_id: int
    artist_id: int
    album_id: int | None


@dataclass(frozen=True)
class _Named:
    """One thing a play names: its key by folded names (none: known by id or not at all), its ids, and how it is
    written should it be new. `attach`: do the ids belong to the thing of that name?"""

    key: Key | None
    ids: tuple[Id, ...]
    written: tuple[str, ...] = ()
    attach: bool = True


@transaction.atomic
def resolve_plays(plays: Sequence[Play]) -> list[Resolved]:
    """The rows of each play, in the order of the plays; unknown artists, albums and tracks are added.

    Safe beside other workers that add the same names (services.locks). Give a batch, some 1,000 plays, not a life.
    """
    if not plays:
        return []
    batch = _Batch(plays)
    if batch.lacks_something():
        if lock_catalogue():
            batch.look_again()  # somebody may have been quicker
        batch.add()
    return batch.resolved()


class _Batch:
    """The plays of one call and all that the catalogue knows about them."""

    def __init__(self, plays: Sequence[Play]) -> None:
        self.plays = plays
        self.credits = {play.artist: _Credit(play.artist) for play in plays}
        self.artists = _Shelf("artist", Artist, ["folded"])
        self.artists.look_by_key({(key,) for credit in self.credits.values() for key in credit.keys})
        for credit in self.credits.values():
            credit.choose(self.artists)
        self.albums, self.tracks = _Shelf("album", Album), _Shelf("track", Track)
        self.artist_of = [_artist(play, self.credits[play.artist]) for play in plays]
        self.album_of = [_album(play, self.credits[play.artist]) for play in plays]
        self.track_of = [_track(play, self.credits[play.artist]) for play in plays]
        for shelf, named in self._shelves():
            shelf.look(named)
            shelf.place(named)

    def lacks_something(self) -> bool:
        if any(shelf.new or shelf.new_ids for shelf, _ in self._shelves()):
            return True
        return bool(self._new_links() or self._new_durations())

    def look_again(self) -> None:
        for shelf, named in self._shelves():
            shelf.look_again()
            shelf.place(named)

    def add(self) -> None:
        for shelf, _ in self._shelves():
            shelf.add()
        self._add_people()
        AlbumTrack.objects.bulk_create(
            [AlbumTrack(album_id=album, track_id=track) for album, track in self._new_links()], ignore_conflicts=True
        )
        for pk, duration in sorted(self._new_durations().items()):
            Track.objects.filter(pk=pk).update(duration_ms=duration)

    def resolved(self) -> list[Resolved]:
        triples = zip(self.track_of, self.artist_of, self.album_of, strict=True)
        return [
            Resolved(self.tracks.must_find(track), self.artists.must_find(artist), self.albums.find(album))
            for track, artist, album in triples
        ]

    def _shelves(self) -> list[tuple[_Shelf, list[_Named]]]:
        return [(self.artists, self.artist_of), (self.albums, self.album_of), (self.tracks, self.track_of)]

    def _new_links(self) -> list[tuple[int, int]]:
        pairs = set()
        for album, track in zip(self.album_of, self.track_of, strict=True):
            album_id, track_id = self.albums.find(album), self.tracks.find(track)
            if album_id and track_id:
                pairs.add((album_id, track_id))
        return sorted(pairs - set(rows_by_key(AlbumTrack, ["album", "track"], pairs, ["album", "track"])))

    def _new_durations(self) -> dict[int, int]:
        """First duration told of each track that has none."""
        told: dict[int, int] = {}
        for play, named in zip(self.plays, self.track_of, strict=True):
            track_id = self.tracks.find(named)
            if track_id and play.duration_ms and 0 < play.duration_ms <= _MOST_MS:
                told.setdefault(track_id, play.duration_ms)
        unknown = rows_by_key(Track, ["id"], {(pk,) for pk in told}, ["id"], where={"duration_ms": None})
        return {pk: told[pk] for (pk,) in unknown}

    def _add_people(self) -> None:
        """Who made the new albums and tracks: the artist of the play first, then known names of the credit."""
        albums: dict[tuple[int, int], int] = {}
        tracks: dict[tuple[int, int], int] = {}
        for position, play in enumerate(self.plays):
            artist = self.artists.must_find(self.artist_of[position])
            album, track = self.album_of[position], self.track_of[position]
            if album.key in self.albums.new:
                albums.setdefault((self.albums.must_find(album), artist), 0)
            if track.key in self.tracks.new:
                pk = self.tracks.must_find(track)
                for place, other in enumerate([artist, *self.credits[play.artist].others(self.artists)]):
                    tracks.setdefault((pk, other), place)
        AlbumArtist.objects.bulk_create(
            [AlbumArtist(album_id=pk, artist_id=artist, position=at) for (pk, artist), at in sorted(albums.items())],
            ignore_conflicts=True,
        )
        TrackArtist.objects.bulk_create(
            [TrackArtist(track_id=pk, artist_id=artist, position=at) for (pk, artist), at in sorted(tracks.items())],
            ignore_conflicts=True,
        )


class _Credit:
    """A credit line and which artist it means: the whole, unless all its parts are artists we know."""

    def __init__(self, credit: str) -> None:
        self.text, self.named = credit[:300], main_artist(credit)[:300]
        self.whole = fold_artist(credit)
        self.parts = [fold_artist(part) for part in credited(credit)]
        self.keys = [self.whole, *self.parts] if len(self.parts) > 1 else [self.whole]
        self.main = self.whole
        self.is_joined = len(self.parts) > 1 or main_artist(credit) != credit

    def choose(self, artists: _Shelf) -> None:
        if (self.whole,) in artists.by_key or len(self.parts) < 2:
            return
        if all((part,) in artists.by_key for part in self.parts):
            self.main = self.parts[0]

    def others(self, artists: _Shelf) -> list[int]:
        if self.main == self.whole:
            return []
        return [artists.by_key[part,] for part in self.parts[1:]]


class _Shelf:
    """One kind of thing: the rows found by id and by name, and those to add."""

    def __init__(self, kind: str, model: type[Any], columns: Sequence[str] = ("folded_artist", "folded_title")) -> None:
        self.kind, self.model, self.columns = kind, model, list(columns)
        self.written = ["name"] if kind == "artist" else ["artist_credit", "title"]
        self.by_id: dict[Id, int] = {}
        self.by_key: dict[Key, int] = {}
        self.new: dict[Key, tuple[str, ...]] = {}
        self.new_ids: dict[Id, Key | int] = {}

    def look(self, named: Sequence[_Named]) -> None:
        """By id first; by name only what no id has found."""
        self.look_by_id({known for each in named for known in each.ids})
        keys = {each.key for each in named if each.key and not any(known in self.by_id for known in each.ids)}
        self.look_by_key(keys - self.by_key.keys())

    def look_again(self) -> None:
        ids, keys = set(self.new_ids), set(self.new)
        self.new_ids, self.new = {}, {}
        self.look_by_id(ids)
        self.look_by_key(keys)

    def look_by_id(self, wanted: set[Id]) -> None:
        columns = ["scheme", "value"]
        rows = rows_by_key(ExternalId, columns, wanted, [*columns, self.kind], where={self.kind: True})
        self.by_id.update({(scheme, value): pk for scheme, value, pk in rows})

    def look_by_key(self, wanted: set[Key]) -> None:
        rows = rows_by_key(self.model, self.columns, wanted, ["pk", "merged_into", *self.columns])
        # Of namesakes the one that came first; an alias leads to what it is now.
        self.by_key.update({tuple(key): now or pk for pk, now, *key in sorted(rows, key=itemgetter(0), reverse=True)})

    def place(self, named: Iterable[_Named]) -> None:
        """Decide in order what is new, so that two plays of one new thing add it once."""
        for each in named:
            target = self._target(each)
            if target is None and each.key is not None:
                self.new[each.key] = each.written
                target = each.key
            if target is not None and each.attach:
                for known in each.ids:
                    if known not in self.by_id:
                        self.new_ids.setdefault(known, target)

    def add(self) -> None:
        keys = sorted(self.new)
        fields = [*self.written, *self.columns]
        rows = [self.model(**dict(zip(fields, [*self.new[key], *key], strict=True))) for key in keys]
        self.model.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        self.look_by_key(set(keys))
        ids = [
            ExternalId(scheme=scheme, value=value, source="listens", **{f"{self.kind}_id": self._pk(target)})
            for (scheme, value), target in sorted(self.new_ids.items())
        ]
        ExternalId.objects.bulk_create(ids, ignore_conflicts=True, batch_size=500)

    def find(self, named: _Named) -> int | None:
        target = self._target(named)
        return target if isinstance(target, int) else self.by_key.get(target) if target else None

    def must_find(self, named: _Named) -> int:
        pk = self.find(named)
        if pk is None:
            raise LookupError(f"no {self.kind} for {named.key}")
        return pk

    def _target(self, named: _Named) -> Key | int | None:
        for known in named.ids:
            if known in self.by_id:
                return self.by_id[known]
        for known in named.ids:
            if known in self.new_ids:
                return self.new_ids[known]
        if named.key is None:
            return None
        return self.by_key.get(named.key) or (named.key if named.key in self.new else None)

    def _pk(self, target: Key | int) -> int:
        return target if isinstance(target, int) else self.by_key[target]


def _artist(play: Play, credit: _Credit) -> _Named:
    # An id beside a credit of several names belongs to one of them, and we cannot say to which.
    return _Named((credit.main,), _ids(play, "artist"), (credit.named,), attach=not credit.is_joined)


def _album(play: Play, credit: _Credit) -> _Named:
    if play.album is None:
        return _Named(None, _ids(play, "album"), attach=False)
    return _Named((credit.whole, fold_title(play.album)), _ids(play, "album"), (credit.named, play.album[:300]))


def _track(play: Play, credit: _Credit) -> _Named:
    return _Named((credit.whole, fold_track(play.track)), _ids(play, "track"), (credit.text, play.track[:500]))


def _ids(play: Play, kind: str) -> tuple[Id, ...]:
    """Ids of the right form, those of editions last; what is malformed is not worth losing a play for."""
    if not play.external_ids:
        return ()
    found = []
    for name, scheme in _ID_NAMES[kind]:
        if value := play.external_ids.get(name):
            try:
                found.append(
                    (scheme, _normal(scheme, value, kind) if len(value) < 100 else normal_id(scheme, value, kind))
                )
            except ValueError:
                continue
    return tuple(found)
