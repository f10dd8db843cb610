from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from club.phases import phase, poll_is_open, takes_nominations

NOON = datetime(2025, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(now=NOON, **facts):
    facts = {
        "date_discussion": NOON + 3 * DAY,
        "nominations_close_at": None,
        "votes_close_at": None,
        "poll_closed_at": None,
        "has_nominations": True,
        "has_votes": False,
        "has_winner": False,
        "discussion_days": 7,
    } | facts
    return phase(now=now, **facts)


def test_without_deadlines_the_first_vote_ends_nominating():
    assert at() == "nominating"
    assert at(has_votes=True) == "voting"


def test_with_a_deadline_votes_do_not_end_nominating():
    assert at(nominations_close_at=NOON + HOUR, has_votes=True) == "nominating"
    assert at(nominations_close_at=NOON, has_votes=False) == "voting"


@pytest.mark.parametrize(
    ("moment", "expected"), [(-timedelta(microseconds=1), "voting"), (timedelta(0), "discussing"), (HOUR, "discussing")]
)
def test_the_poll_ends_on_its_deadline_to_the_instant(moment, expected):
    assert at(NOON + moment, votes_close_at=NOON, has_votes=True) == expected


def test_discussing_lasts_a_week_from_the_discussion():
    closed = {"poll_closed_at": NOON, "has_winner": True}
    assert at(NOON + 10 * DAY - HOUR, **closed) == "discussing"
    assert at(NOON + 10 * DAY, **closed) == "closed"


def test_a_poll_closed_after_the_discussion_moves_the_end():
    late = {"poll_closed_at": NOON + 5 * DAY, "has_winner": True}
    assert at(NOON + 11 * DAY, **late) == "discussing"
    assert at(NOON + 12 * DAY, **late) == "closed"


def test_a_week_in_which_nothing_was_nominated_is_closed_with_its_poll():
    assert at(poll_closed_at=NOON, has_nominations=False) == "closed"
    assert at(votes_close_at=NOON, has_nominations=False) == "closed"
    assert at(poll_closed_at=NOON, has_nominations=False, has_winner=True) == "discussing"


def test_a_close_by_hand_ends_the_poll_before_its_deadline():
    assert not poll_is_open(now=NOON, votes_close_at=NOON + HOUR, poll_closed_at=NOON)


def test_nominations_end_on_their_own_deadline_or_with_the_poll():
    open_poll = {"votes_close_at": None, "poll_closed_at": None}
    assert takes_nominations(now=NOON, nominations_close_at=None, **open_poll)
    assert takes_nominations(now=NOON, nominations_close_at=NOON + HOUR, **open_poll)
    assert not takes_nominations(now=NOON, nominations_close_at=NOON, **open_poll)
    assert not takes_nominations(now=NOON, nominations_close_at=None, votes_close_at=None, poll_closed_at=NOON)
