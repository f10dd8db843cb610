"""History files over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from listening.models import ListenEvent, ListenImport
from sidetrack.models import User
from tests.jobs import drain
from tests.listening.histories import spotify_file

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]


def upload(client: APIClient, data: bytes, name: str = "history.json", **fields: Any) -> Any:
    return client.post("/api/v1/imports", {"file": SimpleUploadedFile(name, data), **fields}, format="multipart")


def test_an_upload_is_taken_and_can_be_watched(api: Api, ann: User) -> None:
    answer = upload(api(ann), spotify_file(3))
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["format"]) == ("queued", "spotify_extended")
    drain()
    done = api(ann).get(f"/api/v1/imports/{answer.json()['id']}/").json()
    assert {name: done[name] for name in ("state", "rows_total", "rows_done", "inserted", "duplicates", "skipped")} == {
        "state": "done",
        "rows_total": 3,
        "rows_done": 3,
        "inserted": 3,
        "duplicates": 0,
        "skipped": 0,
    }
    assert done["rejected"] == []


def test_a_service_client_uploads_for_a_person_and_reads_nothing(bot: APIClient, ann: User) -> None:
    answer = upload(bot, spotify_file(1), **{"user.id": ann.pk})
    assert answer.status_code == 202
    assert ListenImport.objects.get().user == ann
    assert bot.get(f"/api/v1/imports/{answer.json()['id']}").status_code == 404
    assert bot.post(f"/api/v1/imports/{answer.json()['id']}/cancel").status_code == 404


@pytest.mark.parametrize("name", ["a\x00b.json", "../../etc/passwd", "x" * 5000, "\u202egpj.json", "<b>.json"])
def test_any_file_name_is_taken_and_none_is_trusted(api: Api, ann: User, name: str) -> None:
    assert upload(api(ann), spotify_file(1), name).status_code == 202
    stored = ListenImport.objects.get()
    assert stored.file.name.startswith("imports/")
    assert ".." not in stored.file.name
    assert "\u202e" not in stored.file_name


@pytest.mark.parametrize("fields", [{}, {"file": "text"}])
def test_an_upload_without_a_file_names_the_field(api: Api, ann: User, fields: dict[str, str]) -> None:
    answer = api(ann).post("/api/v1/imports", fields, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "file")


def test_a_json_body_is_no_upload(api: Api, ann: User) -> None:
    assert api(ann).post("/api/v1/imports", {"file": "x"}).status_code == 415


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04broken"])
def test_what_is_no_history_is_400_naming_the_file(api: Api, ann: User, data: bytes) -> None:
    answer = upload(api(ann), data)
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "file")
    assert not ListenImport.objects.exists()


def test_a_file_over_the_limit_is_413(api: Api, ann: User, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    answer = upload(api(ann), spotify_file(1) + b" " * 1_200_000)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["attr"] == "file"


def test_uploads_are_limited(api: Api, ann: User, settings: Any) -> None:
    settings.RATE_LIMIT_UPLOADS = 2
    answers = [upload(api(ann), spotify_file(n)) for n in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_an_import_is_seen_and_cancelled_by_its_member_only(
    api: Api, ann: User, bea: User, carl: User, mo: User
) -> None:
    pk = upload(api(ann), spotify_file(3)).json()["id"]
    for other in (bea, carl, mo):
        assert api(other).get(f"/api/v1/imports/{pk}").status_code == 404
        assert api(other).post(f"/api/v1/imports/{pk}/cancel").status_code == 404
    assert api(None).get(f"/api/v1/imports/{pk}").status_code == 401
    assert api(None).post(f"/api/v1/imports/{pk}/cancel").status_code == 401
    assert api(ann).post(f"/api/v1/imports/{pk}/cancel/").json()["state"] == "cancelled"
    drain()
    assert not ListenEvent.objects.exists()


def test_a_finished_import_is_not_cancelled(api: Api, ann: User) -> None:
    pk = upload(api(ann), spotify_file(1)).json()["id"]
    drain()
    assert api(ann).post(f"/api/v1/imports/{pk}/cancel").status_code == 409


def test_strangers_upload_nothing(api: Api, carl: User) -> None:
    assert upload(api(None), spotify_file(1)).status_code == 401
    assert upload(api(carl), spotify_file(1)).status_code == 403
    assert not ListenImport.objects.exists()


@pytest.mark.parametrize("pk", ["0", "99999", "9" * 19])
def test_an_unknown_import_is_404(api: Api, ann: User, pk: str) -> None:
    assert api(ann).get(f"/api/v1/imports/{pk}").status_code == 404
    assert api(ann).post(f"/api/v1/imports/{pk}/cancel").status_code == 404
