"""Who sees whom, as one table."""

from __future__ import annotations

import pytest

from sidetrack import gate
from sidetrack.errors import NotFound
from sidetrack.models import User
from tests.conftest import make_person

VIEWERS = ["visitor", "carl", "bea", "mo", "olga", "self"]

# owner's status -> visibility -> viewers who see the person
PERSON = {
    ("member", "public"): {"visitor", "carl", "bea", "mo", "olga", "self"},
    ("member", "members"): {"bea", "mo", "olga", "self"},
    ("member", "nobody"): {"bea", "mo", "olga", "self"},
    ("pending", "public"): {"mo", "olga", "self"},
    ("pending", "members"): {"mo", "olga", "self"},
    ("pending", "nobody"): {"mo", "olga", "self"},
    ("banned", "public"): {"mo", "olga", "self"},
    ("banned", "members"): {"mo", "olga", "self"},
    ("banned", "nobody"): {"mo", "olga", "self"},
}
LISTENING = {
    ("member", "public"): {"visitor", "carl", "bea", "mo", "olga", "self"},
    ("member", "members"): {"bea", "mo", "olga", "self"},
    ("member", "nobody"): {"self"},
    **{(status, seen): {"self"} for status in ("pending", "banned") for seen in ("public", "members", "nobody")},
}
CLOSED = {"visitor", "carl"}


@pytest.fixture
def viewer(request, carl, bea, mo, olga):
    def named(name: str, owner: User) -> User | None:
        people = {"visitor": None, "carl": carl, "bea": bea, "mo": mo, "olga": olga, "self": owner}
        return people[name]

    return named


@pytest.mark.parametrize("public", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("status", User.Status.values)
@pytest.mark.parametrize("visibility", User.Visibility.values)
def test_the_table(settings, viewer, visibility, status, public):
    settings.CLUB_PUBLIC = public
    owner = make_person("owen", status=status, visibility=visibility)
    for name in VIEWERS:
        who = viewer(name, owner)
        person = name in PERSON[status, visibility] - (set() if public else CLOSED)
        listening = name in LISTENING[status, visibility] - (set() if public else CLOSED)
        assert gate.may_see_person(who, owner) is person, name
        assert gate.people_seen_by(who).filter(pk=owner.pk).exists() is person, name
        assert gate.may_see_listening(who, owner) is listening, name
        for key in (owner.pk, "owen", "OWEN"):
            if person:
                assert gate.person_or_404(who, key) == owner
            else:
                with pytest.raises(NotFound):
                    gate.person_or_404(who, key)


@pytest.mark.parametrize("public", [True, False])
def test_a_closed_club_is_for_members(settings, ann, carl, mo, public):
    settings.CLUB_PUBLIC = public
    assert gate.may_see_club(None) is public
    assert gate.may_see_club(carl) is public
    assert gate.may_see_club(ann)
    assert gate.may_see_club(mo)


def test_nobody_sees_who_is_gone(mo):
    gone = make_person("gone", is_active=False)
    for who in (None, mo, gone):
        assert not gate.may_see_person(who, gone)
        assert not gate.may_see_listening(who, gone)
        with pytest.raises(NotFound):
            gate.person_or_404(who, gone.pk)


def test_a_banned_member_sees_what_a_visitor_sees(ann):
    banned = make_person("bad", status="banned")
    assert not gate.may_see_person(banned, ann)
    assert not gate.may_see_listening(banned, ann)


@pytest.mark.parametrize("key", [0, -1, 2**63, 10**40, "", "nul\x00", "\ud800", "x" * 10_000, "%", "ann'--"])
def test_an_id_that_cannot_be_is_not_found(ann, mo, key):
    with pytest.raises(NotFound):
        gate.person_or_404(mo, key)
