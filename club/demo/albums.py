"""The albums of the demo, read from `albums.txt`: real and well known, so that a visitor recognises them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class DemoAlbum:
    """`country` is ISO 3166-1 alpha-2; `tracks` some of its titles, in order."""

    title: str
    artist: str
    year: int
    country: str
    genres: tuple[str, ...]
    tracks: tuple[str, ...]

    @property
    def decade(self) -> str:
        return f"{self.year // 10 * 10}s"


@cache
def albums() -> tuple[DemoAlbum, ...]:
    """All of them, oldest first as the file lists them."""
    lines = Path(__file__).with_name("albums.txt").read_text(encoding="utf-8").splitlines()
    return tuple(_album(line) for line in lines if line and not line.startswith("#"))


def _album(line: str) -> DemoAlbum:
    title, artist, year, country, genres, tracks = line.split(" | ")
    return DemoAlbum(title, artist, int(year), country, tuple(genres.split("; ")), tuple(tracks.split("; ")))
