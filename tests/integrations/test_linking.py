"""Connecting accounts elsewhere: what is asked for, whose they become, and who is refused."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from social_django.models import UserSocialAuth

from integrations.errors import MustReconnect
from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.linking import link_account, link_lastfm_name, link_listenbrainz
from integrations.services.notices import tell_of_taken
from integrations.services.tokens import end_grant
from integrations.types import Profile, Tokens
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound
from sidetrack.models import AuditEvent, JobRun, ServiceToken, User
from tests.integrations.going_elsewhere import GUILD, allow, browser, come_back

pytestmark = pytest.mark.django_db

LISTENING = "user-read-recently-played"
PLAYLISTS = {"playlist-modify-public", "playlist-modify-private", "playlist-read-private"}
TOKENS = Tokens(Secret("access"), 3600, Secret("refresh"), ("a",))


def connect(client, box, provider, *asks, person="ada", decision="allow"):
    answer = client.post(f"/settings/connections/{provider}/connect/", {"ask": asks})
    assert answer.status_code == 302
    return allow(client, box, answer.url, person, decision)


def asked_for(client, provider, *asks):
    answer = client.post(f"/settings/connections/{provider}/connect/", {"ask": asks})
    return set(parse_qs(urlsplit(answer.url).query).get("scope", [""])[0].split())


# --- Spotify, by allauth


def test_listening_and_playlists_are_asked_for_separately_and_add_up(sandboxed, ann):
    client = browser(ann)
    assert asked_for(client, "spotify", "listening") == {LISTENING}
    answer = connect(client, sandboxed, "spotify", "listening")
    assert answer.url == "/settings/connections/"
    account = LinkedAccount.objects.get(user=ann)
    assert (account.scopes, account.verified, account.external_name) == ([LISTENING], True, "Ada")
    assert account.authorised_at is not None
    assert asked_for(client, "spotify", "playlists") == {LISTENING, *PLAYLISTS}
    connect(client, sandboxed, "spotify", "playlists")
    assert set(LinkedAccount.objects.get(user=ann).scopes) == {LISTENING, *PLAYLISTS}


def test_what_was_granted_is_what_the_answer_says(ann):
    """Somebody may grant less than we asked for, or take some of it back when asked again."""
    profile = Profile("1", "Ann")
    full = Tokens(Secret("one"), 3600, Secret("r"), (LISTENING, *PLAYLISTS))
    account = link_account(ann, "spotify", profile, full)
    assert account.has_scopes(LISTENING, *PLAYLISTS)
    account = link_account(ann, "spotify", profile, Tokens(Secret("two"), 3600, Secret(), (LISTENING,)))
    assert account.scopes == [LISTENING]
    assert LinkedAccount.objects.get().refresh_token == Secret("r")
    link_account(ann, "spotify", profile, Tokens(Secret("three"), 3600, Secret(), ()))
    assert LinkedAccount.objects.get().scopes == []


def test_words_that_are_no_ask_ask_for_nothing(sandboxed, ann):
    assert asked_for(browser(ann), "spotify", "streaming", "user-modify-playback-state") == set()


def test_reconnecting_mends_a_lost_link(sandboxed, ann):
    client = browser(ann)
    connect(client, sandboxed, "spotify", "listening")
    end_grant(LinkedAccount.objects.get(), MustReconnect("spotify", "Gone.").sentence)
    assert LinkedAccount.objects.get().health == "needs_reconnect"
    connect(client, sandboxed, "spotify", "listening")
    account = LinkedAccount.objects.get()
    assert (account.health, account.warned_days, account.has_token) == ("ok", None, True)


def test_an_account_of_another_member_is_refused(sandboxed, ann, bea):
    connect(browser(ann), sandboxed, "spotify", "listening")
    answer = connect(browser(bea), sandboxed, "spotify", "listening")
    assert answer.status_code == 409
    assert b"connected to another member" in answer.content
    assert b"Ann" not in answer.content
    assert LinkedAccount.objects.get().user == ann


def test_a_second_account_of_the_same_provider_is_refused(sandboxed, ann):
    client = browser(ann)
    connect(client, sandboxed, "spotify", "listening")
    answer = connect(client, sandboxed, "spotify", "listening", person="ben")
    assert answer.status_code == 409
    assert b"Disconnect that one first" in answer.content
    assert LinkedAccount.objects.get().external_name == "Ada"


def test_a_state_is_of_who_began(sandboxed, ann, bea):
    """Somebody else at the same browser does not get what the first one allowed."""
    client = browser(ann)
    answer = client.post("/settings/connections/spotify/connect/", {"ask": "listening"})
    back = come_back(sandboxed, answer.url, "ada")
    client.force_login(bea, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(back).status_code in (400, 403)
    assert not LinkedAccount.objects.exists()


def test_refused_consent_leads_back_to_the_connections(sandboxed, ann):
    answer = connect(browser(ann), sandboxed, "spotify", "listening", decision="refuse")
    assert answer.status_code == 403
    assert b"You said no" in answer.content
    assert b'href="/settings/connections/"' in answer.content


def test_connecting_discord_from_the_server_admits(sandboxed, carl, settings):
    settings.DISCORD_GUILD_ID = GUILD
    connect(browser(carl), sandboxed, "discord")
    carl.refresh_from_db()
    assert carl.is_member


def test_who_is_banned_or_gone_connects_nothing(ann):
    User.objects.filter(pk=ann.pk).update(status="banned")
    with pytest.raises(NotAllowed):
        link_account(ann, "spotify", Profile("1", "Ann"), TOKENS)
    User.objects.filter(pk=ann.pk).update(status="member", is_active=False)
    with pytest.raises(NotFound):
        link_account(ann, "spotify", Profile("1", "Ann"), TOKENS)


def test_strangers_begin_nothing(sandboxed):
    for provider in ("discord", "spotify", "lastfm"):
        answer = browser().post(f"/settings/connections/{provider}/connect/")
        assert answer.url.startswith("/accounts/login/")


def test_nothing_begins_at_another_address_than_the_sites_own(sandboxed, ann, settings):
    settings.SITE_URL = "http://127.0.0.1:8001"
    for provider in ("discord", "spotify", "lastfm"):
        answer = browser(ann).post(f"/settings/connections/{provider}/connect/")
        assert answer.status_code == 409
        assert b"http://127.0.0.1:8001/settings/connections/" in answer.content


# --- Last.fm, by social-auth


def lastfm(client, box, person="ada", decision="allow"):
    return connect(client, box, "lastfm", person=person, decision=decision)


def test_lastfm_is_connected_and_its_key_kept_encrypted_only(sandboxed, ann):
    client = browser(ann)
    answer = lastfm(client, sandboxed)
    assert answer.url == "/settings/connections/"
    account = LinkedAccount.objects.get(user=ann)
    assert (account.provider, account.external_name, account.verified) == ("lastfm", "ada", True)
    assert len(account.access_token.reveal()) == 32
    assert account.access_expires_at is None
    assert not UserSocialAuth.objects.exists()
    assert account.access_token.reveal() not in str(dict(client.session))


def test_lastfm_begins_by_a_post_of_somebody_signed_in(sandboxed, ann):
    assert browser(ann).get("/link/login/lastfm/").status_code == 405
    assert browser().post("/link/login/lastfm/").url.startswith("/accounts/login/")
    assert browser(ann, enforce_csrf_checks=True).post("/link/login/lastfm/").status_code == 403
    assert browser(ann).post("/link/login/lastfm/").url.startswith(sandboxed.url)


def test_lastfms_callback_opens_once(sandboxed, ann):
    client = browser(ann)
    back = come_back(sandboxed, client.post("/settings/connections/lastfm/connect/").url, "ada")
    assert client.get(back).status_code == 302
    answer = client.get(back)
    assert answer.status_code == 400
    assert b"was used already" in answer.content


def test_lastfms_callback_is_of_who_began(sandboxed, ann, bea):
    back = come_back(sandboxed, browser(ann).post("/settings/connections/lastfm/connect/").url, "ada")
    assert browser(bea).get(back).status_code == 400
    assert browser().get(back).url.startswith("/accounts/login/")
    assert not LinkedAccount.objects.exists()


def test_refused_or_made_up_callbacks_of_lastfm_end_on_our_page(sandboxed, ann):
    client = browser(ann)
    for query in ("", "?token=x", "?redirect_state=x", "?token=x&redirect_state=y", "?token=%00"):
        answer = client.get(f"/link/complete/lastfm/{query}")
        assert answer.status_code in (400, 403)
        assert b'href="/settings/connections/"' in answer.content


def test_a_token_that_is_over_says_begin_again(sandboxed, ann):
    client = browser(ann)
    address = client.post("/settings/connections/lastfm/connect/").url
    state = parse_qs(urlsplit(parse_qs(urlsplit(address).query)["cb"][0]).query)["redirect_state"][0]
    answer = client.get("/link/complete/lastfm/", {"redirect_state": state, "token": "never-allowed"})
    assert answer.status_code == 400
    assert b"works only once" in answer.content


def test_lastfm_goes_where_we_say_and_nowhere_else(sandboxed, ann):
    client = browser(ann)
    back = come_back(sandboxed, client.post("/link/login/lastfm/", {"next": "https://evil.example"}).url, "ada")
    assert client.get(f"{back}&next=https://evil.example").url == "/settings/connections/"


def test_other_addresses_of_social_auth_are_not_there(ann):
    for address in ("/link/login/facebook/", "/link/disconnect/lastfm/", "/link/idp-launch/lastfm/"):
        assert browser(ann).post(address).status_code == 404
    assert browser(ann).get("/link/complete/facebook/?token=1&redirect_state=2").status_code == 404


# --- Last.fm by name


def test_lastfm_by_name_is_read_and_unverified(sandboxed, ann):
    account = link_lastfm_name(" ADA ", by=Actor(user=ann))
    assert (account.external_id, account.external_name, account.verified) == ("ada", "ada", False)
    assert not account.has_token


def test_an_unknown_name_is_refused_at_its_field(sandboxed, ann):
    with pytest.raises(Invalid) as refusal:
        link_lastfm_name("nobody-of-this-name", by=Actor(user=ann))
    assert refusal.value.attr == "username"
    assert not LinkedAccount.objects.exists()


def test_a_hidden_history_says_how_to_open_it(sandboxed, ann):
    with pytest.raises(Invalid) as refusal:
        link_lastfm_name("cleo", by=Actor(user=ann))
    assert "settings/privacy" in refusal.value.detail


def test_a_hidden_history_can_be_connected_by_its_owner(sandboxed, ann):
    lastfm(browser(ann), sandboxed, "cleo")
    assert LinkedAccount.objects.get().verified


def test_a_name_that_another_member_named_is_refused(sandboxed, ann, bea):
    link_lastfm_name("ada", by=Actor(user=ann))
    with pytest.raises(Conflict):
        link_lastfm_name("ada", by=Actor(user=bea))


def test_its_owner_takes_an_account_from_who_only_named_it(sandboxed, ann, bea):
    link_lastfm_name("ada", by=Actor(user=ann))
    lastfm(browser(bea), sandboxed)
    account = LinkedAccount.objects.get()
    assert (account.user, account.verified) == (bea, True)
    assert AuditEvent.objects.get(verb="account.taken_over").subject == ann
    assert JobRun.objects.get(job__name="tell_of_taken_link").args["person_id"] == ann.pk
    assert tell_of_taken(ann.pk, "lastfm")
    assert "Last.fm is no longer connected" in mail.outbox[0].subject


def test_naming_an_account_takes_nothing_from_its_owner(sandboxed, ann, bea):
    lastfm(browser(bea), sandboxed)
    with pytest.raises(Conflict):
        link_lastfm_name("ada", by=Actor(user=ann))
    assert LinkedAccount.objects.get().user == bea


def test_who_named_their_account_proves_it_later(sandboxed, ann):
    link_lastfm_name("ada", by=Actor(user=ann))
    lastfm(browser(ann), sandboxed)
    account = LinkedAccount.objects.get()
    assert account.verified
    assert account.has_token
    assert link_lastfm_name("ada", by=Actor(user=ann)).verified


# --- ListenBrainz


def test_listenbrainz_is_linked_by_its_token(sandboxed, ann):
    token = sandboxed.box.named("ada").listenbrainz_token(1)
    account = link_listenbrainz(token, by=Actor(user=ann))
    assert (account.external_name.lower(), account.verified) == ("ada", True)
    assert account.access_token == Secret(token)


@pytest.mark.parametrize("token", ["wrong", "00000000-0000-0000-0000-000000000000"])
def test_a_wrong_token_is_refused_at_its_field(sandboxed, ann, token):
    with pytest.raises(Invalid) as refusal:
        link_listenbrainz(token, by=Actor(user=ann))
    assert refusal.value.attr == "token"


def test_a_service_that_is_down_is_said_so(sandboxed, ann, settings):
    settings.LISTENBRAINZ_API_URL = settings.LASTFM_API_URL = "http://127.0.0.1:9"
    for link, word in ((link_listenbrainz, "token"), (link_lastfm_name, "ada")):
        with pytest.raises(Conflict) as refusal:
            link(word, by=Actor(user=ann))
        assert "did not answer" in refusal.value.detail


def test_a_service_token_links_nothing(sandboxed, ann):
    by = Actor(user=ann, token=ServiceToken(name="bot"))
    for link in (link_listenbrainz, link_lastfm_name):
        with pytest.raises(NotAllowed):
            link("ada", by=by)
