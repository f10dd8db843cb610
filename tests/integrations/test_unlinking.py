"""Disconnecting: what goes, what is given back, and who may not lock themselves out."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from social_django.models import UserSocialAuth

from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.linking import link_account
from integrations.services.policy import change_policy
from integrations.services.unlinking import unlink, what_goes
from integrations.types import Play, Profile, Tokens
from listening.models import Removal
from listening.services.listens import record_plays
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotAllowed, NotFound
from sidetrack.models import AuditEvent, ServiceToken, User
from sidetrack.services.erasing import leave
from tests.conftest import PASSWORD
from tests.integrations.going_elsewhere import allow, browser

pytestmark = pytest.mark.django_db

TOKENS = Tokens(Secret("access"), 3600, Secret("refresh"), ("a",))


def linked(person, provider, name="Ann"):
    return link_account(person, provider, Profile(f"{provider}-{name}", name), TOKENS)


def heard(person, source, count=2):
    now = timezone.now()
    plays = [
        Play(f"Track {n}", "Artist", None, now - timedelta(days=n + 1, hours=len(source)), f"{source}{n}")
        for n in range(count)
    ]
    record_plays(person, plays, source=source)


@pytest.fixture
def free(olga):
    """Members choose themselves what becomes of Spotify's plays."""
    change_policy(by=Actor(user=olga), delete_on_unlink=False)


def test_tokens_and_the_row_go(ann):
    linked(ann, "lastfm")
    SocialAccount.objects.create(user=ann, provider="lastfm", uid="1")
    UserSocialAuth.objects.create(user=ann, provider="lastfm", uid="1")
    done = unlink("lastfm", by=Actor(user=ann))
    assert (done.provider, done.deletes) == ("lastfm", False)
    for model in (LinkedAccount, SocialAccount, UserSocialAuth):
        assert not model.objects.exists()
    assert AuditEvent.objects.get(verb="account.unlink").subject == ann


def test_discord_is_told_to_end_the_grant(sandboxed, ann):
    client = browser(ann)
    allow(client, sandboxed, client.post("/settings/connections/discord/connect/").url, "ada")
    assert sandboxed.box.store.all("refresh")
    unlink("discord", by=Actor(user=ann))
    assert not sandboxed.box.store.all("refresh")
    assert not sandboxed.box.store.all("grant")


def test_it_is_disconnected_here_also_when_the_provider_is_down(ann, settings):
    settings.DISCORD_CLIENT_ID, settings.DISCORD_CLIENT_SECRET = "x", "y"
    linked(ann, "discord")
    unlink("discord", by=Actor(user=ann))
    assert not LinkedAccount.objects.exists()


def test_spotifys_plays_go_with_it_while_the_owner_says_so(ann):
    linked(ann, "spotify")
    heard(ann, "spotify")
    heard(ann, "spotify_history")
    assert [loss.records for loss in what_goes(ann, "spotify")] == [2]
    assert unlink("spotify", by=Actor(user=ann)).deletes
    assert Removal.objects.get().source == "spotify"


def test_otherwise_the_member_chooses(ann, free):
    linked(ann, "spotify")
    heard(ann, "spotify")
    assert not unlink("spotify", by=Actor(user=ann)).deletes
    assert not Removal.objects.exists()
    linked(ann, "spotify")
    assert unlink("spotify", by=Actor(user=ann), delete_listens=True).deletes
    assert Removal.objects.get().found == 2


def test_other_providers_listens_stay_unless_asked(ann):
    for provider in ("lastfm", "listenbrainz"):
        linked(ann, provider)
        heard(ann, provider)
        unlink(provider, by=Actor(user=ann))
    assert not Removal.objects.exists()
    linked(ann, "lastfm")
    unlink("lastfm", by=Actor(user=ann), delete_listens=True)
    assert Removal.objects.get().source == "lastfm"


def test_nothing_heard_is_nothing_lost(ann):
    linked(ann, "spotify")
    assert what_goes(ann, "spotify") == []
    assert unlink("spotify", by=Actor(user=ann)).deletes
    assert not Removal.objects.exists()


