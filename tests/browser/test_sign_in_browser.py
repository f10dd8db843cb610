"""Signing in and linking as people do it, in Chromium, against the sandbox: by clicking, there and back."""

from __future__ import annotations

import copy
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.models import LinkedAccount
from integrations.sandbox import consent as consent_pages
from integrations.sandbox.server import Sandbox
from sidetrack.models import User
from tests.conftest import PASSWORD
from tests.integrations.going_elsewhere import GUILD, point_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def home(live_server, settings):
    """The site at an address that providers send people back to: 127.0.0.1, not localhost."""
    settings.SITE_URL = live_server.url.replace("localhost", "127.0.0.1")
    settings.DISCORD_GUILD_ID = GUILD
    return settings.SITE_URL


@pytest.fixture
def sandbox(home, settings):
    """In the place of all providers, and forms may be sent on to it as to them."""
    with Sandbox(seed=1) as box:
        point_at(settings, box.url)
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["form-action"] = ["'self'", box.url]
        settings.CONTENT_SECURITY_POLICY = policy
        yield box


def consent(page, person="ada", button="Allow"):
    """On the provider's page."""
    page.wait_for_url(re.compile("/discord/|/spotify-accounts/|/lastfm/api"))
    page.locator(f"input[name=person][value={person}]").check()
    page.get_by_role("button", name=button, exact=True).click()


def sign_in_with(page, home, label, person="ada", button="Allow"):
    page.goto(f"{home}/accounts/login/")
    page.get_by_role("button", name=f"Sign in with {label}").click()
    consent(page, person, button)


def headline(page):
    return page.locator("h1").first.inner_text()


def test_discord_signs_a_member_of_the_server_in(home, sandbox, open_page):
    page = open_page()
    sign_in_with(page, home, "Discord")
    page.wait_for_url(f"{home}/")
    person = User.objects.get()
    assert person.is_member
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert page.complaints == []


def test_who_is_not_in_the_server_reads_that_they_wait(home, sandbox, open_page):
    page = open_page(width=360)
    sign_in_with(page, home, "Discord", "eve")
    page.wait_for_url(f"{home}/")
    assert page.get_by_text("A moderator will let you in").is_visible()


def test_spotify_signs_in_then_listening_and_playlists_are_allowed_one_by_one(home, sandbox, open_page):
    page = open_page()
    sign_in_with(page, home, "Spotify")
    page.wait_for_url(f"{home}/")
    page.goto(f"{home}/settings/connections/")
    card = page.locator("#spotify")
    assert card.get_by_text("You did not allow your listening").is_visible()
    card.get_by_role("button", name="Allow your listening").click()
    consent(page)
    page.wait_for_url(f"{home}/settings/connections/")
    assert card.get_by_text("You allowed your listening").is_visible()
    card.get_by_role("button", name="Allow playlists").click()
    assert page.get_by_text("user-read-recently-played").is_visible()  # what was granted is asked for again
    consent(page)
    page.wait_for_url(f"{home}/settings/connections/")
    assert card.get_by_text("You allowed playlists").is_visible()
    assert len(LinkedAccount.objects.get().scopes) == 4
    assert page.complaints == []


def test_lastfm_and_listenbrainz_are_linked_and_disconnected(home, sandbox, ann, open_page):
    page = open_page()
    signed_in(page, home)
    page.locator("#lastfm").get_by_role("button", name="Connect Last.fm").click()
    consent(page)
    page.wait_for_url(f"{home}/settings/connections/")
    assert page.locator("#lastfm").get_by_text("As ada").is_visible()
    page.get_by_label("Your user token").fill(sandbox.box.named("ada").listenbrainz_token(1))
    page.get_by_role("button", name="Connect ListenBrainz").click()
    page.wait_for_load_state()
    assert LinkedAccount.objects.filter(user=ann).count() == 2
    page.locator("#lastfm").get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    page.wait_for_url(f"{home}/settings/connections/")
    assert page.locator("#lastfm").get_by_role("button", name="Connect Last.fm").is_visible()
    assert page.complaints == []


def signed_in(page, home):
    page.goto(f"{home}/accounts/login/?next=/settings/connections/")
    page.fill("[name=login]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button.main-action")
    page.wait_for_url(f"{home}/settings/connections/")


