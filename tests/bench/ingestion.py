"""Text to stored listens: `record_plays` against `get_or_create` for every row."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db import transaction

from integrations.types import Play
from listening.folding import fold_artist, fold_title, fold_track
from listening.models import Album, Artist, ListenEvent, Track
from listening.services.listens import record_plays
from sidetrack.models import User

ROWS, KNOWN = 1000, 0.6
START = datetime(2024, 1, 1, tzinfo=UTC)


def measure(rounds: int) -> None:
    """Rounds of 1,000 plays each, 60 % of them of tracks met before, one way after the other."""
    ways = {"get_or_create per row": _naive, "record_plays": _ours}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for place in range(rounds + 1):
        for name, way in ways.items():
            person, _ = User.objects.get_or_create(username=name.replace(" ", "-").replace("_", "-"))
            seconds = _timed(way, person, _plays(name, place))
            if place:
                rates[name].append(ROWS / seconds)
    slow, fast = (median(rates[name]) for name in ways)
    print(f"\nListens stored, in batches of {ROWS}, {KNOWN:.0%} known")
    for name, found in rates.items():
        print(f"{name:22}{median(found):12.0f} rows/s   {min(found):.0f}-{max(found):.0f}")
    print(f"goal: record_plays at least 30 times: {fast / slow:.1f} {'met' if fast >= 30 * slow else 'MISSED'}")


def _timed(way: Callable[[User, list[Play]], None], person: User, plays: list[Play]) -> float:
    started = time.perf_counter()
    way(person, plays)
    return time.perf_counter() - started


def _plays(way: str, place: int) -> list[Play]:
    """Each way has artists of its own, so that neither finds what the other stored."""
    dice = random.Random(place)
    plays = []
    for count in range(ROWS):
        known = place and dice.random() < KNOWN
        of = f"{dice.randrange(place)} {dice.randrange(ROWS)}" if known else f"{place} {count}"
        key = hashlib.sha256(f"{way} {place} {count}".encode()).hexdigest()[:40]
        started = START + timedelta(days=place, seconds=60 * count)
        artist = f"{way} artist {int(of.split()[1]) % 200}"
        plays.append(Play(f"Song {of}", artist, f"Album {of}"[:-1], started, key, 180_000))
    return plays


def _ours(person: User, plays: list[Play]) -> None:
    record_plays(person, plays, source="spotify")


def _naive(person: User, plays: list[Play]) -> None:
    with transaction.atomic():
        for play in plays:
            _store(person, play)


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
        folded_title=fold_track(play.track), **names, defaults={"title": play.track, "artist_credit": play.artist}
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
