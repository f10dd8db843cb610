"""What every request to the API meets first: who it is, how large it is, how often it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from sidetrack.models import ServiceToken, User
from tests.conftest import PASSWORD

ME = "/api/v1/users/me"


@pytest.fixture
def follow_address(bea):
    return f"/api/v1/users/{bea.pk}/follow"


@pytest.fixture
def _one_window():
    """No window of a limit ends in the middle of the test."""
    with time_machine.travel(datetime.now(UTC).replace(second=1), tick=False):
        yield


def send(client, address, body, content_type="application/json"):
    return client.generic("POST", address, body, content_type=content_type)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "bearer x", "Bearer \xfc", "Bearer " + "x" * 5000, "Bearer st_test_"]
)
def test_a_token_that_is_none_is_refused(db, header):
    answer = APIClient().get(ME, HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "authentication_failed"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_says_when_it_was_last_used(bot):
    assert ServiceToken.objects.get().last_used_at is None
    bot.get(ME)
    assert ServiceToken.objects.get().last_used_at is not None


def test_a_session_write_needs_the_csrf_token(ann, bea, follow_address):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(ann)
    refused = browser.post(follow_address, {})
    assert refused.status_code == 403
    assert refused.json()["type"] == "client_error"
    browser.get("/accounts/password/change/")
    token = browser.cookies["csrftoken"].value
    assert browser.post(follow_address, {}, HTTP_X_CSRFTOKEN=token).status_code == 201
    assert browser.post(follow_address, {}, HTTP_X_CSRFTOKEN="x" * 64).status_code == 403


def test_a_token_write_needs_no_csrf_token(bot, follow_address):
    strict = APIClient(enforce_csrf_checks=True)
    strict.credentials(**bot._credentials)
    assert strict.post(follow_address, {"user": {"discord_id": "1"}}).status_code == 201


def test_a_banned_person_is_out_at_once(api, web, ann, follow_address):
    client, browser = api(ann), web(ann)
    assert client.get(ME).status_code == 200
    User.objects.filter(pk=ann.pk).update(status="banned")
    assert client.get(ME).status_code == 401
    assert client.post(follow_address, {}).status_code == 401
    assert browser.get("/settings/").status_code == 302
    refused = Client().post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert refused["Location"] == "/accounts/inactive/"


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@example.com", "Ann@Example.com"])
def test_one_signs_in_by_name_or_address(ann, login):
    browser = Client()
    assert browser.post("/accounts/login/", {"login": login, "password": PASSWORD}).status_code == 302
    assert browser.get(ME).json()["username"] == "ann"


def test_a_wrong_password_is_refused_and_limited(ann):
    browser = Client()
    answers = [browser.post("/accounts/login/", {"login": "ann", "password": f"wrong{i}"}) for i in range(12)]
    assert all("_auth_user_id" not in browser.session for _ in answers)
    late = browser.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    assert late.status_code in (200, 429)


def test_too_many_sign_ups_from_one_address_are_refused(db):
    browser = Client()
    answers = [browser.post("/accounts/signup/", {"username": "!"}) for _ in range(21)]
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"user": NaN}',
        b'{"user": Infinity}',
        b'{"user": 1e999}',
        b'{"user": ' + b"9" * 5000 + b"}",
        b"[]",
        b'"x"',
        b"7",
        b"null",
        b"true",
        b'{"user": []}',
        b'{"user": {"id": {"$gt": 0}}}',
    ],
)
def test_a_body_that_makes_no_sense_is_refused(bot, follow_address, body):
    answer = send(bot, follow_address, body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_half_a_surrogate_pair_is_refused_and_can_be_echoed(bot, follow_address):
    answer = send(bot, follow_address, json.dumps({"user": {"discord_id": "1", "display_name": "\ud800"}}))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "user.display_name"


def test_a_body_over_the_limit_is_refused(bot, follow_address, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send(bot, follow_address, json.dumps({"pad": "x" * 1000}))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "too_large"


def test_another_kind_of_body_is_refused(bot, follow_address):
    assert send(bot, follow_address, "<a/>", "application/xml").status_code == 415
    assert send(bot, follow_address, "a=b", "application/x-www-form-urlencoded").status_code == 415


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_another_method_is_refused(bot, follow_address, method):
    answer = getattr(bot, method)(follow_address)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (405, "method_not_allowed")


def test_what_we_did_not_foresee_keeps_its_reasons_to_itself(bot, follow_address, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("hush-hush")

    monkeypatch.setattr("integrations.api.users.acting", broken)
    bot.raise_request_exception = False
    answer = bot.post(follow_address, {})
    assert (answer.status_code, answer.json()["type"]) == (500, "server_error")
    assert "hush-hush" not in answer.content.decode()


def test_a_session_may_name_itself(api, ann, follow_address):
    assert api(ann).post(follow_address, {"user": {"id": ann.pk}}).status_code == 201


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_address_that_is_none_is_not_found(db, method):
    answer = getattr(APIClient(enforce_csrf_checks=True), method)("/api/v1/no/such/thing")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "not_found")


@pytest.mark.usefixtures("_one_window")
def test_writes_are_limited_per_person(api, ann, bea, carl, follow_address, settings):
    settings.RATE_LIMIT_WRITES = 3
    client = api(ann)
    assert [client.post(follow_address).status_code for _ in range(4)] == [201, 200, 200, 429]
    late = client.post(follow_address)
    assert 0 < int(late["Retry-After"]) <= 60
    assert late.json() == {
        "type": "client_error",
        "errors": [{"code": "throttled", "detail": late.json()["errors"][0]["detail"], "attr": None}],
    }
    assert client.get(ME).status_code == 200
    assert api(carl).post(follow_address).status_code == 403  # another person has a count of their own


@pytest.mark.usefixtures("_one_window")
def test_a_service_token_has_a_limit_of_its_own(bot, follow_address, settings):
    settings.RATE_LIMIT_WRITES, settings.RATE_LIMIT_SERVICE = 1, 2
    body = {"user": {"discord_id": "1"}}
    assert [bot.post(follow_address, body).status_code for _ in range(3)] == [201, 200, 429]


@pytest.mark.usefixtures("_one_window")
@pytest.mark.parametrize("trust", [False, True])
def test_an_address_is_believed_from_a_trusted_proxy_only(db, settings, trust):
    settings.RATE_LIMIT_WRITES, settings.TRUST_PROXY = 1, trust
    answers = [
        APIClient(HTTP_X_FORWARDED_FOR=f"6.6.6.6, 10.0.0.{last}").post("/api/v1/users/1/follow") for last in (1, 2)
    ]
    assert [answer.status_code for answer in answers] == ([401, 401] if trust else [401, 429])


@pytest.mark.usefixtures("_one_window")
def test_writes_of_pages_are_limited_too(web, ann, bea, settings):
    settings.RATE_LIMIT_WRITES = 2
    browser = web(ann)
    answers = [browser.post("/people/bea/follow/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert browser.get("/settings/").status_code == 200
