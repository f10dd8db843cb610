"""Listens taken back over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from listening.models import ForgottenListen, ListenEvent, ListenImport, Removal
from listening.services.imports import fail_import
from listening.services.listens import record_plays
from sidetrack.models import JobRun, User
from tests.jobs import drain
from tests.listening.histories import spotify_file
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]


def upload(client: APIClient, rows: int) -> int:
    file = SimpleUploadedFile("history.json", spotify_file(rows))
    pk: int = client.post("/api/v1/imports", {"file": file}, format="multipart").json()["id"]
    drain()
    return pk


def test_an_import_is_undone_and_watched(api: Api, ann: User) -> None:
    client = api(ann)
    pk = upload(client, 3)
    answer = client.post(f"/api/v1/imports/{pk}/undo")
    assert answer.status_code == 202
    removal = answer.json()
    assert (removal["import"], removal["source"], removal["state"], removal["found"]) == (pk, None, "queued", 3)
    assert client.get(f"/api/v1/imports/{pk}").json()["removal"] == removal["id"]
    drain()
    done = client.get(f"/api/v1/users/me/removals/{removal['id']}").json()
    assert (done["state"], done["removed"], done["percent"]) == ("done", 3, 100)
    assert client.get(f"/api/v1/imports/{pk}").json()["taken_back_at"] == done["finished_at"]
    assert client.post(f"/api/v1/imports/{pk}/undo/").status_code == 409


def test_imports_are_listed_newest_first_in_few_queries(api: Api, ann: User, bea: User) -> None:
    upload(api(bea), 1)
    client = api(ann)
    counts = []
    for rows in (1, 2, 3):
        upload(client, rows)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/api/v1/imports").json()
        counts.append(len(asked))
    assert [row["inserted"] for row in answer["results"]] == [1, 1, 1]
    assert [row["rows_done"] for row in answer["results"]] == [3, 2, 1]
    assert answer["count"] == 3
    assert "rejected" not in answer["results"][0]
    assert counts[0] == counts[2]
    assert len(client.get("/api/v1/imports?limit=2&page=2").json()["results"]) == 1


def test_looking_at_imports_is_no_upload(api: Api, ann: User, settings: Any) -> None:
    settings.RATE_LIMIT_UPLOADS = 1
    assert [api(ann).get("/api/v1/imports").status_code for _ in range(3)] == [200] * 3


def test_an_import_is_gone_on_with(api: Api, ann: User) -> None:
    client = api(ann)
    file = SimpleUploadedFile("history.json", spotify_file(2))
    pk = client.post("/api/v1/imports", {"file": file}, format="multipart").json()["id"]
    JobRun.objects.update(state="failed")
    fail_import(pk, "The disk was full.")
    assert client.post(f"/api/v1/imports/{pk}/retry").status_code == 202
    drain()
    assert ListenEvent.objects.count() == 2
    assert client.post(f"/api/v1/imports/{pk}/retry").status_code == 409


def test_sources_are_told_and_deleted_with_the_name_said_twice(api: Api, ann: User, bea: User) -> None:
    for person in (ann, bea):
        record_plays(person, [play("T", "A"), play("U", "A")], source="lastfm")
    client = api(ann)
    (source,) = client.get("/api/v1/users/me/sources").json()["results"]
    assert {name: source[name] for name in ("source", "title", "listens", "counted", "taken_for_others")} == {
        "source": "lastfm",
        "title": "Last.fm",
        "listens": 2,
        "counted": 2,
        "taken_for_others": 0,
    }
    for body in ({}, {"confirm": "yes"}, {"confirm": 7}, {"confirm": None}):
        answer = client.delete("/api/v1/users/me/sources/lastfm", body, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "confirm")
    answer = client.delete("/api/v1/users/me/sources/lastfm", {"confirm": "lastfm"}, format="json")
    assert (answer.status_code, answer.json()["source"]) == (202, "lastfm")
    drain()
    assert list(ListenEvent.objects.values_list("user", flat=True)) == [bea.pk] * 2
    assert client.get("/api/v1/users/me/sources").json()["results"] == []
    assert client.delete("/api/v1/users/me/sources/lastfm", {"confirm": "lastfm"}, format="json").status_code == 404
    assert client.delete("/api/v1/users/me/sources/tape", {"confirm": "tape"}, format="json").status_code == 404


def test_one_play_is_deleted_and_brought_back(api: Api, ann: User) -> None:
    record_plays(ann, [play("T", "A"), play("T", "A")], source="lastfm")
    client, pk = api(ann), ListenEvent.objects.latest("pk").pk
    assert client.delete(f"/api/v1/listens/{pk}").status_code == 204
    assert client.delete(f"/api/v1/listens/{pk}").status_code == 404
    assert ListenEvent.objects.count() == 1
    answer = client.post(f"/api/v1/listens/{pk}/restore")
    assert (answer.status_code, len(answer.json()["listens"])) == (200, 1)
    assert ListenEvent.objects.count() == 2
    assert client.post(f"/api/v1/listens/{pk}/restore").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("bea", 404), ("carl", 404), ("mo", 404), (None, 401), ("bot", 403)])
def test_others_and_service_clients_take_nothing_back(
    api: Api, bot: APIClient, ann: User, request: pytest.FixtureRequest, who: str | None, status: int
) -> None:
    pk = upload(api(ann), 3)
    listen = ListenEvent.objects.order_by("pk").first()
    assert listen is not None
    api(ann).delete(f"/api/v1/listens/{listen.pk}")
    removal = api(ann).post(f"/api/v1/imports/{pk}/undo").json()["id"]
    left = ListenEvent.objects.latest("pk").pk
    other = bot if who == "bot" else api(request.getfixturevalue(who) if who else None)
    asked = [
        other.post(f"/api/v1/imports/{pk}/undo"),
        other.post(f"/api/v1/imports/{pk}/retry"),
        other.get(f"/api/v1/users/me/removals/{removal}"),
        other.delete("/api/v1/users/me/sources/spotify_history", {"confirm": "spotify_history"}, format="json"),
        other.delete(f"/api/v1/listens/{left}"),
        other.post(f"/api/v1/listens/{listen.pk}/restore"),
    ]
    assert [answer.status_code for answer in asked] == [status] * len(asked)
    for address in ("/api/v1/imports", "/api/v1/users/me/sources"):
        answer = other.get(address)
        assert answer.status_code == (200 if status == 404 else status)
        assert answer.json().get("results", []) == []
    assert (ListenEvent.objects.count(), ForgottenListen.objects.count(), Removal.objects.count()) == (2, 1, 1)
    assert ListenImport.objects.count() == 1


@pytest.mark.parametrize("pk", ["0", "99999", "9" * 19])
def test_what_is_not_there_is_404(api: Api, ann: User, pk: str) -> None:
    client = api(ann)
    assert client.post(f"/api/v1/imports/{pk}/undo").status_code == 404
    assert client.post(f"/api/v1/imports/{pk}/retry").status_code == 404
    assert client.get(f"/api/v1/users/me/removals/{pk}").status_code == 404
    assert client.delete(f"/api/v1/listens/{pk}").status_code == 404
    assert client.post(f"/api/v1/listens/{pk}/restore").status_code == 404
