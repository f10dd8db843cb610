"""The music of the made-up world: real albums by their facts, with made-up tracks, and wholly made-up ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from random import Random

from integrations.sandbox import ids, words

MADE_UP = 120
LABELS = ("Harbour Recordings", "Second Floor", "Kite & Anchor", "Night Bus", "Discos Lentos", "Tin Roof")


@dataclass(frozen=True)
class Artist:
    name: str
    country: str
    spotify: str
    mbid: str
    deezer: int
    itunes: int


@dataclass(frozen=True)
class Track:
    """`title` is the plain one; Spotify may add words to it (`Album.remastered`)."""

    title: str
    artists: tuple[Artist, ...]
    duration_ms: int
    disc: int
    number: int
    spotify: str
    mbid: str
    isrc: str
    deezer: int
    itunes: int
    album_key: str

    @property
    def credit(self) -> str:
        return credit(self.artists)


@dataclass(frozen=True)
class Album:
    """`mbid` is the release group's, `releases` those of its releases; `released` is a day."""

    key: str
    title: str
    artists: tuple[Artist, ...]
    released: str
    kind: str
    genres: tuple[str, ...]
    label: str
    spotify: str
    mbid: str
    releases: tuple[str, ...]
    upc: str
    deezer: int
    itunes: int
    remastered: int | None
    tracks: tuple[Track, ...] = field(repr=False)

    @property
    def credit(self) -> str:
        return credit(self.artists)

    @property
    def year(self) -> int:
        return int(self.released[:4])


def credit(artists: tuple[Artist, ...]) -> str:
    """Everybody in one line, as MusicBrainz and Last.fm write it."""
    names = [artist.name for artist in artists]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} & {names[-1]}"


@dataclass(frozen=True)
class Catalogue:
    albums: tuple[Album, ...]

    @cached_property
    def by_key(self) -> dict[str, Album]:
        return {album.key: album for album in self.albums}

    @cached_property
    def by_spotify(self) -> dict[str, Album]:
        return {album.spotify: album for album in self.albums}

    @cached_property
    def by_upc(self) -> dict[str, Album]:
        return {album.upc: album for album in self.albums}

    @cached_property
    def by_group(self) -> dict[str, Album]:
        return {album.mbid: album for album in self.albums}

    @cached_property
    def by_release(self) -> dict[str, Album]:
        return {release: album for album in self.albums for release in album.releases}

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(track for album in self.albums for track in album.tracks)

    @cached_property
    def track_by_spotify(self) -> dict[str, Track]:
        return {track.spotify: track for track in self.tracks}

    @cached_property
    def track_by_isrc(self) -> dict[str, Track]:
        return {track.isrc: track for track in self.tracks}

    @cached_property
    def artists(self) -> dict[str, Artist]:
        """By name."""
        found = {artist.name: artist for album in self.albums for artist in album.artists}
        return found | {artist.name: artist for track in self.tracks for artist in track.artists}

    def album_of(self, track: Track) -> Album:
        return self.by_key[track.album_key]


@lru_cache(maxsize=4)
def catalogue(seed: int) -> Catalogue:
    """The whole of it, always the same for a seed."""
    lines = Path(__file__).with_name("albums.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    rows += [_made_up(seed, place) for place in range(MADE_UP)]
    return Catalogue(tuple(_album(seed, *row) for row in rows))


def _made_up(seed: int, place: int) -> list[str]:
    chance = Random(f"{seed} made up {place}")  # noqa: S311 - no secret
    artist = words.phrase(Random(f"{seed} artist {place // 2}"))  # noqa: S311
    if place % 30 == 29:
        artist += f"; {words.phrase(chance)}; {words.phrase(chance)}"
    if place % 40 == 20:
        artist = "Various Artists"
    year, country = str(chance.randint(1995, 2026)), chance.choice(words.COUNTRIES)
    return [words.phrase(chance), artist, year, country, "; ".join(chance.sample(words.GENRES, 2))]


def _artist(seed: int, name: str, country: str) -> Artist:
    return Artist(
        name,
        country,
        ids.base62(22, seed, "artist", name),
        "89ad4ac3-39f7-470e-963a-56509c546377" if name == "Various Artists" else ids.uuid(seed, "artist", name),
        ids.digits(7, seed, "artist", "deezer", name),
        ids.digits(9, seed, "artist", "itunes", name),
    )


def _album(seed: int, title: str, artists: str, year: str, country: str, genres: str, count: str = "") -> Album:
    key = f"{artists} / {title}"
    chance = Random(f"{seed} album {key}")  # noqa: S311 - no secret
    by = tuple(_artist(seed, name, country) for name in artists.split("; "))
    amount = int(count) if count else chance.randint(7, 14)
    return Album(
        key=key,
        title=title,
        artists=by,
        released=f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        kind="compilation" if artists == "Various Artists" else "single" if amount < 4 else "album",
        genres=tuple(genres.split("; ")),
        label=chance.choice(LABELS),
        spotify=ids.base62(22, seed, "album", key),
        mbid=ids.uuid(seed, "group", key),
        releases=tuple(ids.uuid(seed, "release", key, number) for number in range(chance.randint(1, 3))),
        upc=ids.upc(seed, key),
        deezer=ids.digits(8, seed, "album", "deezer", key),
        itunes=ids.digits(10, seed, "album", "itunes", key),
        remastered=int(year) + 25 if int(year) < 1990 and chance.random() < 0.5 else None,
        tracks=_tracks(seed, key, by, int(year), country, amount, chance),
    )


def _tracks(
    seed: int, key: str, by: tuple[Artist, ...], year: int, country: str, amount: int, chance: Random
) -> tuple[Track, ...]:
    titles = words.phrases(chance, amount, japanese=country == "JP")
    a_disc = 23 if amount > 40 else amount
    made = []
    for place, title in enumerate(titles):
        artists = by
        if by[0].name == "Various Artists":
            artists = (_artist(seed, words.phrase(Random(f"{seed} artist {chance.randint(0, 59)}")), country),)  # noqa: S311
        elif chance.random() < 0.04:
            artists = (*by, _artist(seed, words.phrase(Random(f"{seed} artist {chance.randint(0, 59)}")), country))  # noqa: S311
        made.append(
            Track(
                title=title,
                artists=artists,
                duration_ms=chance.randint(95, 420) * 1000 + chance.randint(0, 999),
                disc=place // a_disc + 1,
                number=place % a_disc + 1,
                spotify=ids.base62(22, seed, "track", key, place),
                mbid=ids.uuid(seed, "recording", key, place),
                isrc=ids.isrc(country, year, seed, key, place),
                deezer=ids.digits(9, seed, "track", "deezer", key, place),
                itunes=ids.digits(10, seed, "track", "itunes", key, place),
                album_key=key,
            )
        )
    return tuple(made)
