"""Bodies that are no JSON object, at every door that takes one; strangers at every door that writes."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from tests.api.hostile import raw_bodies, tables

pytestmark = pytest.mark.django_db

WRITES = ("post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.RATE_LIMIT_SERVICE = settings.RATE_LIMIT_WRITES = settings.RATE_LIMIT_UPLOADS = 1_000_000


@pytest.fixture(scope="module")
def operations():
    """(method, path, operation) of everything in the OpenAPI document, ids filled in."""
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            address = path.rstrip("/")
            for parameter in operation.get("parameters", []):
                word = parameter["schema"].get("enum", ["1"])[0]
                address = address.replace("{" + parameter["name"] + "}", word)
            found.append((method, address, operation))
    return found


def in_our_shape(answer):
    body = json.loads(answer.content)
    kind = "validation_error" if answer.status_code == 400 else "client_error"
    assert body["type"] in (kind, "client_error"), body
    assert {"code", "detail", "attr"} == set(body["errors"][0])


def test_bodies_that_are_no_object_are_refused_everywhere(operations, make_token):
    client = APIClient()
    secret = make_token("club:write", "listens:write", "taste:write", "jobs:manage", "catalogue:write", "moderate")[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    before, complaints = tables(), []
    for method, path, operation in operations:
        if method not in WRITES or "requestBody" not in operation:
            continue
        for what, body, kind in raw_bodies():
            answer = client.generic(method.upper(), path, body, content_type=kind)
            if not 400 <= answer.status_code < 500:
                complaints.append(f"{what} to {method} {path} answered {answer.status_code}")
            else:
                in_our_shape(answer)
    assert complaints == []
    assert tables() == before


def test_an_unknown_content_type_is_415_and_a_long_body_413(bot):
    assert bot.generic("POST", "/api/v1/club/weeks", b"<x/>", content_type="application/xml").status_code == 415
    long = b'{"label": "' + b"x" * 2_200_000 + b'"}'
    assert bot.generic("POST", "/api/v1/club/weeks", long, content_type="application/json").status_code == 413


def test_a_key_that_stands_twice_is_named(bot):
    body = b'{"number": 1, "number": 2, "date_discussion": "2026-11-30T19:00:00Z"}'
    answer = bot.generic("POST", "/api/v1/club/weeks", body, content_type="application/json")
    assert answer.status_code == 400
    assert "'number'" in answer.json()["errors"][0]["detail"]


def test_strangers_write_nothing_anywhere(operations, api, carl):
    before, answers = tables(), {}
    for method, path, _ in operations:
        if method in WRITES:
            for name, person in (("nobody", None), ("carl", carl)):
                if person and path.startswith(("/api/v1/users/me/export", "/api/v1/auth/")):
                    continue  # one's own data and accounts elsewhere are for everybody who has an account
                for body in ({}, {"user": {"id": carl.pk}}):
                    status = getattr(api(person), method)(path, body, format="json").status_code
                    answers[f"{name} {method} {path} {body}"] = status
    wanted = {"nobody": (401,), "carl": (400, 403, 404, 415)}
    # Whoever waits to be admitted may look after their own account; for nobody there is none.
    assert {call: status for call, status in answers.items() if status not in wanted[call.split()[0]]} == {}
    assert tables() == before


def test_a_token_without_the_scope_writes_nothing(operations, make_token, ann):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('taste:write')[1]}")
    before, answers = tables(), {}
    for method, path, _ in operations:
        if method in WRITES:
            answers[f"{method} {path}"] = getattr(client, method)(path, {"user": {"id": ann.pk}}).status_code
    assert {call: status for call, status in answers.items() if not 400 <= status < 500} == {}
    assert tables() == before


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x y", "Bearer \xff", "Basic YTpi", "bearer st_", f"Bearer {'x' * 5000}"]
)
def test_credentials_that_are_none_are_401(client, header):
    answer = client.post("/api/v1/club/weeks", b"{}", content_type="application/json", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_unknown_addresses_and_methods_answer_in_json(client):
    for answer, status in ((client.get("/api/v1/nothing"), 404), (client.put("/api/v1/club/weeks"), 405)):
        assert answer.status_code == status
        in_our_shape(answer)
