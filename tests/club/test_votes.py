"""Ballots that come late, twice, for the wrong thing, or for something withdrawn since."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from club.models import Vote, Week
from club.services.counting import count
from club.services.nominations import withdraw_nomination
from club.services.polls import close_poll
from club.services.votes import cast_vote, withdraw_vote
from club.services.weeks import change_week, create_week
from listening.models import Album
from listening.services.catalogue import AlbumRef
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from tests.club.conftest import MONDAY, as_


def ballot(person):
    return dict(Vote.objects.filter(user=person).values_list("rank", "nomination_id"))


def test_a_vote_repeated_is_one_vote_and_changes_nothing(week, ann, bea, put_forward):
    nomination = put_forward(ann, 0)
    first, created = cast_vote(week, by=as_(bea), rank=1, nomination_id=nomination.pk)
    version = Week.objects.get().version
    again, created_again = cast_vote(week, by=as_(bea), rank=1, nomination_id=nomination.pk)
    assert (created, created_again) == (True, False)
    assert (again.pk, again.updated_at, Week.objects.get().version) == (first.pk, first.updated_at, version)


def test_the_other_rank_on_the_same_nomination_moves_it(week, ann, bea, put_forward, vote):
    nomination = put_forward(ann, 0)
    vote(bea, 1, nomination)
    vote(bea, 2, nomination)
    assert ballot(bea) == {2: nomination.pk}


def test_a_rank_given_to_another_nomination_leaves_the_first(week, ann, bea, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, loveless)
    vote(bea, 1, blue)
    assert ballot(bea) == {1: blue.pk}


def test_second_made_first_takes_the_place_of_the_first(week, ann, bea, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, loveless)
    vote(bea, 2, blue)
    vote(bea, 1, blue)
    assert ballot(bea) == {1: blue.pk}


def test_a_vote_names_its_nomination_by_album_too(week, ann, bea, put_forward):
    put_forward(ann, 0)
    by_names = AlbumRef(title="loveless", artist="my bloody valentine")
    vote, _ = cast_vote(week, by=as_(bea), rank=1, album=by_names)
    assert vote.nomination.album.title == "Loveless"


def test_of_two_nominations_of_an_album_the_earlier_gets_the_vote(week, ann, bea, albums, put_forward):
    earlier, _ = put_forward(ann, 0), put_forward(bea, 0)
    vote, _ = cast_vote(week, by=as_(bea), rank=1, album=AlbumRef(id=albums[0].pk))
    assert vote.nomination == earlier


def test_an_album_that_is_not_nominated_is_refused_and_not_added(week, bea):
    with pytest.raises(Invalid) as refusal:
        cast_vote(week, by=as_(bea), rank=1, album=AlbumRef(title="Blue", artist="Joni Mitchell"))
    assert refusal.value.attr == "album"
    assert not Album.objects.exists()


def test_unknown_and_other_weeks_nominations_are_refused(week, ann, bea, mo, put_forward):
    nomination = put_forward(ann, 0)
    other, _ = create_week(number=4, date_discussion=MONDAY, by=as_(mo))
    for where, pk in ((week, nomination.pk + 1), (other, nomination.pk)):
        with pytest.raises(Invalid) as refusal:
            cast_vote(where, by=as_(bea), rank=1, nomination_id=pk)
        assert refusal.value.attr == "nomination_id"


@pytest.mark.parametrize("rank", [0, 3, -1])
def test_there_are_two_ranks(week, ann, put_forward, rank):
    nomination = put_forward(ann, 0)
    with pytest.raises(Invalid) as refusal:
        cast_vote(week, by=as_(ann), rank=rank, nomination_id=nomination.pk)
    assert refusal.value.attr == "rank"
    with pytest.raises(Invalid):
        withdraw_vote(week, by=as_(ann), rank=rank)


def test_members_vote_for_their_own_unless_the_club_says_no(week, ann, bea, put_forward, vote, settings):
    nomination = put_forward(ann, 0)
    vote(ann, 1, nomination)
    withdraw_vote(week, by=as_(ann), rank=1)
    settings.CLUB_VOTE_OWN = False
    with pytest.raises(NotAllowed):
        vote(ann, 1, nomination)
    vote(bea, 1, nomination)


def test_a_vote_after_the_close_is_too_late(week, ann, bea, mo, put_forward, vote):
    nomination = put_forward(ann, 0)
    vote(bea, 1, nomination)
    close_poll(week, by=as_(mo))
    for late in (lambda: vote(bea, 1, nomination), lambda: withdraw_vote(week, by=as_(bea), rank=1)):
        with pytest.raises(Conflict):
            late()
    assert ballot(bea) == {1: nomination.pk}


def test_a_vote_after_the_deadline_is_too_late_though_nobody_has_closed_the_poll(week, ann, mo, put_forward, vote):
    nomination = put_forward(ann, 0)
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    with pytest.raises(Conflict):
        vote(ann, 1, nomination)


def test_a_vote_taken_back_is_gone_and_may_be_taken_back_again(week, ann, put_forward, vote):
    vote(ann, 1, put_forward(ann, 0))
    assert withdraw_vote(week, by=as_(ann), rank=1)
    version = Week.objects.get().version
    assert not withdraw_vote(week, by=as_(ann), rank=1)
    assert Week.objects.get().version == version


def test_strangers_have_no_vote(week, ann, carl, put_forward):
    nomination = put_forward(ann, 0)
    for actor in (as_(carl), Actor()):
        with pytest.raises(NotAllowed):
            cast_vote(week, by=actor, rank=1, nomination_id=nomination.pk)
        with pytest.raises(NotAllowed):
            withdraw_vote(week, by=actor, rank=1)


def test_the_database_holds_the_rules_of_a_ballot(week, ann, bea, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, loveless)
    for rank, nomination in ((1, blue), (2, loveless), (3, blue)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Vote.objects.create(week=week, user=bea, rank=rank, nomination=nomination)


ACTS = st.lists(
    st.tuples(st.sampled_from(["vote", "withdraw", "drop"]), st.integers(0, 1), st.integers(1, 2), st.integers(0, 2)),
    max_size=12,
)


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(acts=ACTS)
def test_whatever_is_done_each_ballot_is_what_was_said_last(acts, week, ann, bea, put_forward):
    """Against a plain dictionary: rank -> nomination of each voter."""
    with transaction.atomic():
        nominations = [put_forward(ann, which) for which in range(3)]
        said: dict[int, dict[int, int]] = {ann.pk: {}, bea.pk: {}}
        gone: set[int] = set()
        for act, who, rank, which in acts:
            voter, nomination = (ann, bea)[who], nominations[which]
            if act == "vote" and nomination.pk not in gone:
                cast_vote(week, by=as_(voter), rank=rank, nomination_id=nomination.pk)
                mine = {key: value for key, value in said[voter.pk].items() if value != nomination.pk}
                said[voter.pk] = mine | {rank: nomination.pk}
            elif act == "withdraw":
                withdraw_vote(week, by=as_(voter), rank=rank)
                said[voter.pk].pop(rank, None)
            elif act == "drop" and nomination.pk not in gone:
                withdraw_nomination(week, nomination.pk, by=as_(ann))
                gone.add(nomination.pk)
                said = {user: {k: v for k, v in mine.items() if v not in gone} for user, mine in said.items()}
        assert {ann.pk: ballot(ann), bea.pk: ballot(bea)} == said
        assert count(week).total_points == sum(3 - rank for mine in said.values() for rank in mine)
        transaction.set_rollback(True)
