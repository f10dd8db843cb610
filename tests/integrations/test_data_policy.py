"""What the owner decides about Spotify's data, and that it is held."""

from __future__ import annotations

import pytest

from integrations.models import DataPolicy
from integrations.services.policy import change_policy, must_allow_model, policy
from sidetrack.actors import SITE, Actor
from sidetrack.errors import NotAllowed
from sidetrack.models import AuditEvent


def test_unless_somebody_decides_profiles_use_it_models_do_not_and_unlinking_deletes(db):
    found = policy()
    assert (found.spotify_in_profiles, found.spotify_to_model, found.delete_on_unlink) == (True, False, True)
    assert not DataPolicy.objects.exists()


def test_an_owner_changes_it_and_the_log_says_what(olga):
    change_policy(by=Actor(user=olga), spotify_to_model=True, delete_on_unlink=True)
    assert policy().spotify_to_model
    event = AuditEvent.objects.get(verb="policy.change")
    assert (event.actor, event.before, event.after) == (olga, {"spotify_to_model": False}, {"spotify_to_model": True})


def test_a_change_that_changes_nothing_is_not_logged(olga):
    change_policy(by=Actor(user=olga), spotify_in_profiles=True)
    assert not AuditEvent.objects.filter(verb="policy.change").exists()


@pytest.mark.parametrize("who", ["ann", "mo", "carl"])
def test_nobody_else_changes_it(request, who):
    with pytest.raises(NotAllowed):
        change_policy(by=Actor(user=request.getfixturevalue(who)), spotify_to_model=True)
    assert not policy().spotify_to_model


def test_a_token_that_moderates_is_no_owner(olga, make_token):
    with pytest.raises(NotAllowed):
        change_policy(by=Actor(user=olga, token=make_token("moderate")[0]), spotify_to_model=True)


def test_spotifys_data_goes_to_no_model_until_the_owner_allows_it(db):
    must_allow_model("lastfm")
    with pytest.raises(NotAllowed, match="owner can allow"):
        must_allow_model("spotify")
    change_policy(by=SITE, spotify_to_model=True)
    must_allow_model("spotify")
