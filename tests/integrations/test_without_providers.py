"""The sandbox dies in the middle of everything: every page goes on working, and what needs a provider says so."""

from __future__ import annotations

import pytest

from integrations.models import LinkedAccount
from integrations.services.linking import link_lastfm_name, link_listenbrainz
from sidetrack.actors import Actor
from tests.attacks.crawl import addresses
from tests.integrations.going_elsewhere import allow, browser, come_back

pytestmark = pytest.mark.django_db

ENTRANCES = ["/accounts/login/", "/accounts/signup/", "/accounts/discord/login/", "/accounts/spotify/login/"]


@pytest.fixture
def orphaned(sandboxed, ann):
    """Ann has connected everything; then nobody out there answers any more. Yields her browser."""
    client = browser(ann)
    for provider, ask in (("spotify", "listening"), ("discord", "")):
        allow(client, sandboxed, client.post(f"/settings/connections/{provider}/connect/", {"ask": ask}).url, "ada")
    link_lastfm_name("ada", by=Actor(user=ann))
    link_listenbrainz(sandboxed.box.named("ada").listenbrainz_token(1), by=Actor(user=ann))
    assert LinkedAccount.objects.filter(user=ann).count() == 4
    sandboxed.stop()
    return client


def test_every_page_answers_as_before(orphaned, ann, mo, olga):
    pages = addresses(username=ann.username)
    assert len(pages) > 60
    for client in (orphaned, browser(), browser(mo), browser(olga)):
        broken = {page: status for page in pages if (status := client.get(page).status_code) >= 500}
        assert broken == {}
    for page in ENTRANCES:
        assert browser().get(page).status_code == 200
    for page in ("/", "/settings/", "/settings/connections/", "/people/ann/", "/search/?q=x", "/imports/"):
        assert orphaned.get(page).status_code == 200, page
    for provider in ("spotify", "discord", "lastfm", "listenbrainz"):
        assert orphaned.get(f"/settings/connections/{provider}/disconnect/").status_code == 200
    assert browser(mo).get("/admin/integrations/linkedaccount/").status_code == 200


def test_what_asks_a_provider_says_that_it_does_not_answer(orphaned, bea):
    client = browser(bea)
    for form, data in (("lastfm/name/", {"username": "ben"}), ("listenbrainz/token/", {"token": "x"})):
        answer = client.post(f"/settings/connections/{form}", data)
        assert answer.status_code == 400
        assert b"did not answer. Nothing was changed" in answer.content


@pytest.mark.parametrize("provider", ["discord", "spotify"])
def test_who_is_on_their_way_back_reads_that_it_does_not_answer(sandboxed, provider):
    client = browser()
    back = come_back(sandboxed, client.post(f"/accounts/{provider}/login/").url, "ada")
    sandboxed.stop()
    answer = client.get(back)
    assert answer.status_code == 409
    assert b"is not answering" in answer.content
    assert b"Sign in with a password" in answer.content


def test_everything_can_be_disconnected_all_the_same(orphaned):
    for provider in ("spotify", "discord", "lastfm", "listenbrainz"):
        assert orphaned.post(f"/settings/connections/{provider}/disconnect/").status_code == 302
    assert not LinkedAccount.objects.exists()
