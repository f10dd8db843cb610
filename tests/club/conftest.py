"""A week of the club, and its small acts by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from club.models import Week
from club.services.nominations import nominate
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import create_week
from listening.models import Album
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE, Actor

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = datetime(2025, 11, 24, 20, tzinfo=UTC)
ALBUMS = [
    ("Loveless", "My Bloody Valentine"),
    ("Blue", "Joni Mitchell"),
    ("Kid A", "Radiohead"),
    ("Homogenic", "Björk"),
]


def as_(person) -> Actor:
    """The person in their own session."""
    return Actor(user=person)


@pytest.fixture
def week(mo) -> Week:
    """Week 3, without deadlines."""
    return create_week(number=3, date_discussion=MONDAY, by=as_(mo))[0]


@pytest.fixture
def albums(db) -> list[Album]:
    """Loveless, Blue, Kid A, Homogenic."""
    return [ensure_album(AlbumRef(title=title, artist=artist), by=SITE, source="test")[0] for title, artist in ALBUMS]


@pytest.fixture
def put_forward(week, albums):
    """`put_forward(ann, 0, pitch="...")`: ann nominates the first of `albums`."""

    def act(person, which, **fields):
        return nominate(week, by=as_(person), album=AlbumRef(id=albums[which].pk), **fields).nomination

    return act


@pytest.fixture
def vote(week):
    """`vote(bea, 1, nomination)`."""

    def act(person, rank, nomination):
        return cast_vote(week, by=as_(person), rank=rank, nomination_id=nomination.pk)[0]

    return act


@pytest.fixture
def give(week):
    """`give(bea, "4.5", review="...")`."""

    def act(person, rating, **fields):
        return rate(week, by=as_(person), rating=rating, **fields)[0]

    return act


@pytest.fixture
def won(week, put_forward, vote, ann, bea, mo):
    """The week after Loveless, nominated by ann, has won it with bea's vote; Blue came second."""
    from club.services.polls import close_poll

    loveless, blue = put_forward(ann, 0), put_forward(bea, 1)
    vote(bea, 1, loveless)
    vote(ann, 2, blue)
    return close_poll(week, by=as_(mo))
