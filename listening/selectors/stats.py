"""What a member heard in a period, in short: how much, and what most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from listening.periods import USUAL, Period
from listening.selectors.heard import Heard, heard, plays_in
from listening.selectors.plays import as_text
from listening.selectors.tops import (
    TopAlbum,
    TopArtist,
    TopGenre,
    TopTrack,
    top_albums,
    top_artists,
    top_genres,
    top_tracks,
)
from sidetrack.models import User


@dataclass(frozen=True)
class Sums:
    """`ms_played` sums what sources told; `timed` says of how many of the listens they told it."""

    listens: int
    ms_played: int
    timed: int


@dataclass(frozen=True)
class Summary:
    """Counts and top lists of one period; `previous` counts the one before, None of all time."""

    period: Period
    sums: Sums
    previous: Sums | None
    top_artists: list[TopArtist]
    top_albums: list[TopAlbum]
    top_tracks: list[TopTrack]
    top_genres: list[TopGenre]
    computed_at: datetime

    @property
    def listens(self) -> int:
        return self.sums.listens

    @property
    def ms_played(self) -> int:
        return self.sums.ms_played

    @property
    def change(self) -> int | None:
        """Per cent more plays (fewer: below 0) than in the period before; None where nothing can be compared."""
        if self.previous is None or not self.previous.listens:
            return None
        return round(100 * (self.listens - self.previous.listens) / self.previous.listens)

    def as_json(self) -> dict[str, Any]:
        before = self.previous
        return {
            **as_period(self.period),
            "listens": self.listens,
            "ms_played": self.ms_played,
            "listens_timed": self.sums.timed,
            "previous": {"listens": before.listens, "ms_played": before.ms_played} if before else None,
            "top_artists": [row.as_json() for row in self.top_artists],
            "top_albums": [row.as_json() for row in self.top_albums],
            "top_tracks": [row.as_json() for row in self.top_tracks],
            "top_genres": [row.as_json() for row in self.top_genres],
            "computed_at": as_text(self.computed_at),
        }


def summary(user: User, period: str = USUAL, *, limit: int = 10, now: datetime | None = None) -> Summary:
    """The summary of a named period. Raises Invalid for another name."""
    return summary_of(heard(user, period, now=now), limit)


def summary_of(heard: Heard, limit: int = 10) -> Summary:
    before = heard.period.before()
    return Summary(
        period=heard.period,
        sums=_sums(heard),
        previous=sums(heard.user, before) if before else None,
        top_artists=top_artists(heard, limit),
        top_albums=top_albums(heard, limit),
        top_tracks=top_tracks(heard, limit),
        top_genres=top_genres(heard, limit),
        computed_at=heard.period.now,
    )


def _sums(heard: Heard) -> Sums:
    if heard.totals:
        return Sums(heard.totals.plays, heard.totals.ms, heard.totals.timed)
    return sums(heard.user, heard.period)


def sums(user: User, period: Period | None) -> Sums:
    """One query."""
    found = plays_in(user, period).aggregate(listens=Count("id"), ms=Sum("ms_played"), timed=Count("ms_played"))
    return Sums(found["listens"], found["ms"] or 0, found["timed"])


def as_period(period: Period) -> dict[str, Any]:
    """How answers of the API name their period; `to` is its first moment no more."""
    return {
        "period": period.key,
        "from": as_text(period.start) if period.start else None,
        "to": as_text(period.end) if period.end else None,
    }
