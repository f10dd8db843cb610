"""Plays to catalogue rows, many at a time: look everything up in a few queries, add what is missing in order.

A track is its folded artist and title, whatever album it was played from; an id that we know wins over names.
Names are compared exactly once folded: near matches are for people (`services.catalogue`), not for imports.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import transaction

from integrations.types import Play
from listening.external import normal_id
from listening.folding import credited, fold_artist, fold_title, fold_track, main_artist
from listening.models import Album, AlbumArtist, AlbumTrack, Artist, ExternalId, Track, TrackArtist
from listening.services.inserting import fill_in, insert_rows
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


class Resolved(NamedTuple):
    """The rows of a play. `album_id` is None when the source names no album and gives no id that we know."""

    track_id: int
    artist_id: int
    album_id: int | None


@dataclass(slots=True, eq=False)
class _Named:
    """One thing that plays name: its key by folded names (none: known by id or not at all), its ids, and the fields
    it is written with should it be new. `attach`: do the ids belong to the thing of that name? `pk` once known."""

    key: Key | None
    ids: tuple[Id, ...]
    written: tuple[str | int | None, ...] = ()
    attach: bool = True
    pk: int | None = None


@transaction.atomic(savepoint=False)
def resolve_plays(plays: Sequence[Play], *, source: str = "listens") -> list[Resolved]:
    """The rows of each play, in the order of the plays; unknown artists, albums and tracks are added. New ids are kept
    in the name of `source`.

    Safe beside other workers that add the same names (services.locks). Give a batch, some 1,000 plays, not a life.
    """
    if not plays:
        return []
    batch = _Batch(plays)
    if batch.lacks_something():
        if lock_catalogue():
            batch.look_again()  # somebody may have been quicker
        batch.add(source)
    return batch.resolved()


class _Batch:
    """The plays of one call and all that the catalogue knows about them: `places` are of each play in turn."""

    def __init__(self, plays: Sequence[Play]) -> None:
        self.plays = plays
        self.artists = _Shelf("artist", Artist, ["folded"], ["name"])
        self.albums = _Shelf("album", Album, ["folded_artist", "folded_title"], ["artist_credit", "title"])
        self.tracks = _Shelf(
            "track", Track, ["folded_artist", "folded_title"], ["artist_credit", "title", "duration_ms"]
        )
        self.shelves = (self.artists, self.albums, self.tracks)
        self.credits = {name: _Credit(*_parsed(name)) for name in {play.artist for play in plays}}
        self.artists.look_by_key({(key,) for credit in self.credits.values() for key in credit.keys})
        for credit in self.credits.values():
            credit.choose(self.artists)
        self.places = [self._place(play, self.credits[play.artist]) for play in plays]
        for shelf in self.shelves:
            shelf.look()
            shelf.place()
        self.linked: set[tuple[int, int]] = set()

    def _place(self, play: Play, credit: _Credit) -> tuple[_Named, _Named, _Named]:
        """The artist, album and track of a play; the same objects for plays that say the same."""
        ids = [_ids(play, kind) for kind in _ID_NAMES] if play.external_ids else [(), (), ()]
        artist = self.artists.things.get((play.artist, ids[0])) or self.artists.put(
            # An id beside a credit of several names belongs to one of them, and we cannot say to which.
            (play.artist, ids[0]),
            _Named((credit.main,), ids[0], (credit.named,), attach=not credit.is_joined),
        )
        said: Hashable = (play.artist, play.album, ids[1])
        album = self.albums.things.get(said) or self.albums.put(said, _album(play, credit, ids[1]))
        said = (play.artist, play.track, ids[2])
        track = self.tracks.things.get(said) or self.tracks.put(said, _track(play, credit, ids[2]))
        return artist, album, track

    def lacks_something(self) -> bool:
        pairs = self._pairs()
        columns = ["album", "track"]
        self.linked = set(rows_by_key(AlbumTrack, columns, pairs, columns))
        return self.linked != pairs or any(shelf.new or shelf.new_ids for shelf in self.shelves) or self._lacks_times()

    def look_again(self) -> None:
        for shelf in self.shelves:
            shelf.look_again()
            shelf.place()

    def add(self, source: str) -> None:
        for shelf in self.shelves:
            shelf.add(source)
        self._add_people()
        insert_rows(AlbumTrack, ["album", "track"], sorted(self._pairs() - self.linked), anew=True)
        fill_in(Track, "duration_ms", self._told_times())

    def resolved(self) -> list[Resolved]:
        return [Resolved(_must(track), _must(artist), album.pk) for artist, album, track in self.places]

    def _pairs(self) -> set[tuple[int, int]]:
        """Albums with tracks of theirs, where both are known."""
        return {(album.pk, track.pk) for _, album, track in self.places if album.pk and track.pk}

    def _told_times(self) -> dict[int, int]:
        """The first duration told of each track that is not known to have one."""
        told: dict[int, int] = {}
        for play, (_, _, track) in zip(self.plays, self.places, strict=True):
            if track.pk and track.pk not in self.tracks.timed and (duration := _duration(play)):
                told.setdefault(track.pk, duration)
        return told

    def _lacks_times(self) -> bool:
        told = self._told_times()
        rows = rows_by_key(Track, ["id"], {(pk,) for pk in told}, ["id"], where={"duration_ms": None})
        self.tracks.timed.update(told.keys() - {pk for (pk,) in rows})
        return bool(rows)

    def _add_people(self) -> None:
        """Who made the new albums and tracks: the artist of the play first, then known names of the credit."""
        albums: dict[tuple[int, int], int] = {}
        tracks: dict[tuple[int, int], int] = {}
        for play, (artist, album, track) in zip(self.plays, self.places, strict=True):
            first = _must(artist)
            if album.key in self.albums.new:
                albums.setdefault((_must(album), first), 0)
            if track.key in self.tracks.new:
                for place, other in enumerate([first, *self.credits[play.artist].others(self.artists)]):
                    tracks.setdefault((_must(track), other), place)
        for model, name, people in ((AlbumArtist, "album", albums), (TrackArtist, "track", tracks)):
            insert_rows(
                model, [name, "artist", "position"], [(*pair, at) for pair, at in sorted(people.items())], anew=True
            )


@lru_cache(maxsize=20_000)
def _parsed(credit: str) -> tuple[str, str, str, tuple[str, ...], bool]:
    named, parts = main_artist(credit), credited(credit)
    folded = tuple(fold_artist(part) for part in parts) if len(parts) > 1 else ()
    return credit[:300], named[:300], fold_artist(credit), folded, bool(folded) or named != credit


class _Credit:
    """A credit line and which artist it means: the whole, unless all its parts are artists we know."""

    def __init__(self, text: str, named: str, whole: str, parts: tuple[str, ...], is_joined: bool) -> None:
        self.text, self.named, self.whole, self.parts, self.is_joined = text, named, whole, parts, is_joined
        self.keys = (whole, *parts)
        self.main = whole

    def choose(self, artists: _Shelf) -> None:
        known = artists.by_key
        if self.parts and (self.whole,) not in known and all((part,) in known for part in self.parts):
            self.main = self.parts[0]

    def others(self, artists: _Shelf) -> list[int]:
        if self.main == self.whole:
            return []
        return [artists.by_key[part,] for part in self.parts[1:]]


class _Shelf:
    """One kind of thing: what the plays name, the rows found by id and by name, and those to add."""

    def __init__(self, kind: str, model: type[Any], columns: list[str], written: list[str]) -> None:
        self.kind, self.model, self.columns, self.written = kind, model, columns, written
        self.things: dict[Hashable, _Named] = {}
        self.by_id: dict[Id, int] = {}
        self.by_key: dict[Key, int] = {}
        self.looked_up: set[Key] = set()
        self.new: dict[Key, tuple[str | int | None, ...]] = {}
        self.new_ids: dict[Id, Key | int] = {}
        # Of tracks, those whose duration is known.
        self.timed: set[int] = set()

    def put(self, said: Hashable, named: _Named) -> _Named:
        self.things[said] = named
        return named

    def look(self) -> None:
        """By id first; by name only what no id has found."""
        named = self.things.values()
        self.look_by_id({known for each in named for known in each.ids})
        keys = {each.key for each in named if each.key and not any(known in self.by_id for known in each.ids)}
        self.look_by_key(keys - self.looked_up)

    def look_again(self) -> None:
        ids, keys = set(self.new_ids), set(self.new)
        self.new_ids, self.new = {}, {}
        self.look_by_id(ids)
        self.look_by_key(keys)

    def look_by_id(self, wanted: set[Id]) -> None:
        columns = ["scheme", "value"]
        rows = rows_by_key(ExternalId, columns, wanted, [*columns, self.kind], where={self.kind: True})
        self.by_id.update({(scheme, value): pk for scheme, value, pk in rows})

    def look_by_key(self, wanted: Collection[Key]) -> None:
        # Whatever is written last tells whether a track has its duration.
        read = ["pk", "merged_into", self.written[-1], *self.columns]
        rows = rows_by_key(self.model, self.columns, wanted, read)
        self.looked_up.update(wanted)
        # Of namesakes the one that came first; an alias leads to what it is now.
        for pk, now, last, *key in sorted(rows, key=itemgetter(0), reverse=True):
            self.by_key[tuple(key)] = now or pk
            if last is not None and now is None:
                self.timed.add(pk)

    def place(self) -> None:
        """Decide in order what is new, so that two plays of one new thing add it once."""
        for each in self.things.values():
            target = self._target(each)
            if target is None and each.key is not None:
                self.new[each.key] = each.written
                target = each.key
            each.pk = target if isinstance(target, int) else None
            if target is not None and each.attach:
                for known in each.ids:
                    if known not in self.by_id:
                        self.new_ids.setdefault(known, target)

    def add(self, source: str) -> None:
        fields = [*self.written, *self.columns]
        rows = [(*self.new[key], *key) for key in sorted(self.new)]
        added = insert_rows(self.model, fields, rows, anew=True, read=["pk", *self.columns])
        self.by_key.update({tuple(key): pk for pk, *key in added})
        self.timed.update(pk for pk, *key in added if self.new[tuple(key)][-1] is not None)
        self.look_by_key(self.new.keys() - self.by_key.keys())
        ids = [(*known, self._pk(target)) for known, target in sorted(self.new_ids.items())]
        insert_rows(ExternalId, ["scheme", "value", self.kind], ids, same={"source": source}, anew=True)
        for each in self.things.values():
            target = self._target(each)
            each.pk = self._pk(target) if target is not None else None

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


def _album(play: Play, credit: _Credit, ids: tuple[Id, ...]) -> _Named:
    if play.album is None:
        return _Named(None, ids, attach=False)
    return _Named((credit.whole, fold_title(play.album)), ids, (credit.named, play.album[:300]))


def _track(play: Play, credit: _Credit, ids: tuple[Id, ...]) -> _Named:
    return _Named((credit.whole, fold_track(play.track)), ids, (credit.text, play.track[:500], _duration(play)))


def _duration(play: Play) -> int | None:
    return play.duration_ms if play.duration_ms and 0 < play.duration_ms <= _MOST_MS else None


def _must(named: _Named) -> int:
    if named.pk is None:
        raise LookupError(f"nothing found for {named.key}")
    return named.pk


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
