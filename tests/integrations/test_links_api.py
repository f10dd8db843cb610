"""Links over HTTP: for one's own session, never a token of theirs in an answer, refused to service clients."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from integrations.models import LinkedAccount
from integrations.secret import Secret
from integrations.services.linking import link_account
from integrations.types import Profile, Tokens
from tests.integrations.going_elsewhere import allow, browser

pytestmark = pytest.mark.django_db

WRITES = [
    ("post", "spotify"),
    ("post", "discord"),
    ("post", "lastfm"),
    ("post", "listenbrainz"),
    ("delete", "spotify"),
    ("delete", "lastfm"),
    ("delete", "discord"),
    ("delete", "listenbrainz"),
]


def at_home(person=None, **options):
    client = APIClient(HTTP_HOST="127.0.0.1:8000", **options)
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def path(provider):
    return f"/api/v1/auth/{provider}/link"


def code(answer):
    return answer.json()["errors"][0]["code"]


def linked(person, provider):
    tokens = Tokens(Secret("hush-access"), 3600, Secret("hush-refresh"), ("user-read-recently-played",))
    return link_account(person, provider, Profile(f"{provider}-1", "Annie"), tokens)


@pytest.mark.parametrize(("method", "provider"), WRITES)
def test_visitors_and_service_clients_are_refused(sandboxed, bot, ann, method, provider):
    linked(ann, provider)
    assert getattr(at_home(), method)(path(provider), {}, format="json").status_code in (401, 403)
    assert getattr(bot, method)(path(provider), {}, format="json").status_code == 403
    assert LinkedAccount.objects.count() == 1


@pytest.mark.parametrize(("method", "provider"), WRITES)
def test_a_session_needs_its_csrf_token(sandboxed, ann, method, provider):
    client = at_home(ann, enforce_csrf_checks=True)
    assert getattr(client, method)(path(provider), {}, format="json").status_code == 403


@pytest.mark.parametrize("provider", ["spotify", "lastfm", "discord"])
def test_an_address_to_open_is_given_whose_state_is_of_this_session(sandboxed, ann, bea, provider):
    client = at_home(ann)
    address = client.post(path(provider), {}, format="json").json()["authorize_url"]
    assert address.startswith(sandboxed.url)
    other = browser(bea)
    assert allow(other, sandboxed, address, "ada").status_code in (400, 403)
    assert allow(client, sandboxed, address, "ada").url == "/settings/connections/"
    assert LinkedAccount.objects.get().user == ann


def test_spotify_is_asked_for_what_is_named(sandboxed, ann):
    client = at_home(ann)
    for asks, words in (([], ()), (["playlists"], ("playlist-modify-private",)), (None, ("recently-played",))):
        body = {} if asks is None else {"ask": asks}
        query = urlsplit(client.post(path("spotify"), body, format="json").json()["authorize_url"]).query
        assert all(word in query for word in words)
    assert client.post(path("spotify"), {"ask": ["everything"]}, format="json").status_code == 400


def test_lastfm_by_name_is_linked_at_once(sandboxed, ann):
    answer = at_home(ann).post(path("lastfm"), {"username": "ada"}, format="json")
    assert answer.status_code == 201
    assert (answer.json()["provider"], answer.json()["verified"]) == ("lastfm", False)
    assert at_home(ann).post(path("lastfm"), {"username": "nobody-there"}, format="json").status_code == 400


def test_listenbrainz_by_token_never_tells_it(sandboxed, ann):
    token = sandboxed.box.named("ada").listenbrainz_token(1)
    answer = at_home(ann).post(path("listenbrainz"), {"token": token}, format="json")
    assert answer.status_code == 201
    assert token not in answer.content.decode()
    wrong = at_home(ann).post(path("listenbrainz"), {"token": "wrong-one"}, format="json")
    assert (wrong.status_code, code(wrong)) == (400, "wrong_token")
    assert "wrong-one" not in wrong.content.decode()


def test_links_tell_how_each_fares_and_no_token(sandboxed, ann, bea):
    linked(ann, "spotify")
    rows = at_home(ann).get("/api/v1/auth/links").json()["results"]
    assert (rows[0]["provider"], rows[0]["state"], rows[0]["grants"]) == ("spotify", "ok", ["listening"])
    assert rows[0]["days_left"] == 181
    assert "hush" not in json.dumps(rows)
    assert at_home(bea).get("/api/v1/auth/links").json()["results"] == []


def test_links_of_a_service_client_are_refused(bot):
    assert bot.get("/api/v1/auth/links").status_code == 403


def test_disconnecting_ends_it(sandboxed, ann, bea):
    linked(ann, "spotify")
    assert at_home(bea).delete(path("spotify")).status_code == 404
    answer = at_home(ann).delete(path("spotify"), {"delete_listens": False}, format="json")
    assert answer.json() == {"provider": "spotify", "deletes_listens": True}
    assert not LinkedAccount.objects.exists()
    assert at_home(ann).delete(path("spotify")).status_code == 404


def test_the_only_way_in_stays(sandboxed, ann):
    linked(ann, "discord")
    ann.set_unusable_password()
    ann.email = ""
    ann.save()
    answer = at_home(ann).delete(path("discord"))
    assert (answer.status_code, code(answer)) == (409, "only_way_in")


def test_what_is_not_set_up_or_not_at_home_is_a_conflict(sandboxed, ann, settings):
    settings.SITE_URL = "http://127.0.0.1:8001"
    for provider in ("spotify", "discord", "lastfm"):
        answer = at_home(ann).post(path(provider), {}, format="json")
        assert (answer.status_code, code(answer)) == (409, "elsewhere")
    settings.SPOTIFY_CLIENT_ID = ""
    assert code(at_home(ann).post(path("spotify"), {}, format="json")) == "not_set_up"


def test_a_provider_that_is_down_is_a_conflict_and_changes_nothing(sandboxed, ann, settings):
    settings.LISTENBRAINZ_API_URL = "http://127.0.0.1:9"
    answer = at_home(ann).post(path("listenbrainz"), {"token": "x"}, format="json")
    assert (answer.status_code, code(answer)) == (409, "provider")
    assert not LinkedAccount.objects.exists()


def test_linking_over_the_api_is_limited(sandboxed, ann):
    client = at_home(ann)
    answers = [client.post(path("listenbrainz"), {}, format="json") for _ in range(31)]
    assert [each.status_code for each in answers] == [400] * 30 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
