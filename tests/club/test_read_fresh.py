"""A kept answer is never stale: whatever it shows is changed, and the next answer equals one made anew.

The changes are plain updates that leave `Week.version` and `updated_at` alone, as another process,
a command or a careless hand would make them; the services are tried as well.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.utils import timezone

from club.models import ExternalMessageRef, Nomination, Rating, Vote, Week
from club.services.polls import override_winner, reopen
from club.services.ratings import hide_review, rate, restore_review
from club.services.votes import cast_vote, withdraw_vote
from club.services.weeks import change_week
from listening.models import Album, AlbumTag, Artist, ExternalId, Tag
from sidetrack.actors import Actor
from sidetrack.models import User
from sidetrack.services import people
from tests.club.reading import crown, make_week, nominate, vote
from tests.club.reading import rate as put_rating

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(ann, bea, mo):
    week = make_week(3)
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust", year=2002)
    vote(first, bea), vote(second, bea, 2)
    crown(week, first)
    put_rating(week, ann, 9, "A hush.")
    return week


def answer(api, week, person=None):
    return api(person).get(f"/api/v1/club/weeks/{week.pk}").json()


def ratings(api, week, person=None):
    return api(person).get(f"/api/v1/club/weeks/{week.pk}/ratings").json()["results"]


def tagged(name):
    tag, _ = Tag.objects.get_or_create(kind="genre", folded=name, defaults={"name": name})
    AlbumTag.objects.create(album=Album.objects.get(title="Trust"), tag=tag, source="moderator")


CHANGES = {
    "a person is renamed": lambda: User.objects.filter(username="ann").update(display_name="Anna Other"),
    "a username is shown and changes": lambda: User.objects.filter(username="ann").update(display_name=""),
    "a nominator is banned": lambda: User.objects.filter(username="bea").update(status="banned"),
    "a nominator is deleted": lambda: User.objects.filter(username="bea").update(is_active=False),
    "an album gets another title": lambda: Album.objects.filter(title="Trust").update(title="Truth"),
    "an album gets another artist line": lambda: Album.objects.filter(title="Trust").update(artist_credit="High"),
    "an album gets another year": lambda: Album.objects.filter(title="Trust").update(year=2003),
    "an album loses its year": lambda: Album.objects.filter(title="Trust").update(year=None),
    "an album gets a cover": lambda: Album.objects.filter(title="Trust").update(cover_url="https://example.org/a.png"),
    "an artist is renamed": lambda: Artist.objects.update(name="The Low"),
    "an album gets an id": lambda: ExternalId.objects.create(
        album=Album.objects.get(title="Trust"), scheme="musicbrainz", value="m"
    ),
    "an id is corrected": lambda: ExternalId.objects.filter(album__title="Trust").update(value="other"),
    "an album gets a tag": lambda: tagged("noise"),
    "a tag is renamed": lambda: Tag.objects.update(name="Slowcore"),
    "a tag is taken off": lambda: AlbumTag.objects.filter(album__title="Trust").delete(),
    "a vote comes in": lambda: vote(Nomination.objects.get(album__title="Trust"), User.objects.get(username="ann")),
    "a vote moves": lambda: Vote.objects.filter(rank=1).update(rank=2, nomination=_other()),
    "a vote is taken back": lambda: Vote.objects.filter(rank=1).delete(),
    "a rating comes in": lambda: put_rating(Week.objects.get(), User.objects.get(username="bea"), 2),
    "a rating changes": lambda: Rating.objects.update(halves=3),
    "a rating is taken back": lambda: Rating.objects.all().delete(),
    "a nomination comes in": lambda: nominate(Week.objects.get(), User.objects.get(username="mo"), "Hey What"),
    "a nomination goes": lambda: Nomination.objects.filter(album__title="Trust").delete(),
    "a pitch is written anew": lambda: _pitch("Louder."),
    "the week gets a thread": lambda: ExternalMessageRef.objects.create(
        week=Week.objects.get(), kind="thread", external_id="9"
    ),
    "the week gets a label": lambda: Week.objects.update(label="Slow week"),
    "the winner is another": lambda: Week.objects.update(winner_nomination=_other(), winner_album=_other().album),
    "the poll is open again": lambda: Week.objects.update(
        winner_nomination=None, winner_album=None, decided_at=None, decided_by="", poll_closed_at=None
    ),
}


def _other():
    return Nomination.objects.get(album__title="Trust")


def _pitch(text):
    nomination = _other()
    nomination.pitch = text
    nomination.save()


@pytest.mark.parametrize("what", CHANGES)
def test_no_answer_is_stale_when(api, week, what):
    if what == "a vote moves":
        Vote.objects.filter(rank=2).delete()
    before = answer(api, week)
    assert answer(api, week) == before
    CHANGES[what]()
    after = answer(api, week)
    caches["local"].clear()
    assert after == answer(api, week)
    assert after != before


def test_no_answer_is_stale_after_a_service_wrote(api, ann, bea, mo, week):
    by, moderator = Actor(user=ann), Actor(user=mo)
    nomination = _other()
    review = Rating.objects.get(user=ann)
    acts = [
        lambda: rate(week, by=Actor(user=bea), rating="2.5"),
        lambda: override_winner(week, by=moderator, reason="By hand.", nomination_id=nomination.pk),
        lambda: reopen(week, by=moderator, reason="Once more."),
        lambda: cast_vote(week, by=by, rank=1, nomination_id=nomination.pk),
        lambda: withdraw_vote(week, by=by, rank=1),
        lambda: change_week(week, {"label": "Slow week"}, by=moderator),
        lambda: people.rename(bea, by=Actor(user=bea), display_name="Beatrice"),
    ]
    before = answer(api, week)
    for act in acts:
        act()
        after = answer(api, week)
        caches["local"].clear()
        assert after == answer(api, week)
        assert after != before
        before = after
    assert review.pk


def test_a_hidden_review_is_gone_at_once_and_comes_back(api, ann, bea, mo, week):
    review = Rating.objects.get(user=ann)
    assert [row["review"] for row in ratings(api, week, bea)] == ["A hush."]
    hide_review(review.pk, by=Actor(user=mo), reason="Rude.")
    assert ratings(api, week, bea) == []
    assert answer(api, week)["ratings_summary"]["count"] == 1
    restore_review(review.pk, by=Actor(user=mo), reason="Not so rude.")
    assert len(ratings(api, week, bea)) == 1


def test_a_name_taken_off_is_gone_at_once(api, ann, bea, week):
    tag = api(None).get(f"/api/v1/club/weeks/{week.pk}")["ETag"]
    assert ratings(api, week, bea)[0]["user"]["name"] == "Ann Arbor"
    User.objects.filter(pk=ann.pk).update(hide_name_on_reviews=True)
    assert ratings(api, week, bea)[0]["user"] == {"id": None, "name": "A member"}
    assert api(None).get(f"/api/v1/club/weeks/{week.pk}")["ETag"] != tag


def test_the_phase_moves_on_by_the_clock_alone(api, ann):
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        week = make_week(
            3,
            now + timedelta(days=3),
            nominations_close_at=now + timedelta(days=1),
            votes_close_at=now + timedelta(days=2),
        )
        nominate(week, ann, "Secret Name")
        seen = []
        for days in (0, 1, 2, 9, 11):
            clock.move_to(now + timedelta(days=days))
            shown = answer(api, week)
            seen.append((shown["phase"], shown["poll"]["closed"]))
    assert seen == [
        ("nominating", False), ("voting", False), ("discussing", True), ("discussing", True), ("closed", True)
    ]  # fmt: skip


def test_what_another_week_does_leaves_the_answer_kept(api, ann, week, django_assert_num_queries):
    client, path = api(None), f"/api/v1/club/weeks/{week.pk}"
    client.get(path)
    other = make_week(4, timezone.now())
    vote(nominate(other, ann, "Hey What", artist="Others"), ann)
    with django_assert_num_queries(1):
        client.get(path)
