"""Several doors opened at the same moment for one account elsewhere: one person comes of it, and one link."""

from __future__ import annotations

import pytest

from integrations.errors import ProviderError
from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.arriving import Arrival, arrive
from integrations.services.linking import link_account
from integrations.services.people import PersonRef, person_for
from integrations.services.tokens import refresh
from integrations.services.unlinking import unlink
from integrations.types import Profile, Tokens
from sidetrack.actors import SITE, Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import User
from sidetrack.services.erasing import leave
from sidetrack.services.people import ban
from tests.conftest import PASSWORD, make_person
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Profile("123456789012345678", "Ada", email="ada@example.org", email_verified=True)


def tokens():
    return Tokens(Secret("access"), 3600, Secret("refresh"), ("identify", "email"))


def comes():
    return arrive("discord", ADA, tokens())


def is_told(result):
    """Done, or refused with a sentence: nothing else may come of it."""
    return not isinstance(result, Exception) or isinstance(result, SidetrackError | ProviderError)


def test_two_sign_ups_of_one_account_make_one_person():
    results = together([comes] * 6)
    assert all(isinstance(result, Arrival) for result in results), results
    assert len({result.person.pk for result in results}) == 1
    assert sum(result.is_new for result in results) == 1
    assert (User.objects.count(), LinkedAccount.objects.count()) == (1, 1)


def test_the_bot_meets_somebody_who_signs_up_at_this_moment():
    def meets():
        return person_for(PersonRef(discord_id=ADA.id, display_name="Ada"))

    results = together([comes, meets, comes, meets])
    assert not [result for result in results if isinstance(result, Exception)], results
    assert len({getattr(result, "person", result).pk for result in results}) == 1
    assert (User.objects.count(), LinkedAccount.objects.count()) == (1, 1)


def test_two_members_who_connect_one_account_are_one_member_and_one_refusal():
    people = [make_person("ann"), make_person("bea"), make_person("cat")]
    results = together([lambda who=person: link_account(who, "discord", ADA, tokens()) for person in people])
    assert all(map(is_told, results)), results
    assert sum(isinstance(result, LinkedAccount) for result in results) == 1
    assert LinkedAccount.objects.count() == 1


def test_whoever_leaves_while_they_connect_leaves_no_link_behind():
    ann = make_person("ann")
    acts = [
        lambda: link_account(ann, "discord", ADA, tokens()),
        lambda: leave(by=Actor(user=ann), confirm="ann", password=PASSWORD),
    ]
    results = together(acts)
    assert all(map(is_told, results)), results
    assert not LinkedAccount.objects.exists()


def test_signing_in_meets_banning_disconnecting_and_a_refresh():
    ann = make_person("ann")
    account = link_account(ann, "discord", ADA, tokens())
    acts = [
        comes,
        lambda: unlink("discord", by=Actor(user=ann)),
        lambda: ban(ann, by=SITE, reason="Spam"),
        lambda: refresh(account),
    ]
    results = together(acts)
    assert all(map(is_told, results)), results
    assert User.objects.get(pk=ann.pk).status == "banned"
    assert not LinkedAccount.objects.filter(user=ann).exists()
