"""Invites admit as many as they were made for, and not one more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent, Invite, User
from sidetrack.services.invites import make_invite, use_invite, withdraw_invite
from tests.conftest import PASSWORD, make_person
from tests.threads import together


def test_only_moderators_invite(ann, carl, mo):
    for who in (ann, carl):
        with pytest.raises(NotAllowed):
            make_invite(by=Actor(user=who))
    assert make_invite(by=Actor(user=mo)).is_open


@pytest.mark.parametrize(("field", "uses", "days"), [("uses_left", 0, 1), ("uses_left", 1001, 1), ("days", 1, 0)])
def test_an_invite_is_bounded(mo, field, uses, days):
    with pytest.raises(Invalid) as refusal:
        make_invite(by=Actor(user=mo), uses=uses, days=days)
    assert refusal.value.attr == field


def test_an_invite_admits_once(mo, carl):
    invite = make_invite(by=Actor(user=mo))
    assert use_invite(invite.code, by=Actor(user=carl)).is_member
    use_invite(invite.code, by=Actor(user=carl))  # pressed twice
    invite.refresh_from_db()
    assert invite.uses_left == 0
    late = make_person("late", status="pending")
    with pytest.raises(Conflict):
        use_invite(invite.code, by=Actor(user=late))
    assert AuditEvent.objects.get(verb="person.admit").reason == f"Invite {invite.pk}"


def test_a_closed_invite_admits_nobody(mo, carl):
    withdrawn = withdraw_invite(make_invite(by=Actor(user=mo)), by=Actor(user=mo), reason="leaked")
    expired = make_invite(by=Actor(user=mo))
    Invite.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for invite in (withdrawn, expired):
        with pytest.raises(Conflict):
            use_invite(invite.code, by=Actor(user=carl))
    with pytest.raises(NotFound):
        use_invite("guessed", by=Actor(user=carl))


def test_a_banned_person_uses_nothing_up(mo):
    invite = make_invite(by=Actor(user=mo))
    banned = make_person("bad", status="banned")
    with pytest.raises(Conflict):
        use_invite(invite.code, by=Actor(user=banned))
    invite.refresh_from_db()
    assert invite.uses_left == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_come_in_as_were_invited(mo):
    invite = make_invite(by=Actor(user=mo), uses=3)
    people = [make_person(f"p{number}", status="pending") for number in range(10)]
    outcomes = together([lambda person=person: use_invite(invite.code, by=Actor(user=person)) for person in people])
    assert sum(isinstance(outcome, User) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    invite.refresh_from_db()
    assert invite.uses_left == 0
    assert User.objects.members().filter(username__startswith="p").count() == 3


SIGN_UP = {"email": "new@example.com", "username": "Newcomer", "password1": PASSWORD}


def test_who_signs_up_waits(web, mo):
    web(None).post("/accounts/signup/", SIGN_UP)
    person = User.objects.get(username="newcomer")
    assert person.status == "pending"
    assert person.email == "new@example.com"


def test_who_signs_up_through_an_invite_is_in(web, mo):
    invite = make_invite(by=Actor(user=mo))
    browser = web(None)
    assert browser.get(f"/invite/{invite.code}/").status_code == 200
    browser.post("/accounts/signup/", SIGN_UP)
    assert User.objects.get(username="newcomer").is_member
    invite.refresh_from_db()
    assert invite.uses_left == 0


def test_an_invite_used_up_in_the_meantime_lets_sign_up_and_wait(web, mo, carl):
    invite = make_invite(by=Actor(user=mo))
    browser = web(None)
    browser.get(f"/invite/{invite.code}/")
    use_invite(invite.code, by=Actor(user=carl))
    browser.post("/accounts/signup/", SIGN_UP)
    assert User.objects.get(username="newcomer").status == "pending"


def test_who_signs_in_after_following_an_invite_is_led_back_to_it(web, mo, carl):
    invite = make_invite(by=Actor(user=mo))
    browser = web(None)
    browser.get(f"/invite/{invite.code}/")
    answer = browser.post("/accounts/login/", {"login": "carl", "password": PASSWORD})
    assert answer["Location"] == f"/invite/{invite.code}/"
    browser.post(answer["Location"])
    carl.refresh_from_db()
    assert carl.is_member


def test_a_look_at_an_invite_uses_nothing(web, mo, carl, ann):
    invite = make_invite(by=Actor(user=mo))
    for who in (None, carl, ann, mo):
        assert web(who).get(f"/invite/{invite.code}/").status_code == 200
    carl.refresh_from_db()
    assert not carl.is_member


@pytest.mark.parametrize("code", ["nothing", "%00", "a" * 500, "%ED%A0%80"])
def test_an_unknown_invite_is_not_found(web, db, code):
    assert web(None).get(f"/invite/{code}/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "admin"), ("username", "ann"), ("username", "a b"), ("email", "ann@example.com"), ("email", "x")],
)
def test_a_sign_up_that_cannot_be_is_refused_at_its_field(web, ann, field, value):
    answer = web(None).post("/accounts/signup/", SIGN_UP | {field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_sign_up_with_one_name_at_once_are_one_person(web):
    posts = [
        lambda number=number: web(None).post("/accounts/signup/", SIGN_UP | {"email": f"new{number}@example.com"})
        for number in range(4)
    ]
    assert {answer.status_code for answer in together(posts)} <= {200, 302}
    assert User.objects.filter(username="newcomer").count() == 1


def test_the_page_to_sign_up_knows_of_the_invite(web, mo):
    code = make_invite(by=Actor(user=mo)).code
    browser = web(None)
    assert "a moderator lets you in" in browser.get("/accounts/signup/").content.decode()
    browser.get(f"/invite/{code}/")
    assert "You bring an invite" in browser.get("/accounts/signup/").content.decode()
