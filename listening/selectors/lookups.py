"""What the outside world told of an album, and who says what about it, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from integrations.providers import PROVIDERS
from listening.models import AlbumLookup, AlbumTag, Tag
from sidetrack.models import JobRun

State = AlbumLookup.State
SAYERS = {"nomination": "a nomination", "moderator": "a moderator", "year": "its year"}
MOST_AGAIN = 5
"""How often an album is asked about again by itself, where a source could not answer."""
_PEOPLE = ("nomination", "moderator")
_WORDS = {
    State.FOUND: "knows it",
    State.NOTHING: "does not know it",
    State.UNSURE: "has several like it",
    State.LATER: "will be asked again",
    State.FAILED: "could not be asked",
}
_HOW = {
    "id": "by its id",
    "link": "by its address",
    "upc": "by its barcode",
    "isrc": "by a recording",
    "search": "by its name",
}


@dataclass(frozen=True)
class LookupLine:
    """How one source did: "MusicBrainz", "knows it", and in `detail` how it was recognised or what went wrong."""

    label: str
    state: str
    words: str
    detail: str
    at: datetime


@dataclass(frozen=True)
class LookupState:
    """`waiting`: a look-up is queued or running. `again_at`: when it goes on by itself."""

    lines: list[LookupLine] = field(default_factory=list)
    waiting: bool = False
    again_at: datetime | None = None

    @property
    def at(self) -> datetime | None:
        return max((line.at for line in self.lines), default=None)

    @property
    def found(self) -> list[LookupLine]:
        return [line for line in self.lines if line.state == State.FOUND]

    @property
    def troubles(self) -> list[LookupLine]:
        return [line for line in self.lines if line.state in (State.FAILED, State.LATER)]


def label_of(source: str) -> str:
    """Who a source is, for people."""
    provider = PROVIDERS.get(source)
    return provider.label if provider else SAYERS.get(source, source)


def lookup_state(album_id: int) -> LookupState:
    """Two queries."""
    rows = AlbumLookup.objects.filter(album=album_id).order_by("pk")
    keys = [key_of_run(album_id, again) for again in range(MOST_AGAIN + 1)]
    runs = JobRun.objects.filter(job__name="refresh_album", state__in=JobRun.OPEN, key__in=keys)
    waiting = dict(runs.order_by().values_list("key", "run_after"))
    is_waiting = waiting.pop(keys[0], None) is not None
    return LookupState([_line(row) for row in rows], is_waiting, min(waiting.values(), default=None))


def key_of_run(album_id: int, again: int = 0) -> str:
    """The key of the run that looks an album up, or asks again about it for the n-th time."""
    return f"album-{album_id}-again-{again}" if again else f"album-{album_id}"


def _line(row: AlbumLookup) -> LookupLine:
    state = State(row.state)
    detail = row.detail or _HOW.get(row.matched_by, "")
    return LookupLine(label_of(row.source), state, _WORDS[state], detail, row.looked_at)


@dataclass(frozen=True)
class SaidTag:
    """A tag and who says so."""

    name: str
    kind: str
    sayers: list[str]


def album_tags(album_id: int) -> list[SaidTag]:
    """Genres, then countries: what people said first, then what most sources say. One query."""
    rows = (
        AlbumTag.objects.filter(album=album_id, tag__kind__in=(Tag.Kind.GENRE, Tag.Kind.COUNTRY))
        .order_by("pk")
        .values_list("tag__kind", "tag__name", "source", "weight")
    )
    said: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for kind, name, source, weight in rows:
        said.setdefault((kind, name), []).append((source, weight))
    ordered = sorted(said, key=lambda each: (each[0] != Tag.Kind.GENRE, *_rank(said[each])))
    return [SaidTag(name, kind, _sayers(source for source, _ in said[kind, name])) for kind, name in ordered]


def _rank(said: list[tuple[str, int]]) -> tuple[bool, int, int]:
    by_people = any(source in _PEOPLE for source, _ in said)
    return not by_people, -len(said), -max(weight for _, weight in said)


def _sayers(sources: Iterable[str]) -> list[str]:
    return [label_of(source) for source in dict.fromkeys(sources)]
