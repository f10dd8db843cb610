"""Looks albums up elsewhere and fills what is missing here, one by one or many in a batch.

Nothing is asked inside a transaction. What a source could not tell now is asked again later by a run of its own: no
worker waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from integrations.errors import ProviderError
from listening.models import Album, AlbumLookup, AlbumTag, AlbumTrack, ExternalId, Tag
from listening.selectors.lookups import MOST_AGAIN, key_of_run
from listening.services.answers import Answers
from listening.services.asking import look_up
from listening.services.enriching import State, keep_found
from listening.services.finding import Wanted, ask_links
from listening.services.repairing import refresh_album as make_anew
from sidetrack import audit
from sidetrack.actors import Actor
from sidetrack.errors import NotFound
from sidetrack.jobs import enqueue
from sidetrack.models import JobRun

JOB, BATCH_JOB = "refresh_album", "refresh_albums"
MOST_IN_BATCH = 100
"""Albums whose addresses elsewhere MusicBrainz resolves in one call."""
_MOST_ISRCS = 2

MISSING = ("cover", "genres", "tracks", "year", "ids", "look-up")
"""What an album may lack; "look-up": it was never looked up."""


@dataclass
class Refreshed:
    """How it went, in numbers for the history, and when asking again can help (None: no need to)."""

    counts: dict[str, int]
    until: datetime | None = None

    def add(self, other: Refreshed) -> None:
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        times = [until for until in (self.until, other.until) if until is not None]
        self.until = min(times, default=None)


@transaction.atomic
def ask_for_refresh(album_id: int, *, by: Actor, fresh: bool = False, reason: str = "") -> JobRun:
    """Queues the job `refresh_album`; one that waits already is returned instead. `fresh` takes no kept answers.

    A `reason` goes into the audit log.
    """
    if reason:
        audit.record("look_up_album", Album.objects.get(pk=album_id), by=by, reason=reason)
    args = {"album_id": album_id, **({"fresh": True} if fresh else {})}
    return enqueue(JOB, args, key=key_of_run(album_id), by=by.user)


def ask_again(album_id: int, until: datetime | None, again: int) -> JobRun | None:
    """Queues a further run for `until`, unless there is no need or it was asked often enough."""
    if until is None or again >= MOST_AGAIN:
        return None
    return enqueue(
        JOB, {"album_id": album_id, "again": again + 1}, key=key_of_run(album_id, again + 1), run_after=until
    )


def refresh_album(album_id: int, *, answers: Answers, keep: Callable[[], None] = lambda: None) -> Refreshed:
    """Makes anew what follows from an album's own values, asks all sources about it, and keeps what they tell.

    An alias is refreshed as what it is now. Raises NotFound for an album that is gone.
    """
    changed = len(make_anew(album_id))
    album = Album.objects.select_related("merged_into").get(pk=album_id)
    album = album.merged_into or album
    sent = answers.sent
    looked = look_up(wanted_of(album), lacking(album), answers, keep)
    changed += len(keep_found(album.pk, looked))
    counts = {"changed": changed, "asked": answers.sent - sent}
    for name, states in (("found", (State.FOUND,)), ("failed", (State.FAILED, State.LATER))):
        counts[name] = sum(one.state in states for one in looked)
    return Refreshed(counts, min((one.until for one in looked if one.until), default=None))


def refresh_many(
    album_ids: Sequence[int], *, answers: Answers, keep: Callable[[], None] = lambda: None
) -> tuple[Refreshed, dict[int, datetime]]:
    """Refreshes albums one after the other, once MusicBrainz was asked about all of their addresses at once.

    Returns the sum, and those that are to be asked about again and when. Albums that are gone are left out.
    """
    _ask_links_of(album_ids, answers)
    total, again = Refreshed({"albums": 0}), {}
    for pk in album_ids:
        keep()
        try:
            one = refresh_album(pk, answers=answers, keep=keep)
        except NotFound:
            continue
        total.add(replace(one, counts={"albums": 1, **one.counts}))
        if one.until is not None:
            again[pk] = one.until
    return total, again


def _ask_links_of(album_ids: Sequence[int], answers: Answers) -> None:
    """Of those that MusicBrainz has to recognise by an address."""
    known = ExternalId.objects.filter(album=OuterRef("pk"), scheme__in=("musicbrainz", "musicbrainz_release"))
    albums = Album.objects.filter(pk__in=album_ids).exclude(Exists(known)).prefetch_related("external_ids")
    links = [link for album in albums.order_by("pk") for link in _wanted(album, ()).links]
    try:
        ask_links(links, answers)
    except ProviderError:
        return  # each album asks for itself, and says what came of it


def wanted_of(album: Album) -> Wanted:
    return _wanted(album, tuple(_isrcs(album)))


def _isrcs(album: Album) -> list[str]:
    """Of its first tracks, or of any where their order is not known."""
    tracks = AlbumTrack.objects.filter(album=album, number__isnull=False).order_by("disc", "number")
    first = list(tracks.values_list("track_id", flat=True)[:_MOST_ISRCS])
    known = ExternalId.objects.filter(scheme="isrc", **({"track__in": first} if first else {"track__albums": album}))
    return list(known.order_by("pk").values_list("value", flat=True)[:_MOST_ISRCS])


def _wanted(album: Album, isrcs: tuple[str, ...]) -> Wanted:
    ids: dict[str, tuple[str, ...]] = {}
    for known in sorted(album.external_ids.all(), key=lambda known: known.pk):
        ids[known.scheme] = (*ids.get(known.scheme, ()), known.value)
    return Wanted(album.title, album.artist_credit, album.year, ids, isrcs)


def lacking(album: Album) -> frozenset[str]:
    """What is missing of an album: "cover", "tracks", "year", "genres"."""
    return frozenset(name for name in MISSING[:4] if albums_missing(name).filter(pk=album.pk).exists())


def albums_missing(what: str) -> QuerySet[Album]:
    """Standing albums that lack one of MISSING, the newest first."""
    albums: QuerySet[Album] = Album.objects.standing().order_by("-pk")
    of_album = {"album": OuterRef("pk")}
    match what:
        case "cover":
            return albums.filter(cover_url="")
        case "year":
            return albums.filter(year=None)
        case "tracks":
            return albums.exclude(Exists(AlbumTrack.objects.filter(**of_album, number__isnull=False)))
        case "genres":
            return albums.exclude(Exists(AlbumTag.objects.filter(**of_album, tag__kind=Tag.Kind.GENRE)))
        case "ids":
            return albums.exclude(Exists(ExternalId.objects.filter(**of_album)))
    return albums.exclude(Exists(AlbumLookup.objects.filter(**of_album)))


def ask_for_many(album_ids: Sequence[int], *, fresh: bool = False) -> list[JobRun]:
    """Queues the job `refresh_albums` for these, a hundred a run."""
    runs = []
    for start in range(0, len(album_ids), MOST_IN_BATCH):
        some = list(album_ids[start : start + MOST_IN_BATCH])
        key = f"albums-{some[0]}-{some[-1]}-{len(some)}"
        runs.append(enqueue(BATCH_JOB, {"album_ids": some, "fresh": fresh}, key=key))
    return runs
