"""Recent plays and top lists, straight from the listens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.types import Play
from listening.models import Album, ListenEvent
from listening.selectors import stats
from listening.selectors.heard import heard as plays_of
from listening.selectors.plays import recent
from listening.selectors.tops import top_albums, top_artists, top_genres, top_tracks
from listening.services.listens import Outcome, record_plays
from listening.services.tags import tag_album
from sidetrack.actors import SITE
from sidetrack.errors import Invalid, NotFound
from sidetrack.models import User

pytestmark = pytest.mark.django_db


def heard(user: User, *names: str, ago: timedelta = timedelta(hours=1), source: str = "lastfm") -> Outcome:
    """Plays of "artist/album/track", one second apart."""
    start, plays = timezone.now() - ago, []
    for n, name in enumerate(names):
        artist, album, track = name.split("/")
        at = start - timedelta(seconds=n)
        plays.append(Play(track, artist, album or None, at, f"{source}-{at.isoformat()}", ms_played=60_000))
    return record_plays(user, plays, source=source)


def test_top_lists_count_plays_and_order_equals_by_id(ann: User) -> None:
    heard(ann, "A/X/1", "A/X/2", "B/Y/3", "A/Z/1", "C//4", "B/Y/3")
    assert [(row.name, row.listens) for row in top_artists(plays_of(ann, "all"))] == [("A", 3), ("B", 2), ("C", 1)]
    assert [(row.album.title, row.listens) for row in top_albums(plays_of(ann, "all"))] == [
        ("X", 2),
        ("Y", 2),
        ("Z", 1),
    ]
    assert [(row.title, row.artist, row.listens) for row in top_tracks(plays_of(ann, "all"), 2)] == [
        ("1", "A", 2),
        ("3", "B", 2),
    ]


def test_only_ones_own_canonical_listens_count(ann: User, bea: User) -> None:
    heard(ann, "A/X/1")
    heard(bea, "B/Y/2")
    first = ListenEvent.objects.get(user=ann)
    heard(ann, "A/X/1", source="spotify")
    ListenEvent.objects.filter(user=ann).exclude(pk=first.pk).update(duplicate_of=first)
    assert stats.summary(ann, "all").listens == 1
    assert [row.listens for row in top_artists(plays_of(ann, "all"))] == [1]
    assert [row.id for row in recent(ann).listens] == [first.pk]


@pytest.mark.parametrize(("period", "count"), [("7d", 1), ("30d", 2), ("90d", 3), ("365d", 4), ("all", 5)])
def test_a_period_is_a_length_of_time_back_from_now(ann: User, period: str, count: int) -> None:
    for days in (1, 8, 31, 91, 366):
        heard(ann, "A/X/1", ago=timedelta(days=days))
    summary = stats.summary(ann, period)
    assert (summary.listens, summary.ms_played) == (count, count * 60_000)
    assert [row.listens for row in summary.top_artists] == [count]


def test_backdated_plays_appear_at_once(ann: User) -> None:
    heard(ann, "A/X/1")
    stats.summary(ann, "365d")
    heard(ann, "Old/O/1", "Old/O/2", ago=timedelta(days=300))
    assert stats.summary(ann, "365d").top_artists[0].name == "Old"


def test_genres_come_from_the_tags_of_albums_each_play_once_a_genre(ann: User) -> None:
    heard(ann, "A/X/1", "A/X/2", "B/Y/3", "C//4")
    for title, genres in (("X", ["Trip Hop", "Electronic"]), ("Y", ["Electronic"])):
        for source in ("nomination", "moderator"):  # said twice, counted once
            tag_album(Album.objects.get(title=title), genres=genres, decade="", country="", source=source, by=SITE)
    assert [(row.name, row.listens) for row in top_genres(plays_of(ann, "all"))] == [("Electronic", 3), ("Trip Hop", 2)]


def test_nothing_heard_is_an_empty_summary(ann: User) -> None:
    empty = stats.summary(ann, "all").as_json()
    assert (empty["listens"], empty["ms_played"]) == (0, 0)
    assert [empty[f"top_{what}"] for what in ("artists", "albums", "tracks", "genres")] == [[], [], [], []]


def test_a_summary_takes_the_same_queries_for_a_long_history(ann: User, django_assert_max_num_queries: Any) -> None:
    heard(ann, "A/X/1")
    with django_assert_max_num_queries(12) as few:
        stats.summary(ann, "all")
    heard(ann, *(f"A{n}/X{n}/T{n}" for n in range(150)))
    with django_assert_max_num_queries(12) as many:
        stats.summary(ann, "all")
    assert len(many) == len(few)


def test_paging_neither_loses_nor_repeats_when_a_play_comes_in_between(ann: User) -> None:
    heard(ann, *(f"A/X/{n}" for n in range(10)))
    first = recent(ann, 4)
    heard(ann, "New/N/1", ago=timedelta(0))
    second = recent(ann, 4, first.next)
    third = recent(ann, 4, second.next)
    titles = [row.title for page in (first, second, third) for row in page.listens]
    assert titles == [str(n) for n in range(10)]
    assert third.next is None


@pytest.mark.parametrize("cursor", ["x", "!!", "MQ", "é", "\x00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "MS4tMQ"])
def test_a_cursor_not_ours_is_refused(ann: User, cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        recent(ann, 5, cursor)
    assert refusal.value.attr == "cursor"


def test_plays_at_the_edges_of_time_are_kept_to_the_microsecond(ann: User) -> None:
    at = datetime(2024, 3, 31, 1, 30, 0, 123456, tzinfo=UTC)  # inside the missing hour of a spring night in Berlin
    record_plays(ann, [Play("T", "A", None, at, "k")], source="lastfm")
    assert recent(ann).listens[0].started_at == at


def test_a_known_record_is_a_duplicate_whatever_it_says_now(ann: User) -> None:
    at = timezone.now()
    record_plays(ann, [Play("T", "A", None, at, "k")], source="lastfm")
    again = [Play("Renamed", "Somebody", "Else", at, "k")]
    assert record_plays(ann, again, source="lastfm") == Outcome(0, 1)
    assert record_plays(ann, again, source="spotify") == Outcome(1, 0)


def test_plays_of_a_deleted_member_are_refused(ann: User) -> None:
    User.objects.filter(pk=ann.pk).delete()
    with pytest.raises(NotFound):
        heard(ann, "A/X/1")
