"""The winner is decided once, frozen, and every decision leaves its reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from club.models import Nomination, Rating, Week
from club.services.polls import (
    close_poll,
    decide_due_polls,
    decide_if_due,
    name_winner,
    override_winner,
    redecide,
    reopen,
)
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import change_week, create_week
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.models import AuditEvent
from tests.club.conftest import DAY, HOUR, MONDAY, as_


@pytest.fixture
def bot_actor(make_token):
    return Actor(token=make_token("club:write")[0])


def decisions():
    return list(AuditEvent.objects.filter(object_type="club.week").exclude(verb="week.create").order_by("pk"))


def test_the_votes_decide_and_the_log_says_from_which(won, albums, mo):
    assert won.winner_album == albums[0]
    assert won.decided_by == "votes"
    row = decisions()[0]
    assert (row.verb, row.actor) == ("week.close_poll", mo)
    assert [(place["album"], place["points"]) for place in row.after["poll"]["ranking"]] == [
        ("Loveless by My Bloody Valentine", 2),
        ("Blue by Joni Mitchell", 1),
    ]


def test_closing_twice_is_closing_once(won, mo):
    again = close_poll(won, by=as_(mo))
    assert (again.version, again.updated_at, again.poll_closed_at) == (won.version, won.updated_at, won.poll_closed_at)
    assert len(decisions()) == 1


def test_a_total_tie_goes_to_the_earlier_nomination(week, ann, bea, mo, put_forward, vote):
    first, second = put_forward(ann, 0), put_forward(bea, 1)
    vote(ann, 1, second)
    vote(bea, 1, first)
    assert close_poll(week, by=as_(mo)).winner_nomination == first
    assert decisions()[0].after["poll"]["tie_break"] == "earliest_nomination"


def test_where_nobody_voted_nobody_wins(week, ann, mo, put_forward):
    put_forward(ann, 0)
    week = close_poll(week, by=as_(mo))
    assert week.poll_closed_at is not None
    assert week.winner_album is None


def test_where_nothing_was_nominated_the_poll_closes_without_a_winner(week, mo):
    assert close_poll(week, by=as_(mo)).winner_album is None


def test_one_nomination_with_one_second_place_wins(week, ann, mo, put_forward, vote):
    nomination = put_forward(ann, 0)
    vote(ann, 2, nomination)
    assert close_poll(week, by=as_(mo)).winner_nomination == nomination


def test_the_bot_may_name_the_winner_the_votes_name(week, ann, bea, put_forward, vote, bot_actor):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, blue)
    with pytest.raises(NotAllowed):
        name_winner(week, loveless.pk, by=bot_actor)
    assert Week.objects.get().poll_closed_at is None
    week = name_winner(week, blue.pk, by=bot_actor)
    assert (week.winner_nomination, week.decided_by) == (blue, "votes")
    assert name_winner(week, blue.pk, by=bot_actor).version == week.version


def test_the_bot_cannot_undo_a_moderator(won, mo, albums, bot_actor):
    loveless, blue = Nomination.objects.order_by("pk")
    override_winner(won, by=as_(mo), reason="Counted wrong.", nomination_id=blue.pk)
    with pytest.raises(NotAllowed):
        name_winner(won, loveless.pk, by=bot_actor)
    assert close_poll(won, by=bot_actor).winner_nomination == blue


def test_naming_another_weeks_nomination_is_refused(won, mo):
    other, _ = create_week(number=4, date_discussion=MONDAY, by=as_(mo))
    with pytest.raises(Invalid) as refusal:
        name_winner(other, won.winner_nomination_id, by=as_(mo))
    assert refusal.value.attr == "winner_nomination_id"


def test_an_override_says_who_why_and_from_which_votes(won, mo, albums):
    blue = Nomination.objects.get(album=albums[1])
    week = override_winner(won, by=as_(mo), reason="The bot lost a vote.", nomination_id=blue.pk)
    assert (week.winner_album, week.winner_nomination, week.decided_by) == (albums[1], blue, "override")
    row = decisions()[-1]
    assert (row.verb, row.actor, row.reason) == ("week.override_winner", mo, "The bot lost a vote.")
    assert row.before["winner"] == "Loveless by My Bloody Valentine"
    assert row.before["poll"]["ranking"][0]["points"] == 2
    assert row.after["winner"] == "Blue by Joni Mitchell"


def test_any_album_may_be_named_and_a_nomination_of_it_is_found(won, mo, albums):
    week = override_winner(won, by=as_(mo), reason="x", album_id=albums[3].pk)
    assert (week.winner_album, week.winner_nomination) == (albums[3], None)
    week = override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    assert week.winner_nomination == Nomination.objects.get(album=albums[1])


def test_the_same_override_twice_is_one(won, mo, albums):
    first = override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    again = override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    assert first.version == again.version
    assert len(decisions()) == 2


def test_an_override_closes_an_open_poll(week, mo, albums):
    week = override_winner(week, by=as_(mo), reason="We agreed in the chat.", album_id=albums[2].pk)
    assert week.poll_closed_at is not None


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({}, "nomination_id"),
        ({"nomination_id": 1, "album_id": 1}, "nomination_id"),
        ({"nomination_id": 10**6}, "nomination_id"),
        ({"album_id": 10**6}, "album_id"),
        ({"album_id": 1, "reason": "  "}, "reason"),
        ({"album_id": 1, "reason": "x" * 501}, "reason"),
    ],
    ids=str,
)
def test_an_override_of_nothing_or_without_a_reason_is_refused(won, mo, fields, attr):
    with pytest.raises(Invalid) as refusal:
        override_winner(won, **{"by": as_(mo), "reason": "x"} | fields)
    assert refusal.value.attr == attr
    assert Week.objects.get().version == won.version


def test_the_votes_decide_again_after_an_override_is_undone(won, mo, albums):
    override_winner(won, by=as_(mo), reason="x", album_id=albums[3].pk)
    week = redecide(won, by=as_(mo), reason="Sorry.")
    assert (week.winner_album, week.decided_by) == (albums[0], "votes")
    assert [row.verb for row in decisions()] == ["week.close_poll", "week.override_winner", "week.redecide"]
    assert redecide(week, by=as_(mo), reason="Sorry.").version == week.version


def test_a_changed_winner_keeps_the_ratings_of_the_first(won, ann, mo, albums):
    rate(won, by=as_(ann), rating="4.5", review="Loud and lovely.")
    override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    rate(won, by=as_(ann), rating="2.0")
    assert sorted(Rating.objects.values_list("album_id", "halves")) == [(albums[0].pk, 9), (albums[1].pk, 4)]
    redecide(won, by=as_(mo), reason="x")
    assert rate(won, by=as_(ann), rating="4.5")[0].review == "Loud and lovely."


def test_a_moderator_reopens_and_the_winner_is_undone(won, bea, mo, albums):
    blue = Nomination.objects.get(album=albums[1])
    week = reopen(won, by=as_(mo), reason="Too early.")
    assert (week.winner_album, week.poll_closed_at, week.decided_by) == (None, None, "")
    assert decisions()[-1].before["winner"] == "Loveless by My Bloody Valentine"
    cast_vote(week, by=as_(bea), rank=1, nomination_id=blue.pk)
    assert close_poll(week, by=as_(mo)).winner_nomination == blue


def test_reopening_takes_a_deadline_in_the_future(week, mo):
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    decide_due_polls()
    for moment in (MONDAY, timezone.now()):
        with pytest.raises(Invalid):
            reopen(week, by=as_(mo), reason="x", votes_close_at=moment)
    later = timezone.now() + DAY
    assert reopen(week, by=as_(mo), reason="x", votes_close_at=later).votes_close_at == later
    with pytest.raises(Conflict):
        reopen(week, by=as_(mo), reason="x")


def test_a_reopened_poll_is_not_closed_again_by_its_old_deadline(week, mo):
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    decide_due_polls()
    reopen(week, by=as_(mo), reason="x")
    assert decide_due_polls() == 0


def test_only_moderators_override_redecide_and_reopen(won, ann, carl, bot_actor, albums):
    for actor in (as_(ann), as_(carl), Actor(), bot_actor):
        for act in (
            lambda by: override_winner(won, by=by, reason="x", album_id=albums[1].pk),
            lambda by: redecide(won, by=by, reason="x"),
            lambda by: reopen(won, by=by, reason="x"),
        ):
            with pytest.raises(NotAllowed):
                act(actor)
    for actor in (as_(ann), as_(carl), Actor()):
        with pytest.raises(NotAllowed):
            close_poll(won, by=actor)


def test_a_poll_whose_deadline_passed_while_the_site_was_down_is_decided_once(week, ann, bea, mo, put_forward, vote):
    nomination = put_forward(ann, 0)
    vote(bea, 1, nomination)
    deadline = timezone.now() + HOUR
    change_week(week, {"votes_close_at": deadline}, by=as_(mo))
    assert decide_due_polls() == 0
    with time_machine.travel(deadline + timedelta(days=3), tick=False):
        assert decide_due_polls() == 1
        assert decide_due_polls() == 0
    week = Week.objects.get()
    assert week.winner_nomination == nomination
    assert week.poll_closed_at == deadline
    assert [(row.verb, row.actor, row.reason) for row in decisions()][1:] == [
        ("week.close_poll", None, "The deadline has passed.")
    ]


def test_of_two_catch_ups_that_saw_the_same_poll_one_decides(week, mo):
    deadline = timezone.now() + HOUR
    week = change_week(week, {"votes_close_at": deadline}, by=as_(mo))
    with time_machine.travel(deadline + HOUR, tick=False):
        assert decide_if_due(week)
        assert not decide_if_due(week)  # still as the slower one read it
    assert [row.verb for row in decisions()].count("week.close_poll") == 1


def test_a_poll_is_due_on_its_deadline_to_the_instant(week, mo):
    deadline = timezone.now() + HOUR
    change_week(week, {"votes_close_at": deadline}, by=as_(mo))
    with time_machine.travel(deadline - timedelta(microseconds=1), tick=False):
        assert decide_due_polls() == 0
    with time_machine.travel(deadline, tick=False):
        assert decide_due_polls() == 1


def test_a_poll_closed_early_keeps_its_moment(week, ann, mo):
    change_week(week, {"votes_close_at": timezone.now() + DAY}, by=as_(mo))
    closed = close_poll(week, by=as_(mo))
    with time_machine.travel(timezone.now() + 2 * DAY):
        assert decide_due_polls() == 0
    assert Week.objects.get().poll_closed_at == closed.poll_closed_at