@pytest.mark.parametrize("label", ["Discord", "Spotify"])
def test_refused_consent_says_what_to_do(home, sandbox, open_page, label):
    page = open_page()
    sign_in_with(page, home, label, button="Refuse")
    page.wait_for_url(re.compile("callback"))
    assert headline(page) == "You said no"
    page.get_by_role("button", name=f"Try again with {label}").click()
    consent(page)
    page.wait_for_url(f"{home}/")
    assert User.objects.count() == 1


def test_lastfm_answers_that_are_no_good_lead_back(home, sandbox, ann, open_page):
    """Who says no at Last.fm stays there; who comes back without a token, or with an old one, reads what to do."""
    page = open_page()
    signed_in(page, home)
    for token, told in (("", "You said no"), ("token=made-up", "That took too long, or was used already")):
        page.locator("#lastfm").get_by_role("button", name="Connect Last.fm").click()
        page.wait_for_url(re.compile("/lastfm/api"))
        page.goto(f"{callback_of(page)}&{token}")
        assert headline(page) == told
        page.get_by_role("link", name="Try again from your connections").click()
        page.wait_for_url(f"{home}/settings/connections/")
    assert not LinkedAccount.objects.exists()


def callback_of(page):
    """Where Last.fm would send the person back to, with our nonce in it."""
    return parse_qs(urlsplit(page.url).query)["cb"][0]


@pytest.mark.parametrize("label", ["Discord", "Spotify"])
def test_a_replayed_state_says_what_to_do(home, sandbox, open_page, label):
    page, seen = open_page(), []
    page.on("request", lambda request: seen.append(request.url) if "/callback/" in request.url else None)
    sign_in_with(page, home, label)
    page.wait_for_url(f"{home}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    answer = page.goto(seen[0])
    assert answer.status == 400
    assert headline(page) == "That took too long, or was used already"
    assert page.get_by_role("button", name=f"Try again with {label}").is_visible()


@pytest.mark.parametrize("label", ["Discord", "Spotify"])
def test_an_expired_code_says_what_to_do(home, sandbox, open_page, monkeypatch, label):
    page = open_page()
    with monkeypatch.context() as patch:
        patch.setattr(consent_pages, "CODE_SECONDS", -1)  # over when it arrives
        sign_in_with(page, home, label)
        page.wait_for_url(re.compile("login/callback"))
    assert headline(page) == "That took too long, or was used already"
    assert "works only once" in page.locator("main").inner_text()
    page.get_by_role("button", name=f"Try again with {label}").click()
    consent(page)
    page.wait_for_url(f"{home}/")


def test_a_visitor_of_localhost_is_told_where_the_site_is(home, sandbox, open_page, live_server):
    page = open_page()
    page.goto(f"{live_server.url.replace('127.0.0.1', 'localhost')}/accounts/login/")
    page.get_by_role("button", name="Sign in with Spotify").click()
    page.wait_for_load_state()
    assert headline(page) == "Not from this address"
    page.get_by_role("link", name=f"Go to {home}").click()
    page.wait_for_url(f"{home}/accounts/login/")


def test_everything_is_done_by_keyboard(home, sandbox, open_page):
    page = open_page()
    page.goto(f"{home}/accounts/login/")
    page.get_by_role("button", name="Sign in with Discord").focus()
    page.keyboard.press("Enter")
    consent(page)
    page.wait_for_url(f"{home}/")
    assert User.objects.exists()


def test_it_works_without_javascript(home, sandbox, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(20_000)
    sign_in_with(page, home, "Spotify")
    page.wait_for_url(f"{home}/")
    page.goto(f"{home}/settings/connections/")
    page.get_by_text("Or only name it").click()
    page.get_by_label("Your name at Last.fm").fill("ben")
    page.get_by_role("button", name="Read this account").click()
    assert page.locator("#lastfm").get_by_text("Connected, for reading").is_visible()
    context.close()


def test_killing_the_sandbox_midway_leaves_the_site_working(home, sandbox, ann, open_page):
    page = open_page()
    signed_in(page, home)
    page.locator("#spotify").get_by_role("button", name="Connect your listening").click()
    consent(page)
    page.wait_for_url(f"{home}/settings/connections/")
    page.locator("#lastfm").get_by_role("button", name="Connect Last.fm").click()
    page.wait_for_url(re.compile("/lastfm/api"))
    sandbox.stop()
    page.goto(f"{callback_of(page)}&token=allowed")
    assert headline(page) == "Last.fm is not answering"
    for path in ("/", "/settings/connections/", "/settings/", "/search/?q=x", "/people/ann/", "/weeks/"):
        assert page.goto(f"{home}{path}").status == 200
