"""What a member who leaves takes out of the club and what stays."""

from __future__ import annotations

import pytest

from club.models import Nomination, Vote, Week
from club.services.counting import count
from club.services.nominations import nominate
from club.services.polls import close_poll
from club.services.votes import cast_vote
from club.services.weeks import create_week
from listening.services.catalogue import AlbumRef
from sidetrack.actors import SITE, Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import Erasure, User
from sidetrack.services.erasing import erase, leave
from tests.club.conftest import MONDAY
from tests.conftest import PASSWORD, make_person
from tests.jobs import drain
from tests.threads import together


def leaves(person: User, **choices) -> None:
    leave(by=Actor(user=person), confirm=person.username, password=PASSWORD, **choices)


@pytest.mark.django_db
def test_votes_of_a_closed_poll_stay_and_its_winner_too(won, ann):
    before = count(won)
    leaves(ann)
    drain()
    won.refresh_from_db()
    assert count(won) == before
    assert won.winner_album is not None


@pytest.mark.django_db
def test_votes_for_their_nomination_stay(week, put_forward, vote, ann, bea):
    loveless = put_forward(ann, 0, pitch="Loud")
    vote(bea, 1, loveless)
    vote(ann, 1, loveless)
    leaves(ann, keep_words=False)
    drain()
    assert Vote.objects.get().user == bea
    loveless.refresh_from_db()
    assert loveless.pitch == ""


@pytest.mark.django_db
def test_the_api_names_nobody(week, put_forward, give, won, ann, bea, api):
    give(ann, "4.5", review="Loud")
    leaves(ann)
    drain()
    for client in (api(bea), api(None)):
        for part in ("", "/nominations", "/ratings"):
            text = client.get(f"/api/v1/club/weeks/{won.pk}{part}").content.decode()
            assert "Ann" not in text
            assert f"former-{ann.pk}" not in text
        assert "Former member" in client.get(f"/api/v1/club/weeks/{won.pk}/nominations").content.decode()


@pytest.mark.storm
@pytest.mark.django_db(transaction=True)
def test_who_leaves_while_everybody_votes_waits_for_nobody_for_ever():
    """The poll locks its week and then refers to the member; leaving locks the member and then their weeks."""
    people = [make_person(f"member{n}") for n in range(3)]
    weeks = [create_week(number=n, date_discussion=MONDAY, by=SITE)[0] for n in (1, 2, 3)]
    made = [
        nominate(week, by=Actor(user=people[0]), album=AlbumRef(title="Blue", artist="Joni Mitchell")).nomination
        for week in weeks
    ]

    def votes(person: User) -> None:
        for turn in range(15):
            week, nomination = weeks[turn % 3], made[turn % 3]
            try:
                cast_vote(week, by=Actor(user=person), rank=1 + turn % 2, nomination_id=nomination.pk)
            except SidetrackError:
                return

    stale = [User.objects.get(pk=person.pk) for person in people]
    acts = [lambda who=who: votes(who) for who in stale] + [lambda who=who: leaves(who) for who in people]
    answers = together(acts)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    for person in people:
        erase(person.pk)
    assert Erasure.objects.filter(state="done").count() == 3
    assert not Vote.objects.exists()
    assert Nomination.objects.count() == 3
    for week in Week.objects.all():
        assert count(close_poll(week, by=SITE)).winner_id is None
