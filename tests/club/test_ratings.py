"""One rating per member, week and album, in halves, for the winner."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from club.models import Rating, Week
from club.services.ratings import delete_rating, hide_review, rate, restore_review
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent
from tests.club.conftest import as_


def test_a_rating_given_again_is_changed(won, ann, give):
    give(ann, "4.5", review="Loud.", favorite_track="Sometimes")
    give(ann, "3.0")
    only = Rating.objects.get()
    assert (str(only.value), only.review, only.favorite_track) == ("3", "Loud.", "Sometimes")


def test_the_same_rating_again_changes_nothing(won, ann):
    first, created = rate(won, by=as_(ann), rating="4.5", review="Loud.")
    version = Week.objects.get().version
    again, created_again = rate(won, by=as_(ann), rating=4.5, review="Loud. ")
    assert (created, created_again) == (True, False)
    assert (again.updated_at, Week.objects.get().version) == (first.updated_at, version)


def test_there_is_nothing_to_rate_before_a_winner(week, ann):
    with pytest.raises(Conflict):
        rate(week, by=as_(ann), rating="4.5")


@pytest.mark.parametrize("rating", [4.25, "4,5", 0, 5.5, float("nan"), 1e999, True, None])
def test_what_is_no_half_step_is_refused(won, ann, rating):
    with pytest.raises(Invalid) as refusal:
        rate(won, by=as_(ann), rating=rating)
    assert refusal.value.attr == "rating"
    assert not Rating.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("review", "x" * 10_001), ("review", "\x00"), ("favorite_track", "x" * 301)]
)
def test_text_has_its_bounds(won, ann, field, value):
    with pytest.raises(Invalid) as refusal:
        rate(won, by=as_(ann), rating="4.5", **{field: value})
    assert refusal.value.attr == field


@pytest.mark.parametrize("halves", [0, 1, 11])
def test_the_scale_holds_in_the_model_and_in_the_database(won, ann, albums, halves):
    rating = Rating(week=won, user=ann, album=albums[0], halves=halves)
    with pytest.raises(ValidationError):
        rating.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        rating.save()


def test_the_database_holds_one_rating_per_member_week_and_album(won, ann, give, albums):
    give(ann, "4.5")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(week=won, user=ann, album=albums[0], halves=2)


def test_an_album_two_ratings_point_at_cannot_be_merged_into_a_second_rating(won, ann, give, albums):
    """Whoever merges albums must decide between two ratings of one member."""
    give(ann, "4.5")
    Rating.objects.create(week=won, user=ann, album=albums[1], halves=4)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(album=albums[1]).update(album=albums[0])


def test_members_take_their_own_rating_back(won, ann, bea, give):
    give(ann, "4.5")
    give(bea, "2.0")
    assert delete_rating(won, by=as_(ann))
    assert not delete_rating(won, by=as_(ann))
    assert Rating.objects.get().user == bea
    assert AuditEvent.objects.get(verb="rating.delete").subject == ann


def test_strangers_do_not_rate(won, carl):
    for actor in (as_(carl), Actor()):
        with pytest.raises(NotAllowed):
            rate(won, by=actor, rating="4.5")
        with pytest.raises(NotAllowed):
            delete_rating(won, by=actor)


def test_a_review_is_hidden_not_destroyed_and_comes_back(won, ann, mo, give):
    rating = give(ann, "4.5", review="Rude.")
    hide_review(rating.pk, by=as_(mo), reason="Rude.")
    assert Rating.objects.get().hidden_at is not None
    assert Rating.objects.get().review == "Rude."
    restore_review(rating.pk, by=as_(mo), reason="It was a quote.")
    assert Rating.objects.get().hidden_at is None
    hidden, restored = AuditEvent.objects.filter(object_type="club.rating").order_by("pk")
    assert (hidden.verb, hidden.actor, hidden.subject, hidden.reason) == ("review.hide", mo, ann, "Rude.")
    assert hidden.before["review"] == "Rude."
    assert restored.verb == "review.restore"


def test_hiding_twice_is_hiding_once(won, ann, mo, give):
    rating = give(ann, "4.5", review="Rude.")
    hide_review(rating.pk, by=as_(mo))
    version = Week.objects.get().version
    hide_review(rating.pk, by=as_(mo))
    assert Week.objects.get().version == version
    assert AuditEvent.objects.filter(verb="review.hide").count() == 1


def test_a_hidden_review_stays_hidden_when_it_is_changed_and_cannot_be_swapped_for_a_new_one(won, ann, mo, give):
    rating = give(ann, "4.5", review="Rude.")
    hide_review(rating.pk, by=as_(mo))
    give(ann, "1.0", review="Ruder.")
    assert Rating.objects.get().hidden_at is not None
    with pytest.raises(Conflict):
        delete_rating(won, by=as_(ann))


def test_only_moderators_hide(won, ann, bea, mo, carl, give, make_token):
    rating = give(ann, "4.5", review="Rude.")
    for actor in (as_(bea), as_(ann), as_(carl), Actor(), Actor(user=mo, token=make_token("club:write")[0])):
        for act in (hide_review, restore_review):
            with pytest.raises(NotAllowed):
                act(rating.pk, by=actor)
    token = make_token("moderate")[0]
    hide_review(rating.pk, by=Actor(user=bea, token=token))
    row = AuditEvent.objects.get(verb="review.hide")
    assert (row.actor, row.token) == (bea, token)


def test_a_review_that_is_not_there_is_not_found(mo):
    with pytest.raises(NotFound):
        hide_review(1, by=as_(mo))
