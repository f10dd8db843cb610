"""Weeks are made once and changed field by field."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from club.models import Week
from club.services.weeks import change_week, create_week
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.models import AuditEvent
from tests.club.conftest import DAY, HOUR, MONDAY, as_


def make(by, **fields):
    return create_week(**{"number": 3, "date_discussion": MONDAY, "by": by} | fields)


def test_the_label_follows_number_and_date(week):
    assert week.label == "WEEK 003 [2025-11-24]"


def test_the_same_week_made_twice_is_one(mo):
    first, created = make(as_(mo), external={"thread_id": "9"})
    again, created_again = make(as_(mo), external={"thread_id": "9"})
    assert (created, created_again) == (True, False)
    assert (again.pk, again.version, again.updated_at) == (first.pk, first.version, first.updated_at)
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"date_discussion": MONDAY + HOUR},
        {"label": "Another"},
        {"external": {"thread_id": "9"}},
        {"votes_close_at": MONDAY},
    ],
    ids=str,
)
def test_the_same_number_with_other_values_is_a_conflict(mo, week, other):
    with pytest.raises(Conflict):
        make(as_(mo), **other)


def test_a_label_that_was_changed_does_not_stop_the_bot_from_posting_again(mo, week):
    change_week(week, {"label": "The one with Björk"}, by=as_(mo))
    assert make(as_(mo))[0].label == "The one with Björk"


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30])
def test_a_number_out_of_range_is_refused(mo, number):
    with pytest.raises(Invalid) as refusal:
        make(as_(mo), number=number)
    assert refusal.value.attr == "number"


def test_dates_far_off_are_refused(mo):
    for moment in (MONDAY.replace(year=1970), MONDAY.replace(year=1), MONDAY.replace(year=9999)):
        with pytest.raises(Invalid) as refusal:
            make(as_(mo), date_discussion=moment)
        assert refusal.value.attr == "date_discussion"


def test_nominations_close_before_votes(mo, week):
    with pytest.raises(Invalid):
        make(as_(mo), number=4, nominations_close_at=MONDAY, votes_close_at=MONDAY - HOUR)
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    with pytest.raises(Invalid):
        change_week(week, {"nominations_close_at": MONDAY + HOUR}, by=as_(mo))


def test_the_default_label_follows_a_change_and_ones_own_does_not(mo, week):
    week = change_week(week, {"date_discussion": MONDAY + 7 * DAY}, by=as_(mo))
    assert week.label == "WEEK 003 [2025-12-01]"
    week = change_week(week, {"number": 4}, by=as_(mo))
    assert week.label == "WEEK 004 [2025-12-01]"
    week = change_week(week, {"label": "Autumn"}, by=as_(mo))
    week = change_week(week, {"number": 5}, by=as_(mo))
    assert week.label == "Autumn"
    assert change_week(week, {"label": ""}, by=as_(mo)).label == "WEEK 005 [2025-12-01]"


def test_a_change_to_what_is_already_so_changes_nothing(mo, week):
    after = change_week(week, {"number": 3, "date_discussion": MONDAY, "votes_close_at": None}, by=as_(mo))
    assert (after.version, after.updated_at) == (week.version, week.updated_at)
    assert AuditEvent.objects.filter(verb="week.change").count() == 0


def test_a_change_says_what_was_before_and_after(mo, week):
    change_week(week, {"label": "Autumn", "external": {"thread_id": "77"}}, by=as_(mo))
    row = AuditEvent.objects.get(verb="week.change")
    assert row.before == {"label": "WEEK 003 [2025-11-24]", "thread_id": None}
    assert row.after == {"label": "Autumn", "thread_id": "77"}
    assert row.actor == mo


def test_external_ids_are_set_replaced_and_taken_back(mo, week):
    change_week(week, {"external": {"thread_id": "1", "poll_id": "2"}}, by=as_(mo))
    change_week(week, {"external": {"thread_id": "3", "poll_id": None}}, by=as_(mo))
    assert list(week.refs.values_list("kind", "external_id")) == [("thread", "3")]


def test_an_unknown_external_id_is_named(mo, week):
    with pytest.raises(Invalid) as refusal:
        change_week(week, {"external": {"guild": "1"}}, by=as_(mo))
    assert refusal.value.attr == "external.guild"


def test_a_number_that_is_taken_is_a_conflict(mo, week):
    make(as_(mo), number=4)
    with pytest.raises(Conflict) as refusal:
        change_week(week, {"number": 4}, by=as_(mo))
    assert refusal.value.attr == "number"
    assert Week.objects.get(pk=week.pk).number == 3


def test_the_deadlines_of_a_closed_poll_are_history(mo, won):
    with pytest.raises(Conflict):
        change_week(won, {"votes_close_at": MONDAY}, by=as_(mo))
    assert change_week(won, {"votes_close_at": None, "label": "Fine"}, by=as_(mo)).label == "Fine"


def test_only_the_bot_and_moderators_run_the_club(week, ann, carl, make_token):
    for actor in (as_(ann), as_(carl), Actor(), Actor(user=ann, token=make_token("listens:write")[0])):
        with pytest.raises(NotAllowed):
            make(actor, number=9)
        with pytest.raises(NotAllowed):
            change_week(week, {"label": "Mine"}, by=actor)
    bot = Actor(token=make_token("club:write")[0])
    assert make(bot, number=9)[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"number": 0},
        {"nominations_close_at": MONDAY + HOUR, "votes_close_at": MONDAY},
        {"decided_by": "votes", "decided_at": MONDAY, "poll_closed_at": MONDAY},
    ],
    ids=str,
)
def test_the_database_holds_the_rules_of_a_week(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Week.objects.create(**{"number": 7, "label": "x", "date_discussion": MONDAY} | fields)


def test_a_winner_needs_a_closed_poll_in_the_database(week, albums):
    wrong = Week.objects.filter(pk=week.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.update(winner_album=albums[0], decided_at=MONDAY, decided_by="votes")
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.update(winner_album=albums[0], poll_closed_at=MONDAY + timedelta(days=1))
