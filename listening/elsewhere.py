"""What other catalogues found, beside what is on our shelves: one row an album, however many know it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.providers import PROVIDERS
from integrations.types import AlbumData
from listening.choosing import described
from listening.external import normal_ids
from listening.matching import Described, Verdict, decide


@dataclass
class ElsewhereAlbum:
    """An album that is not on our shelves, as a page or an answer shows it. `sources` are the names of who knows it,
    `handed` is the text that names it in a form (services/handing.py)."""

    title: str
    artist: str
    year: int | None = None
    cover_url: str = ""
    kind: str = ""
    artists: list[str] = field(default_factory=list)
    external_ids: dict[str, str] = field(default_factory=dict)
    genres: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    handed: str = ""

    @property
    def known_to(self) -> list[str]:
        return [PROVIDERS[source].label if source in PROVIDERS else source for source in self.sources]

    @property
    def described(self) -> Described:
        return Described.once(self.title, self.artist, self.year, self.external_ids)

    def as_json(self) -> dict[str, Any]:
        """The Album of the API without an id of ours; sent back as it is, it names the album to be added."""
        return {
            "id": None,
            "title": self.title,
            "artist": self.artist,
            "artists": [{"id": None, "name": name} for name in self.artists],
            "year": self.year,
            "spotify_id": self.external_ids.get("spotify"),
            "musicbrainz_id": self.external_ids.get("musicbrainz"),
            "external_ids": self.external_ids,
            "cover_url": self.cover_url or None,
            "genres": self.genres,
            "sources": self.sources,
        }


def row_of(source: str, data: AlbumData) -> ElsewhereAlbum:
    return ElsewhereAlbum(
        title=data.title,
        artist=data.artist_credit,
        year=data.year,
        cover_url=data.cover_url if data.cover_url.startswith("https://") else "",
        kind=data.kind,
        artists=[artist.name for artist in data.artists],
        external_ids=normal_ids(data.external_ids),
        genres=[tag.name for tag in data.tags if tag.is_genre][:5],
        sources=[source],
    )


def gathered(found: Mapping[str, Sequence[AlbumData]]) -> list[ElsewhereAlbum]:
    """The hits of all sources, best first in turn, those of one album as one row that knows all their ids."""
    rows: list[ElsewhereAlbum] = []
    for source, data in _in_turn(found):
        same = next((row for row in rows if decide(row.described, described(data)).verdict is Verdict.SAME), None)
        if same is None:
            rows.append(row_of(source, data))
        else:
            _join(same, row_of(source, data))
    return rows


def _in_turn(found: Mapping[str, Sequence[AlbumData]]) -> Iterable[tuple[str, AlbumData]]:
    longest = max((len(hits) for hits in found.values()), default=0)
    for at in range(longest):
        yield from ((source, hits[at]) for source, hits in found.items() if at < len(hits))


def _join(row: ElsewhereAlbum, other: ElsewhereAlbum) -> None:
    row.year = row.year or other.year
    row.cover_url = row.cover_url or other.cover_url
    row.external_ids = {**other.external_ids, **row.external_ids}
    row.genres = row.genres or other.genres
    row.sources += [source for source in other.sources if source not in row.sources]