def test_what_is_not_connected_is_not_found(ann, bea):
    linked(bea, "lastfm")
    for provider in ("lastfm", "spotify", "nothing"):
        with pytest.raises(NotFound):
            unlink(provider, by=Actor(user=ann))
    assert LinkedAccount.objects.count() == 1


def test_the_site_and_service_tokens_unlink_nobody(ann):
    linked(ann, "lastfm")
    for by in (SITE, Actor(user=ann, token=ServiceToken(name="bot")), Actor()):
        with pytest.raises(NotAllowed):
            unlink("lastfm", by=by)


@pytest.fixture
def only_discord(db, settings):
    """Somebody who can come in by Discord and by nothing else."""
    for name in ("DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET", "SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET"):
        setattr(settings, name, "x")
    person = User(username="solo", status="member")
    person.set_unusable_password()
    person.save()
    linked(person, "discord", "Solo")
    return person


def test_the_only_way_in_is_not_taken_away(only_discord):
    with pytest.raises(Conflict) as refusal:
        unlink("discord", by=Actor(user=only_discord))
    assert refusal.value.code == "only_way_in"
    page = browser(only_discord).get("/settings/connections/discord/disconnect/").content
    assert b"Add an e-mail address" in page
    assert b"Choose a password" in page
    assert b'class="danger"' not in page


def test_what_signs_nobody_in_may_always_go(only_discord):
    linked(only_discord, "lastfm")
    unlink("lastfm", by=Actor(user=only_discord))


def test_with_another_way_in_it_may_go(only_discord, settings):
    linked(only_discord, "spotify")
    settings.SPOTIFY_CLIENT_ID = ""  # the operator no longer has Spotify: that is no way in
    with pytest.raises(Conflict):
        unlink("discord", by=Actor(user=only_discord))
    settings.SPOTIFY_CLIENT_ID = "x"
    unlink("discord", by=Actor(user=only_discord))


def test_an_address_or_a_password_is_a_way_in(only_discord):
    User.objects.filter(pk=only_discord.pk).update(email="solo@example.org")
    only_discord.refresh_from_db()
    unlink("discord", by=Actor(user=only_discord))


def test_an_address_that_is_not_confirmed_is_no_way_in(only_discord):
    browser(only_discord).post("/accounts/email/", {"action_add": "", "email": "solo@example.org"})
    with pytest.raises(Conflict) as refusal:
        unlink("discord", by=Actor(user=only_discord))
    assert "confirm it" in refusal.value.detail


def give_address(person):
    User.objects.filter(pk=person.pk).update(email="solo@example.org")
    return EmailAddress.objects.create(user=person, email="solo@example.org", verified=True, primary=True)


def remove_address(person):
    client = browser(person)
    record_sign_in(client)
    return client.post("/accounts/email/", {"action_remove": "", "email": "solo@example.org"}, follow=True)


def record_sign_in(client):
    """As if they had just come in: what is dangerous asks for that."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": time.time()}]
    session.save()


def test_nor_is_the_address_that_is_the_last_way_in(only_discord):
    give_address(only_discord)
    unlink("discord", by=Actor(user=only_discord))
    assert b"if it is your only way in, choose a password first" in remove_address(only_discord).content
    assert EmailAddress.objects.exists()
    only_discord.set_password(PASSWORD)
    only_discord.save(update_fields=["password"])
    remove_address(only_discord)
    assert not EmailAddress.objects.exists()


def test_with_an_account_that_signs_in_the_address_may_go(only_discord):
    give_address(only_discord)
    remove_address(only_discord)
    assert not EmailAddress.objects.exists()


def test_whoever_deletes_their_account_leaves_no_key_behind(sandboxed, ann, django_capture_on_commit_callbacks):
    client = browser(ann)
    allow(client, sandboxed, client.post("/settings/connections/discord/connect/").url, "ada")
    UserSocialAuth.objects.create(user=ann, provider="lastfm", uid="1")
    with django_capture_on_commit_callbacks(execute=True):
        leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    assert not LinkedAccount.objects.exists()
    assert not UserSocialAuth.objects.exists()
    assert not sandboxed.box.store.all("grant")
