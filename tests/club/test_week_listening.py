"""Who of the club plays this week's album, as far as each lets the viewer see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from club.models import Week
from club.selectors.listening import week_listening
from club.selectors.state import read_week
from club.selectors.week import week_detail
from integrations.types import Play
from listening.models import AlbumTrack, ListenEvent, Track
from listening.services.listens import record_plays
from sidetrack.gate import listeners_seen_by, may_see_listening
from sidetrack.models import User
from tests.club.reading import crown, make_week, nominate, vote
from tests.club.test_pages import body
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def week(ann: User, bea: User) -> Week:
    """Week 3 was opened five days ago; Secret Name has won it, Trust has not. Both have two tracks."""
    week = make_week(3, timezone.now() + DAY, created_at=timezone.now() - 5 * DAY)
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust")
    vote(first, bea)
    Week.objects.filter(pk=week.pk).update(date_discussion=timezone.now() + 2 * DAY)
    for nomination in (first, second):
        for number in (1, 2):
            title = f"{nomination.album.title} {number}"
            track = Track.objects.create(
                title=title, artist_credit="Low", folded_title=title.lower(), folded_artist="low"
            )
            AlbumTrack.objects.create(album=nomination.album, track=track, number=number)
    return crown(Week.objects.get(pk=week.pk), first)


def hear(person: User, *tracks: str, album: str = "Secret Name", ago: timedelta = DAY, source: str = "lastfm") -> None:
    at = timezone.now() - ago
    plays = [
        Play(track, "Low", album, at + timedelta(minutes=5 * n), f"{source} {track} {at:%j%H%M%S} {n}")
        for n, track in enumerate(tracks)
    ]
    record_plays(person, plays, source=source)


def seen(viewer: User | None, number: int = 3, now: datetime | None = None) -> Any:
    state = read_week(viewer, number=number, now=now)
    return week_listening(viewer, state, week_detail(state))


def test_members_are_counted_once_however_often_they_played(week: Week, ann: User, bea: User, mo: User) -> None:
    hear(ann, *["Secret Name 1"] * 9)
    hear(bea, "Secret Name 1", "Secret Name 2")
    found = seen(mo)
    assert (found["members"], found["plays"]) == (2, 11)
    assert [(one["name"], one["plays"]) for one in found["names"]] == [("Ann Arbor", 9), ("Bea Bell", 2)]
    assert found["top_tracks"] == [{"title": "Secret Name 1", "plays": 10}, {"title": "Secret Name 2", "plays": 1}]
    assert (found["own_plays"], found["own_tracks"], found["tracks"]) == (0, 0, 2)


def test_the_same_play_told_by_two_sources_is_one(week: Week, ann: User) -> None:
    hear(ann, "Secret Name 1")
    first = ListenEvent.objects.get()
    hear(ann, "Secret Name 1", source="spotify")
    ListenEvent.objects.exclude(pk=first.pk).update(duplicate_of=first)
    assert seen(ann)["plays"] == 1


def test_only_plays_of_this_album_since_the_week_began_count(week: Week, ann: User) -> None:
    hear(ann, "Secret Name 1", ago=8 * DAY)
    hear(ann, "Trust 1", album="Trust")
    assert seen(ann)["members"] == 0
    hear(ann, "Secret Name 1", ago=4 * DAY)
    assert (seen(ann)["members"], seen(ann)["own_tracks"]) == (1, 1)


def test_whoever_shows_their_listening_to_nobody_is_in_no_number_but_their_own(
    week: Week, ann: User, bea: User, mo: User
) -> None:
    hear(ann, "Secret Name 1")
    hear(bea, "Secret Name 2")
    User.objects.filter(pk=ann.pk).update(visibility="nobody")
    for other in (bea, mo):
        found = seen(other)
        assert (found["members"], found["plays"]) == (1, 1)
        assert "Ann" not in str(found)
        assert [row["title"] for row in found["top_tracks"]] == ["Secret Name 2"]
    assert seen(User.objects.get(pk=ann.pk))["members"] == 2
    User.objects.filter(pk=ann.pk).update(visibility="members")
    assert seen(bea)["members"] == 2


def test_the_banned_and_the_pending_are_not_members_who_listen(week: Week, ann: User, bea: User, carl: User) -> None:
    for person in (ann, bea, carl):
        hear(person, "Secret Name 1")
    User.objects.filter(pk=bea.pk).update(status="banned")
    assert [one["username"] for one in seen(ann)["names"]] == ["ann"]


def test_while_the_poll_is_open_every_nominee_tells_its_members(week: Week, ann: User, bea: User, mo: User) -> None:
    Week.objects.filter(pk=week.pk).update(
        winner_album=None, winner_nomination=None, poll_closed_at=None, decided_at=None, decided_by=""
    )
    hear(ann, "Trust 1", "Trust 2", album="Trust")
    hear(bea, "Trust 1", album="Trust")
    hear(bea, "Secret Name 1", "Secret Name 1", "Secret Name 2", "Secret Name 2")
    told = [(row["album"]["title"], row["members"], row["plays"]) for row in seen(mo)["albums"]]
    assert told == [("Trust", 2, 3), ("Secret Name", 1, 4)]


def test_a_week_that_is_over_keeps_to_its_own_days(week: Week, ann: User, bea: User) -> None:
    hear(ann, "Secret Name 1")
    later = timezone.now() + 60 * DAY
    ListenEvent.objects.create(
        user=bea,
        track=Track.objects.get(title="Secret Name 1"),
        artist_id=ListenEvent.objects.get().artist_id,
        album=week.winner_album,
        started_at=later - DAY,
        source="manual",
        source_key="later",
    )
    assert seen(ann, now=later)["members"] == 1


def test_the_page_tells_it_to_members_only(week: Week, web: Any, ann: User, bea: User, carl: User) -> None:
    hear(ann, "Secret Name 1")
    User.objects.filter(pk=ann.pk).update(visibility="public")
    for address in ("/weeks/3/", "/"):
        assert "1 member" in body(web(bea).get(address))
        for stranger in (None, carl):
            text = body(web(stranger).get(address))
            assert "1 member played" not in text
            assert "Who is listening" not in text
    text = body(web(ann).get("/weeks/3/"))
    assert "You have played 1 of 2 tracks" in text
    assert "You have not played it yet" in body(web(bea).get("/weeks/3/"))


def test_what_one_viewer_sees_is_kept_for_no_other(week: Week, web: Any, ann: User, bea: User) -> None:
    hear(ann, "Secret Name 1")
    User.objects.filter(pk=ann.pk).update(visibility="nobody")
    assert "1 member played it" in body(web(ann).get("/weeks/3/"))
    assert "Nobody who shows their listening" in body(web(bea).get("/weeks/3/"))


def test_it_takes_two_queries_however_many_listen(week: Week, ann: User) -> None:
    hear(ann, "Secret Name 1")
    state = read_week(ann, number=3)
    detail = week_detail(state)
    for count in range(12):
        hear(make_person(f"listener{count}"), "Secret Name 1", f"Secret Name {count}")
    with CaptureQueriesContext(connection) as asked:
        found = week_listening(ann, state, detail)
    assert len(asked) == 2
    assert found is not None
    assert (found["members"], len(found["names"]), found["unnamed"]) == (13, 8, 5)


@pytest.mark.parametrize("club_public", [True, False])
def test_the_gate_says_the_same_for_one_and_for_many(db: None, settings: Any, club_public: bool) -> None:
    settings.CLUB_PUBLIC = club_public
    everybody = [
        make_person(f"{status}-{visibility}-{role}-{active}", status=status, visibility=visibility, role=role)
        for status in ("member", "pending", "banned")
        for visibility in ("public", "members", "nobody")
        for role in ("member", "moderator")
        for active in (True, False)
    ]
    User.objects.filter(username__endswith="-False").update(is_active=False)
    everybody = list(User.objects.filter(pk__in=[person.pk for person in everybody]))
    for viewer in (None, *everybody):
        alike = {owner.pk for owner in everybody if may_see_listening(viewer, owner)}
        assert set(listeners_seen_by(viewer).values_list("pk", flat=True)) == alike, viewer
