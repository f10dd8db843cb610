"""Asks each source about an album, and says what came of it: one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from integrations.errors import ComeBackLater, NotThere, ProviderError
from integrations.providers import PROVIDERS
from listening.choosing import Unsure
from listening.services import finding
from listening.services.answers import Answers
from listening.services.enriching import Looked, State
from listening.services.finding import Found, Wanted

AGAIN_IN = timedelta(minutes=20)
"""When to ask a source again that failed."""
MOST_FAILURES = 2
"""In a row; after these a source is left alone for the rest of a piece of work."""


@dataclass(frozen=True)
class Source:
    """`only_for` names what an album must lack for this one to be asked (empty: nothing), `only_by` the one scheme of
    ids by which it can be asked."""

    name: str
    find: Callable[[Wanted, Answers], Found]
    only_for: frozenset[str] = frozenset()
    only_by: str = ""

    @property
    def label(self) -> str:
        return PROVIDERS[self.name].label

    def is_to_be_asked(self, wanted: Wanted, lacks: frozenset[str]) -> bool:
        needed = not self.only_for or bool(self.only_for & lacks)
        return needed and (not self.only_by or self.only_by in wanted.ids) and PROVIDERS[self.name].is_configured


SOURCES = (
    Source("musicbrainz", finding.in_musicbrainz),
    Source("coverart", finding.in_coverart, frozenset({"cover"}), only_by="musicbrainz"),
    Source("spotify", finding.in_spotify),
    Source("deezer", finding.in_deezer),
    Source("itunes", finding.in_itunes, frozenset({"cover", "tracks", "year", "genres"})),
    Source("lastfm", finding.in_lastfm),
)
"""In the order in which they are asked and believed: each knows the ids that those before it told."""

LABELS = {source.name: source.label for source in SOURCES}


def look_up(
    wanted: Wanted, lacks: frozenset[str], answers: Answers, keep: Callable[[], None] = lambda: None
) -> list[Looked]:
    """Asks all sources that are set up and needed. `lacks` is among "cover", "tracks", "year", "genres"."""
    looked: list[Looked] = []
    for source in SOURCES:
        if not source.is_to_be_asked(wanted, lacks):
            continue
        keep()
        one = _ask(source, wanted, answers)
        looked.append(one)
        if one.data is not None:
            wanted, lacks = wanted.knowing(one.data), lacks - _filled(one)
    return looked


def _ask(source: Source, wanted: Wanted, answers: Answers) -> Looked:
    if answers.failed[source.name] >= MOST_FAILURES:
        return Looked(source.name, State.LATER, f"{source.label} is not answering.", until=_in_a_while())
    try:
        data, how = source.find(wanted, answers)
    except NotThere:
        return Looked(source.name, State.NOTHING)
    except Unsure as riddle:
        return Looked(source.name, State.UNSURE, str(riddle))
    except ComeBackLater as later:
        return Looked(source.name, State.LATER, later.sentence, until=later.until)
    except ProviderError as error:
        if error.transient:
            answers.failed[source.name] += 1
        return Looked(source.name, State.FAILED, error.sentence, until=_in_a_while() if error.transient else None)
    answers.failed[source.name] = 0
    return Looked(source.name, State.FOUND, matched_by=how, data=data)


def _in_a_while() -> datetime:
    return timezone.now() + AGAIN_IN


def _filled(one: Looked) -> frozenset[str]:
    data = one.data
    if data is None:
        return frozenset()
    has = {
        "cover": data.cover_url.startswith("https://"),
        "tracks": data.tracks,
        "year": data.year,
        "genres": data.tags,
    }
    return frozenset(name for name, value in has.items() if value)
