"""Whom a bot means."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import LinkedAccount
from integrations.services import people as meeting
from integrations.services.people import PersonRef, person_for
from sidetrack.actors import Actor
from sidetrack.errors import Invalid, NotAllowed
from sidetrack.models import ServiceToken, User
from sidetrack.services import people
from sidetrack.services.erasing import leave
from tests.conftest import make_person
from tests.threads import together


def discord(id_: str, name: str = "") -> PersonRef:
    return PersonRef(discord_id=id_, display_name=name)


def test_an_unknown_discord_id_becomes_a_member(db):
    person = person_for(discord("123", "Ann Ärbör"))
    assert person.is_member
    assert (person.username, person.display_name) == ("ann-arbor", "Ann Ärbör")
    assert not person.has_usable_password()
    assert person_for(discord("123")) == person
    assert person_for(PersonRef(id=person.pk)) == person


def test_two_of_one_name_are_two_people(db):
    first, second = person_for(discord("1", "Ann")), person_for(discord("2", "ann"))
    assert (first.username, second.username) == ("ann", "ann-2")


@pytest.mark.django_db(transaction=True)
def test_a_new_id_met_20_times_at_once_is_one_person():
    met = together([lambda: person_for(discord("123456789012345678", "Ann"))] * 20)
    assert {person.pk for person in met} == {User.objects.get().pk}
    assert LinkedAccount.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_20_new_people_of_one_name_at_once_are_20_people():
    met = together([lambda id_=id_: person_for(discord(str(id_), "Ann")) for id_ in range(1, 21)])
    assert len({person.pk for person in met}) == 20
    assert LinkedAccount.objects.count() == 20


def test_a_name_somebody_holds_on_purpose_stops_nobody(db):
    for taken in ("ann", "ann-5"):
        make_person(taken)
    assert person_for(discord("5", "Ann")).username.startswith("ann-")


@pytest.mark.parametrize(
    "name", ["", "🎵🎵", "admin", "  ", "А́нна", "<script>", "@everyone", "‮gnp.exe", "x" * 80, "-" * 80]
)
def test_a_hostile_name_is_a_name(db, name):
    person = person_for(discord("9" * 20, name))
    person.full_clean(exclude=["password"])
    assert person.username != "admin"
    assert "\u202e" not in person.display_name


@pytest.mark.parametrize("name", ["a\x00b", "x" * 81])
def test_a_name_that_cannot_be_kept_is_refused(db, name):
    with pytest.raises(Invalid) as refusal:
        person_for(discord("1", name))
    assert refusal.value.attr == "user.display_name"
    assert not User.objects.exists()


@pytest.mark.parametrize("id_", ["", "abc", "1 2", "1\n", "١٢٣", "9" * 21, "-1", "1e5"])
def test_an_id_that_is_none_is_refused(db, id_):
    with pytest.raises(Invalid) as refusal:
        person_for(discord(id_))
    assert refusal.value.attr == "user.discord_id"


def test_a_new_name_on_discord_is_followed_until_one_chooses_ones_own(db):
    person = person_for(discord("1", "Ann"))
    assert person_for(discord("1", "Annie")).display_name == "Annie"
    people.rename(person, by=Actor(user=person), display_name="Anna Banana")
    assert person_for(discord("1", "Ann the Second")).display_name == "Anna Banana"
    assert person_for(discord("1", "")).display_name == "Anna Banana"


def test_the_same_name_again_changes_nothing(db):
    person = person_for(discord("1", "Ann"))
    again = person_for(discord("1", "Ann"))
    assert again.updated_at == person.updated_at


def test_nobody_acts_for_the_banned_or_the_gone(db):
    person = person_for(discord("1", "Ann"))
    User.objects.update(status="banned")
    for ref in (discord("1"), PersonRef(id=person.pk)):
        with pytest.raises(NotAllowed):
            person_for(ref)
    User.objects.update(status="member", is_active=False)
    with pytest.raises(NotAllowed):
        person_for(discord("1"))
    assert User.objects.count() == 1


# --- at the door: POST /users/{id}/follow stands for every write that names a person


@pytest.fixture
def address(bea):
    return f"/api/v1/users/{bea.pk}/follow"


@pytest.mark.parametrize(
    ("user", "attr"),
    [
        ({}, "user"),
        ({"id": 1, "discord_id": "2"}, "user"),
        ({"id": 0}, "user.id"),
        ({"id": 2**63}, "user.id"),
        ({"id": 2**63 - 1}, "user.id"),
        ({"id": True}, "user.id"),
        ({"id": "x"}, "user.id"),
        ({"id": [1]}, "user.id"),
        ({"id": 1.5}, "user.id"),
        ({"discord_id": "x"}, "user.discord_id"),
        ({"discord_id": "1\x00"}, "user.discord_id"),
        ({"discord_id": {"a": 1}}, "user.discord_id"),
        ({"discord_id": "1", "display_name": "a\x00"}, "user.display_name"),
        ({"discord_id": "1", "display_name": "x" * 81}, "user.display_name"),
        ({"discord_id": "1", "display_name": "\ud800"}, "user.display_name"),
        ({"discord_id": "1", "display_name": ["Ann"]}, "user.display_name"),
        ([], "user"),
        ("ann", "user"),
        (7, "user"),
    ],
)
def test_a_person_named_wrongly_is_refused_at_the_field(bot, address, user, attr):
    before = User.objects.count()
    answer = bot.post(address, json.dumps({"user": user}), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr
    assert User.objects.count() == before


def test_a_revoked_or_expired_token_is_none(bot, address):
    for change in ({"revoked_at": timezone.now()}, {"revoked_at": None, "expires_at": timezone.now() - timedelta(1)}):
        ServiceToken.objects.update(**change)
        answer = bot.post(address, {"user": {"discord_id": "1"}})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert not LinkedAccount.objects.exists()


def test_a_token_acts_for_nobody_who_is_banned(bot, address, ann):
    User.objects.filter(pk=ann.pk).update(status="banned")
    answer = bot.post(address, {"user": {"id": ann.pk}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "banned")


def test_a_token_with_a_session_beside_it_is_the_token(api, make_token, mo, address):
    client = api(mo)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('club:write')[1]}")
    assert client.post(address, {}).status_code == 400  # it must name whom it acts for
    client.credentials(HTTP_AUTHORIZATION="Bearer wrong")
    assert client.post(address, {}).status_code == 401


@pytest.mark.django_db
def test_a_new_name_is_not_written_to_who_has_just_left(monkeypatch):
    """The bot looks them up, they leave, the bot writes."""
    person = person_for(discord("123", "Ann"))
    look_up = meeting._account

    def then_they_leave(discord_id):
        found = look_up(discord_id)
        leave(by=Actor(user=person), confirm=person.username)
        return found

    monkeypatch.setattr(meeting, "_account", then_they_leave)
    person_for(discord("123", "Ann Arbor"))
    person.refresh_from_db()
    assert person.display_name == ""
