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
from listening.choosing import described
from listening.elsewhere import ElsewhereAlbum, gathered, normal_ids
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
    here, new = _told_apart(here, found)
    said.sort(key=lambda one: list(_SEARCHES).index(one.source))
    return Further(here, gathered(new)[:limit], said)


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


Hits = Mapping[str, Sequence[AlbumData]]


def _told_apart(here: list[AlbumCard], found: Hits) -> tuple[list[AlbumCard], dict[str, list[AlbumData]]]:
    """Our albums, those that only the others' hits led to behind the rest, and the hits that are none of ours."""
    by_id = _ours_by_id(found)
    named = _ours_by_name(found)
    cards = {card.id: card for card in here} | album_cards(
        {*by_id.values(), *(pk for pks in named.values() for pk in pks)}
    )
    new: dict[str, list[AlbumData]] = {}
    known: dict[int, None] = dict.fromkeys(card.id for card in here)
    for source, hits in found.items():
        for data in hits:
            pk = next((by_id[each] for each in normal_ids(data).items() if each in by_id), None)
            pk = pk or _same(data, [cards[one] for one in (*known, *named.get(_key(data), ())) if one in cards])
            if pk is None:
                new.setdefault(source, []).append(data)
            else:
                known.setdefault(pk)
    return [cards[pk] for pk in known if pk in cards], new


def _ours_by_id(found: Hits) -> dict[tuple[str, str], int]:
    wanted = {each for hits in found.values() for data in hits for each in normal_ids(data).items()}
    rows = ExternalId.objects.filter(album__isnull=False, value__in={value for _, value in wanted})
    told = {(scheme, value): pk for scheme, value, pk in rows.values_list("scheme", "value", "album_id")}
    return {each: pk for each, pk in told.items() if each in wanted and pk is not None}


def _ours_by_name(found: Hits) -> dict[tuple[str, str], list[int]]:
    keys = {_key(data) for hits in found.values() for data in hits}
    rows = Album.objects.filter(folded_artist__in={key[0] for key in keys}, folded_title__in={key[1] for key in keys})
    ours: dict[tuple[str, str], list[int]] = {}
    for artist, title, pk, now in rows.order_by("pk").values_list("folded_artist", "folded_title", "pk", "merged_into"):
        ours.setdefault((artist, title), []).append(now or pk)
    return ours


def _key(data: AlbumData) -> tuple[str, str]:
    return fold_artist(data.artist_credit), fold_title(data.title)


def _same(data: AlbumData, cards: Sequence[AlbumCard]) -> int | None:
    wanted = described(data)
    return next((card.id for card in cards if decide(wanted, _described(card)).verdict is Verdict.SAME), None)


def _described(card: AlbumCard) -> Described:
    ids = {scheme: frozenset({value}) for scheme, value in card.external_ids.items()}
    return Described(card.title, card.artist, card.year, ids)
