"""Many at once: one row each, no error, and a total that equals a recount."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from club.models import Nomination, Rating, Vote, Week
from club.services.counting import count
from club.services.nominations import nominate, withdraw_nomination
from club.services.polls import close_poll, decide_due_polls
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import change_week, create_week
from listening.models import Album
from listening.services.catalogue import AlbumRef
from sidetrack.errors import Conflict, Invalid
from sidetrack.models import AuditEvent
from tests.club.conftest import MONDAY, as_
from tests.conftest import make_person

pytestmark = pytest.mark.django_db(transaction=True)
BLUE = AlbumRef(title="Blue", artist="Joni Mitchell", year=1971)


def at_once(*acts):
    """Start all acts together, each in its own thread and connection; returns what came of each."""
    barrier = Barrier(len(acts))

    def run(act):
        try:
            barrier.wait()
            return act()
        except (Conflict, Invalid) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_fifty_equal_weeks_are_one(mo):
    done = at_once(*[lambda: create_week(number=9, date_discussion=MONDAY, by=as_(mo))] * 50)
    assert sorted(created for _, created in done) == [False] * 49 + [True]
    assert Week.objects.count() == 1


def test_fifty_equal_nominations_are_one(week, ann):
    done = at_once(*[lambda: nominate(week, by=as_(ann), album=BLUE, pitch="So sad.")] * 50)
    assert sorted(result.created for result in done) == [False] * 49 + [True]
    assert (Nomination.objects.count(), Album.objects.count()) == (1, 1)
    assert Week.objects.get().version == week.version + 1


def test_fifty_equal_votes_are_one(week, ann, put_forward):
    nomination = put_forward(ann, 0)
    done = at_once(*[lambda: cast_vote(week, by=as_(ann), rank=1, nomination_id=nomination.pk)] * 50)
    assert sorted(created for _, created in done) == [False] * 49 + [True]
    assert Vote.objects.count() == 1


def test_fifty_equal_ratings_are_one(won, ann):
    done = at_once(*[lambda: rate(won, by=as_(ann), rating="4.5", review="Loud.")] * 50)
    assert sorted(created for _, created in done) == [False] * 49 + [True]
    assert Rating.objects.count() == 1


def test_one_voter_in_two_minds_ends_with_one_ballot(week, ann, put_forward):
    nominations = [put_forward(ann, which) for which in range(3)]
    acts = [
        lambda rank=rank, nomination=nomination: cast_vote(week, by=as_(ann), rank=rank, nomination_id=nomination.pk)
        for rank in (1, 2)
        for nomination in nominations
    ]
    at_once(*acts * 4)
    votes = Vote.objects.filter(user=ann)
    assert len({vote.rank for vote in votes}) == len({vote.nomination_id for vote in votes}) == votes.count() <= 2


def test_every_voter_at_once_is_counted_once(week, ann, put_forward):
    first, second = put_forward(ann, 0), put_forward(ann, 1)
    voters = [make_person(f"voter{number}") for number in range(12)]
    acts = [
        lambda voter=voter, rank=rank, nomination=nomination: cast_vote(
            week, by=as_(voter), rank=rank, nomination_id=nomination.pk
        )
        for voter in voters
        for rank, nomination in ((1, first), (2, second))
    ]
    version = Week.objects.get().version
    at_once(*acts)
    counted = count(week)
    assert (counted.total_voters, counted.total_points) == (12, 36)
    assert Week.objects.get().version == version + 24


def test_two_closers_and_late_voters_decide_once_and_from_the_votes_that_stand(week, ann, bea, mo, put_forward):
    nomination, other = put_forward(ann, 0), put_forward(bea, 1)
    voters = [make_person(f"voter{number}") for number in range(10)]
    voting = [
        lambda voter=voter: cast_vote(week, by=as_(voter), rank=1, nomination_id=nomination.pk) for voter in voters
    ]
    cast_vote(week, by=as_(bea), rank=2, nomination_id=other.pk)
    done = at_once(*voting[:5], *[lambda: close_poll(week, by=as_(mo))] * 2, *voting[5:])
    taken = [result for result in done[:5] + done[7:] if not isinstance(result, Conflict)]
    assert Vote.objects.filter(nomination=nomination).count() == len(taken)
    decision = AuditEvent.objects.get(verb="week.close_poll")
    assert decision.after["poll"]["total_voters"] == len(taken) + 1
    winner = Week.objects.get().winner_nomination_id
    assert winner == count(week).winner_id


def test_the_catch_up_and_a_moderator_decide_once(week, ann, mo, put_forward, vote):
    vote(ann, 1, put_forward(ann, 0))
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    done = at_once(decide_due_polls, lambda: close_poll(week, by=as_(mo)), decide_due_polls)
    assert done[0] + done[2] <= 1
    assert AuditEvent.objects.filter(verb="week.close_poll").count() == 1


def test_a_vote_and_the_withdrawal_of_what_it_is_for(week, ann, bea, put_forward):
    nomination = put_forward(ann, 0)
    at_once(
        lambda: withdraw_nomination(week, nomination.pk, by=as_(ann)),
        *[lambda: cast_vote(week, by=as_(bea), rank=1, nomination_id=nomination.pk)] * 3,
    )
    assert (Nomination.objects.count(), Vote.objects.count()) == (0, 0)


def test_a_member_over_the_limit_at_once_stays_within_it(week, ann, albums, settings):
    settings.CLUB_NOMINATIONS_PER_MEMBER = 2
    acts = [lambda album=album: nominate(week, by=as_(ann), album=AlbumRef(id=album.pk)) for album in albums]
    at_once(*acts)
    assert Nomination.objects.count() == 2


def test_two_members_nominate_the_same_new_albums_in_reversed_order(mo, ann, bea):
    weeks = [create_week(number=number, date_discussion=MONDAY, by=as_(mo))[0] for number in (7, 8)]
    names = [AlbumRef(title=f"Album {number}", artist=f"Artist {number}") for number in range(6)]

    def put(week, person, order):
        return [nominate(week, by=as_(person), album=ref, tags={"genres": ["folk"]}) for ref in order]

    at_once(lambda: put(weeks[0], ann, names), lambda: put(weeks[1], bea, names[::-1]))
    assert (Album.objects.count(), Nomination.objects.count()) == (6, 12)
