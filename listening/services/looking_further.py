"""Search beyond our own shelves: asks other catalogues at once, and never longer than a person should wait.

Nothing is stored by it. Whatever fails or is late is named, and our own results are there all the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from integrations.errors import ComeBackLater, Misconfigured, ProviderError
from integrations.http import person_waits
from integrations.providers import PROVIDERS, deezer, itunes, musicbrainz, spotify
from integrations.types import AlbumData
from listening.elsewhere import ElsewhereAlbum, gathered
from listening.folding import fold_artist, fold_text, fold_title
from listening.matching import Described, Verdict, decide
from listening.models import Album, ExternalId
from listening.selectors.albums import AlbumCard, album_cards, search_albums
from listening.services.answers import Answers
from listening.services.crew import Batch, Crew

SECONDS = 2.0
"""In which all must be there."""
_MARGIN = 0.15
"""Of it, for what is done with the answers."""
_HITS = 10
_crew = Crew(16)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceSaid:
    """How a source did: "ok", "failed", "too_slow" or "unavailable", and a sentence for people."""

    source: str
    label: str
    state: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"source": self.source, "state": self.state, "detail": self.detail}


@dataclass
class Further:
    """What is on our shelves, what is only elsewhere, and how those did who were asked."""

    here: list[AlbumCard] = field(default_factory=list)
    elsewhere: list[ElsewhereAlbum] = field(default_factory=list)
    sources: list[SourceSaid] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return any(one.state == "ok" for one in self.sources)

    @property
    def troubles(self) -> list[SourceSaid]:
        return [one for one in self.sources if one.state != "ok"]


Search = Callable[[str], Sequence[AlbumData]]
_SEARCHES: Mapping[str, Search] = {
    "musicbrainz": lambda q: musicbrainz.find_release_groups(q, limit=_HITS),
    "spotify": lambda q: spotify.as_app(lambda access: spotify.search_albums(access, q, _HITS)),
    "deezer": lambda q: deezer.find(q, limit=_HITS),
    "itunes": lambda q: itunes.search("", q, limit=_HITS),
}
_ONLY_WITHOUT = {"itunes": "spotify"}
"""Asked only where the other is not set up: its quota is small."""


def look_further(q: str, limit: int, *, seconds: float = SECONDS) -> Further:
    """Albums for what somebody typed: at most `limit` of ours, best first, and at most `limit` from elsewhere."""
    asked = [name for name in _SEARCHES if PROVIDERS[name].is_configured and not _is_spared(name)]
    batch = Batch(_crew, {name: partial(_search, name, q, seconds - _MARGIN) for name in asked}, seconds - _MARGIN)
    here = search_albums(q, limit)
    found: dict[str, list[AlbumData]] = {}
    said = [_not_set_up(name) for name in _SEARCHES if not PROVIDERS[name].is_configured]
    for name, future in batch.collected().items():
        hits, how = _outcome(name, future, batch.was_begun(name))
        found[name] = hits
        said.append(how)
    here, new = _told_apart(here, gathered(found))
    said.sort(key=lambda one: list(_SEARCHES).index(one.source))
    return Further(here, new[:limit], said)


def unasked(why: str) -> list[SourceSaid]:
    """All sources, for a search in which none of them is asked."""
    return [SourceSaid(name, PROVIDERS[name].label, "unavailable", why) for name in _SEARCHES if not _is_spared(name)]


def _is_spared(name: str) -> bool:
    other = _ONLY_WITHOUT.get(name)
    return other is not None and PROVIDERS[other].is_configured


def _search(name: str, q: str, seconds: float) -> list[AlbumData]:
    """In a thread of its own."""
    began = time.monotonic()
    try:
        with person_waits(seconds):
            return list(Answers().ask(name, "find", fold_text(q) or q, partial(_SEARCHES[name], q)))
    except ProviderError as error:
        if error.transient and not isinstance(error, ComeBackLater) and time.monotonic() - began > seconds * 0.9:
            raise TimeoutError from None
        raise


def _outcome(name: str, future: Future[list[AlbumData]] | None, begun: bool) -> tuple[list[AlbumData], SourceSaid]:
    label = PROVIDERS[name].label
    say = partial(SourceSaid, name, label)
    if future is None and not begun:
        return [], say("unavailable", f"Too many people are looking further just now to ask {label}.")
    error = TimeoutError() if future is None else future.exception()
    if error is None and future is not None:
        return future.result(), say("ok", "")
    match error:
        case TimeoutError():
            return [], say("too_slow", f"{label} took too long to answer.")
        case ComeBackLater() | Misconfigured():
            return [], say("unavailable", error.sentence)
        case ProviderError():
            return [], say("failed", error.sentence)
    logger.error("Looking further at %s failed", name, exc_info=error)  # ours, and no reason to hide our own results
    return [], say("failed", f"{label} could not be asked.")


def _not_set_up(name: str) -> SourceSaid:
    label = PROVIDERS[name].label
    return SourceSaid(name, label, "unavailable", f"{label} is not connected to this site.")


def _told_apart(here: list[AlbumCard], rows: list[ElsewhereAlbum]) -> tuple[list[AlbumCard], list[ElsewhereAlbum]]:
    """Our albums, those that only the others led to behind the rest, and the rows that are none of ours."""
    by_id, named = _ours_by_id(rows), _ours_by_name(rows)
    named += [(card.id, Described(card.title, card.artist, card.year)) for card in here]
    new: list[ElsewhereAlbum] = []
    ours: dict[int, None] = dict.fromkeys(card.id for card in here)
    for row in rows:
        pk = next((by_id[each] for each in row.external_ids.items() if each in by_id), None)
        pk = pk or next((pk for pk, one in named if decide(row.described, one).verdict is Verdict.SAME), None)
        if pk is None:
            new.append(row)
        else:
            ours.setdefault(pk)
    known = {card.id: card for card in here}
    cards = known | album_cards(ours.keys() - known.keys())
    return [cards[pk] for pk in ours if pk in cards], new


def _ours_by_id(found: list[ElsewhereAlbum]) -> dict[tuple[str, str], int]:
    wanted = {each for row in found for each in row.external_ids.items()}
    rows = ExternalId.objects.filter(album__isnull=False, value__in={value for _, value in wanted})
    told = {(scheme, value): pk for scheme, value, pk in rows.values_list("scheme", "value", "album_id")}
    return {each: pk for each, pk in told.items() if each in wanted and pk is not None}


def _ours_by_name(found: list[ElsewhereAlbum]) -> list[tuple[int, Described]]:
    """Albums of the same folded names; the names of an alias lead to what it is now."""
    keys = {(fold_artist(row.artist), fold_title(row.title)) for row in found}
    rows = Album.objects.filter(folded_artist__in={key[0] for key in keys}, folded_title__in={key[1] for key in keys})
    told = rows.order_by("pk").values_list("pk", "merged_into", "title", "artist_credit", "year")
    return [(now or pk, Described(title, artist, year)) for pk, now, title, artist, year in told]
