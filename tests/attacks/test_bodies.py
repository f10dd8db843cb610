"""Bodies made to cost much more to refuse than to send."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from sidetrack.models import User

pytestmark = pytest.mark.django_db

Api = Callable[[User | None], APIClient]


def test_a_key_given_twice_among_many_is_found_in_one_pass(api: Api, ann: User) -> None:
    """Quadratic, this took hours; the test would not end."""
    many = ",".join(f'"k{n}":1' for n in range(150_000))
    answer = api(ann).post("/api/v1/listens/bulk", f'{{{many},"k149999":2}}', content_type="application/json")
    assert answer.status_code == 400
    assert "k149999" in answer.json()["errors"][0]["detail"]


def test_a_visitors_body_is_not_read_where_nobody_may_write(api: Api, ann: User) -> None:
    assert api(None).post(f"/api/v1/users/{ann.pk}/follow", "{", content_type="application/json").status_code == 401


def test_a_token_without_the_scope_is_refused_before_its_body_is_read(
    ann: User, make_token: Callable[..., tuple[object, str]]
) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('listens:write')[1]}")
    assert client.post(f"/api/v1/users/{ann.pk}/follow", "{", content_type="application/json").status_code == 403


MARKS = "a" + "\u0300\u0316" * 300_000
"""Accents in an order that sorting them takes quadratic time."""


@pytest.mark.parametrize("field", ["track", "artist", "album"])
def test_endless_accents_in_a_listen_are_refused_unsorted(api: Api, ann: User, field: str) -> None:
    row = {"track": "Joga", "artist": "Bjork", "listened_at": "2026-01-01T00:00:00Z", "source": "manual", field: MARKS}
    answer = api(ann).post("/api/v1/listens/bulk", {"listens": [row]}, format="json")
    assert answer.json()["rejected"][0]["code"] == "too_long"


@pytest.mark.parametrize("field", ["title", "artist", "spotify_id", "musicbrainz_id"])
def test_endless_accents_in_an_album_are_refused_unsorted(api: Api, ann: User, field: str) -> None:
    answer = api(ann).post("/api/v1/music/albums", {"title": "Post", "artist": "Bjork", field: MARKS}, format="json")
    assert answer.status_code == 400
    assert [(e["code"], e["attr"]) for e in answer.json()["errors"]] == [("max_length", field)]


def test_endless_accents_in_the_name_of_an_external_id_are_refused_unsorted(bot: APIClient) -> None:
    body = {"number": 1, "date_discussion": "2026-01-01T00:00:00Z", "external": {MARKS: "1"}}
    answer = bot.post("/api/v1/club/weeks", body, format="json")
    assert answer.status_code == 400
    assert len(answer.content) < 1000


def test_a_list_that_is_too_long_is_refused_with_one_error(api: Api, ann: User, bot: APIClient) -> None:
    week = bot.post("/api/v1/club/weeks", {"number": 1, "date_discussion": "2026-01-01T00:00:00Z"}, format="json")
    address = f"/api/v1/club/weeks/{week.json()['id']}/nominations"
    body = {"album": {"title": "Post", "artist": "Bjork"}, "tags": {"genres": [1] * 100_000}}
    answer = api(ann).post(address, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert [(e["code"], e["attr"]) for e in answer.json()["errors"]] == [("max_length", "tags.genres")]


def test_too_many_external_ids_are_refused_with_one_error(api: Api, ann: User) -> None:
    body = {"title": "Post", "artist": "Bjork", "external_ids": {f"k{n}": [] for n in range(100_000)}}
    answer = api(ann).post("/api/v1/music/albums", json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert [(e["code"], e["attr"]) for e in answer.json()["errors"]] == [("max_length", "external_ids")]
