"""A small week to read: rows made plainly, without the services, so that reads are tested alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from club.models.weeks import default_label
from listening.models import Album, AlbumArtist, AlbumTag, Artist, ExternalId, Tag
from sidetrack.models import User


def make_album(title: str, artist: str = "Low", **fields: Any) -> Album:
    album = Album.objects.create(
        title=title, artist_credit=artist, folded_title=title.lower(), folded_artist=artist.lower(), **fields
    )
    person, _ = Artist.objects.get_or_create(folded=artist.lower(), defaults={"name": artist})
    AlbumArtist.objects.create(album=album, artist=person)
    ExternalId.objects.create(album=album, scheme="spotify", value=f"spotify{album.pk}")
    tag, _ = Tag.objects.get_or_create(kind="genre", folded="slowcore", defaults={"name": "slowcore"})
    AlbumTag.objects.create(album=album, tag=tag, source="nomination")
    return album


def make_week(number: int, date: datetime | None = None, **fields: Any) -> Week:
    date = date or timezone.now()
    return Week.objects.create(
        number=number, label=fields.pop("label", default_label(number, date)), date_discussion=date, **fields
    )


def nominate(week: Week, user: User, title: str, pitch: str = "Listen closely.", **album: Any) -> Nomination:
    return Nomination.objects.create(week=week, user=user, album=make_album(title, **album), pitch=pitch)


def vote(nomination: Nomination, user: User, rank: int = 1) -> Vote:
    return Vote.objects.create(week=nomination.week, user=user, nomination=nomination, rank=rank)


def crown(week: Week, nomination: Nomination, decided_by: str = "votes") -> Week:
    """The nomination wins and the poll is closed."""
    now = timezone.now()
    week.poll_closed_at = week.decided_at = now
    week.winner_album, week.winner_nomination, week.decided_by = nomination.album, nomination, decided_by
    week.save()
    return week


def rate(week: Week, user: User, halves: int = 8, review: str = "", **fields: Any) -> Rating:
    assert week.winner_album is not None
    return Rating.objects.create(week=week, user=user, album=week.winner_album, halves=halves, review=review, **fields)
