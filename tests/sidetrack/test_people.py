"""What is done to people, and by whom."""

import pytest
from django.db import IntegrityError, transaction

from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent, Follow, User
from sidetrack.services import follows, people
from tests.conftest import make_person
from tests.threads import together


def test_a_moderator_admits_who_waits(mo, carl):
    people.admit(carl, by=Actor(user=mo), reason="met at a concert")
    carl.refresh_from_db()
    assert carl.is_member
    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.subject, event.reason) == ("person.admit", mo, carl, "met at a concert")
    assert (event.before, event.after) == ({"status": "pending"}, {"status": "member"})


def test_admitting_a_member_changes_nothing(mo, ann):
    people.admit(ann, by=Actor(user=mo))
    assert not AuditEvent.objects.exists()


def test_members_admit_nobody(ann, carl):
    for by in (Actor(user=ann), Actor(user=carl), Actor()):
        with pytest.raises(NotAllowed):
            people.admit(carl, by=by)
    carl.refresh_from_db()
    assert not carl.is_member


def test_a_ban_needs_a_reason_and_takes_the_role(olga, mo):
    with pytest.raises(Invalid) as refusal:
        people.ban(mo, by=Actor(user=olga), reason="  ")
    assert refusal.value.attr == "reason"
    people.ban(mo, by=Actor(user=olga), reason="spam")
    mo.refresh_from_db()
    assert (mo.status, mo.role, mo.is_staff) == ("banned", "member", False)
    people.unban(mo, by=Actor(user=olga))
    mo.refresh_from_db()
    assert (mo.status, mo.role, mo.is_staff) == ("member", "member", False)


def test_a_moderator_bans_members_only_and_never_themselves(mo, ann, olga):
    other = make_person("max", role=User.Role.MODERATOR)
    for person in (mo, other, olga):
        with pytest.raises(NotAllowed):
            people.ban(person, by=Actor(user=mo), reason="no")
    people.ban(ann, by=Actor(user=mo), reason="spam")


def test_a_banned_person_is_not_admitted_but_pardoned(mo, ann):
    people.ban(ann, by=Actor(user=mo), reason="spam")
    with pytest.raises(Conflict):
        people.admit(ann, by=Actor(user=mo))


@pytest.mark.parametrize("who", ["ann", "mo", "carl"])
def test_only_an_owner_gives_roles(request, who, bea, olga):
    by = Actor(user=request.getfixturevalue(who))
    with pytest.raises(NotAllowed):
        people.set_role(bea, "owner", by=by)
    people.set_role(bea, "moderator", by=Actor(user=olga))
    bea.refresh_from_db()
    assert bea.is_moderator
    assert bea.is_staff


def test_one_owner_always_remains(olga):
    with pytest.raises(Conflict):
        people.set_role(olga, "member", by=Actor(user=olga))
    with pytest.raises(Conflict):
        people.ban(olga, by=SITE, reason="x")
    oscar = make_person("oscar", role=User.Role.OWNER)
    people.set_role(olga, "member", by=Actor(user=oscar))


def test_a_role_is_for_members(olga, carl):
    with pytest.raises(Conflict):
        people.set_role(carl, "moderator", by=Actor(user=olga))
    with pytest.raises(Invalid):
        people.set_role(carl, "emperor", by=Actor(user=olga))


def test_a_token_never_borrows_a_moderators_rights(mo, olga, carl, make_token):
    token, _ = make_token("club:write")
    for who in (mo, olga):
        with pytest.raises(NotAllowed):
            people.admit(carl, by=Actor(user=who, token=token))
    everything, _ = make_token("moderate", "club:write")
    with pytest.raises(NotAllowed):
        people.set_role(carl, "owner", by=Actor(user=olga, token=everything))


@pytest.mark.parametrize("name", ["", "a b", "Ünï", "-ann", "x" * 41, "admin", "ME", "a/b", "ann\x00", "..", "é"])
def test_a_username_that_is_none_is_refused(ann, name):
    with pytest.raises(Invalid) as refusal:
        people.rename(ann, by=Actor(user=ann), username=name)
    assert refusal.value.attr == "username"


def test_a_taken_username_is_refused_in_any_case(ann, bea):
    with pytest.raises(Invalid) as refusal:
        people.rename(ann, by=Actor(user=ann), username="BEA")
    assert refusal.value.code == "unique"
    ann.refresh_from_db()
    assert ann.username == "ann"


def test_one_renames_oneself_a_moderator_anybody(ann, bea, mo):
    people.rename(ann, by=Actor(user=ann), username="Anna", display_name="A\u202enna <b>")
    ann.refresh_from_db()
    assert (ann.username, ann.display_name) == ("anna", "Anna <b>")
    with pytest.raises(NotAllowed):
        people.rename(ann, by=Actor(user=bea), display_name="Silly")
    people.rename(ann, by=Actor(user=mo), display_name="Anna", reason="markup")
    assert AuditEvent.objects.filter(verb="person.rename", subject=ann).count() == 2


def test_settings_are_ones_own(ann):
    before = ann.updated_at
    person = people.change_settings(
        by=Actor(user=ann), time_zone="Europe/Berlin", visibility="nobody", hide_name_on_reviews=True
    )
    assert (person.time_zone, person.visibility, person.hide_name_on_reviews) == ("Europe/Berlin", "nobody", True)
    assert person.updated_at > before
    for wrong in ({"time_zone": "Mars/Olympus"}, {"visibility": "all"}, {"time_zone": "../../etc/passwd"}):
        with pytest.raises(Invalid) as refusal:
            people.change_settings(by=Actor(user=ann), **wrong)
        assert refusal.value.attr == next(iter(wrong))


def test_the_database_keeps_a_pair_to_two_people(ann):
    with pytest.raises(IntegrityError), transaction.atomic():
        Follow.objects.create(follower=ann, followed=ann)


def test_following_is_once_and_never_oneself(ann, bea, carl, mo):
    by = Actor(user=ann)
    assert follows.follow(bea.pk, by=by)
    assert not follows.follow(bea.pk, by=by)
    assert Follow.objects.count() == 1
    with pytest.raises(Invalid):
        follows.follow(ann.pk, by=by)
    with pytest.raises(NotFound):
        follows.follow(carl.pk, by=by)
    with pytest.raises(Invalid):
        follows.follow(carl.pk, by=Actor(user=mo))
    with pytest.raises(NotAllowed):
        follows.follow(bea.pk, by=Actor(user=carl))
    assert follows.unfollow(bea.pk, by=by)
    assert not follows.unfollow(bea.pk, by=by)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one(olga):
    oscar = make_person("oscar", role=User.Role.OWNER)
    outcomes = together(
        [
            lambda: people.set_role(oscar, "member", by=Actor(user=olga)),
            lambda: people.set_role(olga, "member", by=Actor(user=oscar)),
        ]
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert User.objects.filter(role="owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_follow_pressed_many_times_at_once_is_one(ann, bea):
    outcomes = together([lambda: follows.follow(bea.pk, by=Actor(user=ann))] * 12)
    assert sorted(outcomes) == [False] * 11 + [True]
    assert Follow.objects.count() == 1
