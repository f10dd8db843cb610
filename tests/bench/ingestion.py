"""Text to stored listens: `record_plays` beside set-based SQL (staging.py) and `get_or_create` for every row."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from statistics import median

from django.db import connection, transaction

from integrations.types import Play
from listening.folding import fold_artist, fold_title, fold_track
from listening.models import Album, AlbumTrack, Artist, ListenEvent, Track
from listening.services.listens import record_plays
from sidetrack.models import User
from tests.bench import staging
from tests.bench.databases import using
from tests.bench.goals import goal, probe, timed
from tests.bench.plays import KNOWN, batch
from tests.bench.stock import MEMBERS, tracks_for

ROWS, SLOW_ROWS = 1000, 100
"""Plays of a batch, and of one that is stored row by row."""

OURS, REFERENCE, NAIVE = "record_plays", "COPY and set-based SQL", "get_or_create per row"


def measure(sizes: list[int], rounds: int) -> None:
    """Rounds of one batch of new plays each for another member: each size of database, one way after the other."""
    print(f"\nListens stored, in batches of {ROWS}, {KNOWN:.0%} of known tracks", flush=True)
    rates: dict[tuple[int, str], list[float]] = defaultdict(list)
    ways = {OURS: _ours, REFERENCE: _reference, NAIVE: _naive}
    for place in range(rounds + 1):
        for size in _turned(sizes, place):
            with using(size):
                for name in _turned(list(ways), place):
                    seconds, rows = ways[name](f"{name} {place}", tracks_for(size))
                    if place:  # the first round only warms up
                        rates[size, name].append(rows / seconds)
    for size in sizes:
        with using(size):
            probe()
        for name in ways:
            found = rates[size, name]
            print(f"{size:>12,} stored  {name:24}{median(found):9.0f} rows/s   {min(found):.0f}-{max(found):.0f}")
    middle = {key: median(found) for key, found in rates.items()}
    for size in sizes:
        goal(f"of the reference, {size:,} stored:", middle[size, OURS] / middle[size, REFERENCE], least=0.6)
        goal(f"times get_or_create, {size:,} stored:", middle[size, OURS] / middle[size, NAIVE], least=30)
    for size in sizes[1:]:
        kept, limit = (middle[size, name] / middle[sizes[0], name] for name in (OURS, REFERENCE))
        least = 0.9 if connection.vendor == "postgresql" else 0.7
        goal(f"{size:,} stored, of the rate of {sizes[0]:,} (the reference keeps {limit:.2f}):", kept, least=least)


def check_reference(size: int) -> None:
    """The comparison is fair only where both ways leave the same rows. Nothing of it stays."""
    with using(size):
        plays = batch("check", 300, tracks_for(size))
        assert _left_by(lambda user: record_plays(user, plays, source="spotify")) == _left_by(
            lambda user: _store_staged(user, plays)
        ), "The reference stores something else."


def _left_by(act: Callable[[User], object]) -> tuple[object, ...]:
    with transaction.atomic():
        user = User.objects.create(username="checker")
        act(user)
        left = (
            list(
                ListenEvent.objects.filter(user=user)
                .order_by("source_key")
                .values_list(
                    "source_key", "started_at", "ms_played", "track__title", "track__duration_ms", "album__title",
                    "artist__name", "track__track_artists__artist__name", "album__album_artists__artist__name",
                )
            ),
            [model.objects.count() for model in (Artist, Album, Track, AlbumTrack, ListenEvent)],
        )  # fmt: skip
        transaction.set_rollback(True)
    return left


def _turned(items: list, place: int) -> list:  # type: ignore[type-arg]
    place %= len(items)
    return items[place:] + items[:place]


def _somebody(label: str) -> User:
    return User.objects.get(username=f"member{random.Random(label).randrange(2, MEMBERS)}")


def _ours(label: str, tracks: int) -> tuple[float, int]:
    user, plays = _somebody(label), batch(label, ROWS, tracks)
    return timed(lambda: record_plays(user, plays, source="spotify")), ROWS


def _reference(label: str, tracks: int) -> tuple[float, int]:
    user, rows = _somebody(label), staging.folded(batch(label, ROWS, tracks))
    staging.prepare()
    return timed(lambda: staging.store(user, rows, "spotify")), ROWS


def _store_staged(user: User, plays: list[Play]) -> None:
    staging.prepare()
    staging.store(user, staging.folded(plays), "spotify")


def _naive(label: str, tracks: int) -> tuple[float, int]:
    user, plays = _somebody(label), batch(label, SLOW_ROWS, tracks)
    return timed(lambda: _one_by_one(user, plays)), SLOW_ROWS


@transaction.atomic
def _one_by_one(user: User, plays: list[Play]) -> None:
    for play in plays:
        _store(user, play)


def _store(person: User, play: Play) -> None:
    artist, _ = Artist.objects.get_or_create(folded=fold_artist(play.artist), defaults={"name": play.artist})
    names = {"folded_artist": fold_artist(play.artist)}
    album, _ = Album.objects.get_or_create(
        folded_title=fold_title(play.album or ""),
        **names,
        defaults={"title": play.album, "artist_credit": play.artist},
    )
    album.album_artists.get_or_create(artist=artist)
    track, _ = Track.objects.get_or_create(
        folded_title=fold_track(play.track),
        **names,
        defaults={"title": play.track, "artist_credit": play.artist, "duration_ms": play.duration_ms},
    )
    track.track_artists.get_or_create(artist=artist)
    album.album_tracks.get_or_create(track=track)
    ListenEvent.objects.get_or_create(
        user=person,
        source="spotify",
        source_key=play.source_key,
        defaults={
            "track": track,
            "artist": artist,
            "album": album,
            "started_at": play.started_at,
            "ms_played": play.ms_played,
        },
    )
