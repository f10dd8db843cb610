"""Signing in with accounts elsewhere, against the sandbox: who becomes whom, who is kept out, and what is kept."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session

from integrations.models import LinkedAccount
from integrations.services import arriving, linking
from integrations.services.gone import is_gone, remember_gone
from integrations.services.people import PersonRef, person_for
from sidetrack.models import User
from tests.conftest import make_person
from tests.integrations.going_elsewhere import GUILD, HOME, allow, begin, browser, come_back

pytestmark = pytest.mark.django_db


def sign_in(client, box, provider="discord", person="ada", **form):
    return allow(client, box, begin(client, provider, **form), person)


def whose(client):
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def test_somebody_new_signs_in_with_discord_and_waits(sandboxed):
    client = browser()
    answer = sign_in(client, sandboxed)
    assert answer.status_code == 302
    person = whose(client)
    assert (person.username, person.display_name, person.email) == ("ada", "Ada", "ada@example.org")
    assert person.status == "pending"
    assert not person.has_usable_password()
    assert EmailAddress.objects.get(user=person).verified
    account = LinkedAccount.objects.get(user=person)
    assert account.provider == "discord"
    assert account.external_id.isdigit()
    assert account.has_token
    assert account.scopes == ["identify", "email"]


def test_who_is_in_the_clubs_server_is_a_member_at_once(sandboxed, settings):
    settings.DISCORD_GUILD_ID = GUILD
    client = browser()
    sign_in(client, sandboxed)
    assert whose(client).is_member


def test_who_is_not_in_the_server_waits_with_a_sentence(sandboxed, settings):
    settings.DISCORD_GUILD_ID = GUILD
    client = browser()
    sign_in(client, sandboxed, person="eve")
    assert whose(client).status == "pending"
    assert b"A moderator will let you in" in client.get("/").content


def test_when_discord_does_not_say_they_wait_and_see_no_error(sandboxed, settings):
    settings.DISCORD_GUILD_ID = GUILD
    client = browser()
    url = begin(client, "discord")
    settings.DISCORD_GUILD_ID = "not-a-server"
    answer = allow(client, sandboxed, url, "ada")
    assert answer.status_code == 302
    assert whose(client).status == "pending"


def test_who_waits_is_let_in_by_a_later_sign_in_from_the_server(sandboxed, settings):
    sign_in(browser(), sandboxed)
    settings.DISCORD_GUILD_ID = GUILD
    client = browser()
    sign_in(client, sandboxed)
    assert whose(client).is_member
    assert User.objects.count() == 1


def test_a_member_met_by_the_bot_is_the_same_member(sandboxed):
    ada = discord_id(sandboxed, "ada")
    met = person_for(PersonRef(discord_id=ada, display_name="Ada from Discord"))
    client = browser()
    sign_in(client, sandboxed)
    assert whose(client) == met
    assert whose(client).is_member
    assert LinkedAccount.objects.get().external_name == "Ada"


def discord_id(box, key):
    return box.box.named(key).discord_id(box.box.seed)


def test_spotify_signs_in_without_any_scope(sandboxed):
    client = browser()
    url = begin(client, "spotify")
    assert parse_qs(urlsplit(url).query).get("scope") is None
    allow(client, sandboxed, url, "ada")
    account = LinkedAccount.objects.get(user=whose(client))
    assert account.scopes == []
    assert account.external_id == sandboxed.box.named("ada").account_id(1)


def test_an_account_kept_under_its_old_id_is_found_and_keyed_anew(sandboxed, ann):
    LinkedAccount.objects.create(user=ann, provider="spotify", external_id="sandbox-ada", external_name="Old")
    client = browser()
    sign_in(client, sandboxed, "spotify")
    assert whose(client) == ann
    account = LinkedAccount.objects.get()
    assert account.external_id == sandboxed.box.named("ada").account_id(1)
    assert account.external_name == "Ada"


def test_signing_in_takes_no_listening_away(sandboxed, ann):
    """The new grant is for less: the one that reads listens stays."""
    client = browser(ann)
    answer = client.post("/settings/connections/spotify/connect/", {"ask": "listening"})
    allow(client, sandboxed, answer.url, "ada")
    before = LinkedAccount.objects.get()
    again = browser()
    sign_in(again, sandboxed, "spotify")
    after = LinkedAccount.objects.get()
    assert whose(again) == ann
    assert after.scopes == ["user-read-recently-played"]
    assert after.access_token == before.access_token


def test_an_address_signs_nobody_in(sandboxed):
    owner = make_person("somebody", display_name="Somebody")
    User.objects.filter(pk=owner.pk).update(email="ada@example.org")
    client = browser()
    answer = sign_in(client, sandboxed)
    assert answer.status_code == 409
    assert whose(client) is None
    assert b"sign in the way you did before" in answer.content
    assert User.objects.count() == 1
    assert not LinkedAccount.objects.exists()


def test_an_address_that_discord_did_not_verify_counts_for_nothing(sandboxed):
    User.objects.filter(pk=make_person("somebody").pk).update(email="gus@example.org")
    client = browser()
    sign_in(client, sandboxed, person="gus")
    assert whose(client).email == ""
    assert whose(client).username == "gus"


def test_a_taken_or_reserved_name_is_not_given_twice(sandboxed):
    make_person("ada")
    client = browser()
    sign_in(client, sandboxed)
    assert whose(client).username == f"ada-{discord_id(sandboxed, 'ada')}"


def test_who_was_banned_is_refused_with_a_sentence(sandboxed):
    sign_in(browser(), sandboxed)
    User.objects.update(status="banned")
    client = browser()
    answer = sign_in(client, sandboxed)
    assert answer.status_code == 403
    assert b"You were banned" in answer.content
    assert whose(client) is None


@pytest.mark.parametrize(
    ("meanwhile", "status"),
    [
        (lambda person: LinkedAccount.objects.filter(user=person).delete(), 403),
        (lambda person: User.objects.filter(pk=person.pk).update(status="banned"), 403),
        (lambda person: User.objects.filter(pk=person.pk).update(is_active=False), 404),
        (lambda person: person.delete(), 404),
    ],
    ids=["disconnected", "banned", "leaving", "erased"],
)
def test_who_is_out_at_the_same_moment_does_not_come_in(sandboxed, monkeypatch, meanwhile, status):
    sign_in(browser(), sandboxed)

    def found_a_moment_ago(*about):
        found = linking.account_for(*about)
        meanwhile(found.user)
        return found

    monkeypatch.setattr(arriving, "account_for", found_a_moment_ago)
    client = browser()
    assert sign_in(client, sandboxed).status_code == status
    assert whose(client) is None


def test_who_comes_in_is_greeted_by_the_name_they_show(sandboxed):
    client = browser()
    sign_in(client, sandboxed)
    assert b"Good to see you, Ada." in client.get("/").content


def test_who_left_comes_back_as_somebody_new_and_only_when_they_say_so(sandboxed):
    ada = discord_id(sandboxed, "ada")
    remember_gone("discord", ada)
    client = browser()
    answer = sign_in(client, sandboxed)
    assert answer.status_code == 403
    assert b"Begin anew with Discord" in answer.content
    assert whose(client) is None
    assert not User.objects.exists()
    sign_in(client, sandboxed, anew="1")
    assert whose(client).status == "pending"
    assert not is_gone("discord", ada)


def test_an_invite_that_was_followed_admits(sandboxed, mo):
    from sidetrack.actors import Actor
    from sidetrack.services.invites import make_invite

    client = browser()
    client.get(f"/invite/{make_invite(by=Actor(user=mo)).code}/")
    sign_in(client, sandboxed, "spotify")
    assert whose(client).is_member


def test_who_is_not_on_spotifys_list_of_the_app_reads_why(sandboxed):
    client = browser()
    answer = sign_in(client, sandboxed, "spotify", "finn")
    assert answer.status_code == 403
    assert whose(client) is None
    assert b"Spotify does not let us in" in answer.content


def test_no_token_is_kept_but_encrypted_in_the_link(sandboxed, caplog):
    client = browser()
    sign_in(client, sandboxed, "spotify")
    account = LinkedAccount.objects.get()
    secrets = [account.access_token.reveal(), account.refresh_token.reveal()]
    assert all(secrets)
    kept = [json.dumps(session.get_decoded()) for session in Session.objects.all()] + [caplog.text]
    assert not [secret for secret in secrets for text in kept if secret in text]
    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()
    assert "code_verifier" not in "".join(kept)


# --- how it begins


def test_nothing_begins_on_a_get(sandboxed):
    answer = browser().get("/accounts/discord/login/")
    assert answer.status_code == 200
    assert b"Go on to Discord" in answer.content


def test_nothing_begins_without_the_forms_token(sandboxed):
    assert browser(enforce_csrf_checks=True).post("/accounts/discord/login/").status_code == 403


def test_what_is_asked_of_the_provider(sandboxed):
    query = parse_qs(urlsplit(begin(browser(), "discord")).query)
    assert query["redirect_uri"] == [f"{HOME}/accounts/discord/login/callback/"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"][0]
    assert query["scope"] == ["identify email"]


def test_the_address_bar_adds_nothing_to_what_is_asked(sandboxed):
    client = browser()
    extra = "?scope=guilds&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example&process=redirect&action=rerequest"
    query = parse_qs(urlsplit(client.post(f"/accounts/discord/login/{extra}").url).query)
    assert query["scope"] == ["identify email"]
    assert query["redirect_uri"][0].startswith(HOME)


def test_another_host_than_the_sites_own_is_told_where_to_begin(sandboxed, settings):
    settings.SITE_URL = "http://127.0.0.1:8001"
    answer = browser().post("/accounts/spotify/login/")
    assert answer.status_code == 409
    assert b"http://127.0.0.1:8001/accounts/login/" in answer.content


def test_providers_that_are_not_set_up_are_not_offered(settings):
    settings.DISCORD_CLIENT_ID = settings.SPOTIFY_CLIENT_ID = ""
    page = browser().get("/accounts/login/").content
    assert b"with Discord" not in page
    assert b"with Spotify" not in page
    for address in ("/accounts/discord/login/", "/accounts/spotify/login/callback/?code=1&state=2"):
        assert browser().get(address).status_code == 404


def test_they_are_offered_where_they_are(sandboxed):
    page = browser().get("/accounts/login/").content
    assert b"Sign in with Discord" in page
    assert b"Sign in with Spotify" in page


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(sandboxed, next_url):
    client = browser()
    answer = sign_in(client, sandboxed, next=next_url)
    assert answer.status_code == 302
    assert answer.url == "/"


def test_who_came_from_a_page_goes_back_to_it(sandboxed):
    assert sign_in(browser(), sandboxed, next="/weeks/").url == "/weeks/"


# --- how it ends badly


def test_refused_consent_says_so_and_offers_other_ways(sandboxed):
    client = browser()
    answer = allow(client, sandboxed, begin(client, "spotify"), "ada", decision="refuse")
    assert answer.status_code == 403
    assert b"You said no" in answer.content
    assert b"Try again with Spotify" in answer.content
    assert b"Sign in with Discord" in answer.content


def test_a_callback_opens_once(sandboxed):
    client = browser()
    back = come_back(sandboxed, begin(client, "discord"), "ada")
    assert client.get(back).status_code == 302
    client.logout()
    answer = client.get(back)
    assert answer.status_code == 400
    assert b"was used already" in answer.content
    assert whose(client) is None


def test_a_state_of_another_browser_is_refused(sandboxed):
    back = come_back(sandboxed, begin(browser(), "discord"), "ada")
    answer = browser().get(back)
    assert answer.status_code == 400
    assert not User.objects.exists()


def test_a_code_that_is_over_says_begin_again(sandboxed):
    client = browser()
    back = come_back(sandboxed, begin(client, "discord"), "ada")
    forget_codes(sandboxed)
    answer = client.get(back)
    assert answer.status_code == 400
    assert b"works only once" in answer.content


def forget_codes(box):
    for code in list(box.box.store.all("code")):
        box.box.store.take("code", code)


def test_a_provider_that_is_down_ends_on_our_page(sandboxed, settings):
    client = browser()
    back = come_back(sandboxed, begin(client, "discord"), "ada")
    settings.DISCORD_API_URL = "http://127.0.0.1:9"
    answer = client.get(back)
    assert answer.status_code == 409
    assert b"Discord is not answering" in answer.content


@pytest.mark.parametrize("provider", ["discord", "spotify"])
def test_what_the_provider_says_is_not_shown(sandboxed, provider):
    client = browser()
    state = parse_qs(urlsplit(begin(client, provider)).query)["state"][0]
    said = "<script>alert(1)</script>"
    address = f"/accounts/{provider}/login/callback/"
    answer = client.get(address, {"error": said, "error_description": said, "error_uri": said, "state": state})
    assert answer.status_code == 400
    assert b"alert(1)" not in answer.content


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?code=x&state=%00", "?code=x&code=y&state=é", "?error=x"]
)
def test_an_address_made_up_is_refused(sandboxed, query):
    for provider in ("discord", "spotify"):
        assert browser().get(f"/accounts/{provider}/login/callback/{query}").status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options"])
def test_callbacks_are_read_only(sandboxed, method):
    assert getattr(browser(), method)("/accounts/discord/login/callback/?code=1&state=2").status_code == 405


def test_who_signed_in_meanwhile_stays_who_they_are(sandboxed, ann):
    client = browser()
    back = come_back(sandboxed, begin(client, "discord"), "ada")
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(back)
    assert whose(client) == ann
    assert User.objects.count() == 1
    assert answer.status_code in (400, 409)


def test_allauths_own_pages_lead_to_ours(ann):
    assert browser().get("/accounts/3rdparty/signup/").url == "/accounts/login/"
    assert browser().get("/accounts/3rdparty/login/error/").url == "/accounts/login/"
    assert browser().get("/accounts/social/signup/").url == "/accounts/login/"
    assert browser().post("/accounts/3rdparty/", {"account": 1}).url == "/settings/connections/"


def test_too_many_tries_are_told_to_wait(sandboxed, monkeypatch):
    from sidetrack.services import limits

    monkeypatch.setattr(limits, "wait_for", lambda *_, **__: 12.0)
    answer = browser().post("/accounts/discord/login/")
    assert answer.status_code == 429
    assert "Retry-After" in answer


def test_forms_may_be_sent_on_to_the_providers():
    policy = browser().get("/accounts/login/").headers["Content-Security-Policy"]
    sent_on = policy.split("form-action")[1].split(";")[0]
    for origin in ("https://discord.com", "https://accounts.spotify.com", "https://www.last.fm"):
        assert origin in sent_on.split()
