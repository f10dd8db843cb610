"""The pages of history files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from listening.models import ListenEvent, ListenImport
from listening.services import imports as service
from listening.services.imports import fail_import, run_import
from sidetrack.models import JobRun, User
from tests.jobs import drain
from tests.listening.histories import REAL_FILES, real, spotify_file, spotify_row

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]


def upload(client: Client, data: bytes = b"", name: str = "history.json") -> Any:
    return client.post("/imports/", {"file": SimpleUploadedFile(name, data)})


def test_a_member_uploads_watches_and_finds_the_result(web: Web, ann: User) -> None:
    client = web(ann)
    answer = upload(client, spotify_file(3))
    page = ListenImport.objects.get().pk
    assert (answer.status_code, answer.url) == (302, f"/imports/{page}/")
    waiting = client.get(answer.url).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "<progress" in waiting
    drain()
    done = client.get(answer.url).content.decode()
    assert "hx-trigger" not in done
    assert "3 listens came in" in done
    assert "history.json" in client.get("/imports/").content.decode()


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_imports_through_the_page_and_a_second_time_inserts_nothing(web: Web, ann: User, name: str) -> None:
    client = web(ann)
    for expected in ("came in", "Nothing in it was new"):
        address = upload(client, real(name), name).url
        drain()
        assert expected in client.get(address).content.decode()
    assert ListenEvent.objects.filter(user=ann).count() == REAL_FILES[name]


def test_the_bar_moves_while_rows_come_in(web: Web, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 500)
    client = web(ann)
    upload(client, spotify_file(2000))
    seen: list[str] = []

    def look(row: ListenImport) -> None:
        part = client.get(f"/imports/{row.pk}/", headers={"HX-Request": "true", "HX-Target": "import"})
        seen.append(part.content.decode().split('value="')[1].split('"')[0])

    run_import(ListenImport.objects.get().pk, tell=look)
    assert [int(value) for value in seen] == sorted(int(value) for value in seen)
    assert len(set(seen)) > 2


def test_the_part_that_is_asked_for_again_is_no_whole_page(web: Web, ann: User) -> None:
    client = web(ann)
    upload(client, spotify_file(1))
    pk = ListenImport.objects.get().pk
    part = client.get(f"/imports/{pk}/", headers={"HX-Request": "true", "HX-Target": "import"}).content.decode()
    assert part.strip().startswith("<section")
    assert "<html" not in part


def test_the_result_lists_reasons_and_rejected_rows(web: Web, ann: User) -> None:
    client = web(ann)
    rows = [spotify_row(0, incognito_mode=True), spotify_row(1, ms_played=None), spotify_row(2)]
    upload(client, json.dumps(rows).encode())
    drain()
    page = client.get(f"/imports/{ListenImport.objects.get().pk}/").content.decode()
    assert "private session" in page
    assert "The time played is missing." in page


def test_what_is_no_history_is_refused_on_the_page(web: Web, ann: User) -> None:
    answer = upload(web(ann), b"hello")
    assert answer.status_code == 400
    assert "We do not know this kind of file" in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()


def test_no_file_and_a_file_over_the_limit_are_told_apart(web: Web, ann: User, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    assert "Choose a file first" in web(ann).post("/imports/", {}).content.decode()
    answer = upload(web(ann), spotify_file(1) + b" " * 2_000_000)
    assert answer.status_code == 413
    assert "at most 1 MB" in answer.content.decode()


def test_file_names_are_escaped(web: Web, ann: User) -> None:
    upload(web(ann), spotify_file(1), "<script>alert(1)</script>.json")
    for address in ("/imports/", f"/imports/{ListenImport.objects.get().pk}/"):
        assert "<script>alert" not in web(ann).get(address).content.decode()


def test_an_import_is_stopped_by_its_member(web: Web, ann: User) -> None:
    upload(web(ann), spotify_file(1))
    pk = ListenImport.objects.get().pk
    assert web(ann).post(f"/imports/{pk}/cancel/").status_code == 302
    drain()
    assert ListenImport.objects.get().state == "cancelled"
    assert not ListenEvent.objects.exists()


def test_a_failed_import_is_tried_again_by_its_member(web: Web, ann: User) -> None:
    upload(web(ann), spotify_file(2))
    pk = ListenImport.objects.get().pk
    JobRun.objects.update(state="failed")
    fail_import(pk, "The disk was full.")
    page = web(ann).get(f"/imports/{pk}/").content.decode()
    assert "The disk was full." in page
    assert f"/imports/{pk}/retry/" in page
    web(ann).post(f"/imports/{pk}/retry/")
    drain()
    assert ListenEvent.objects.count() == 2


@pytest.mark.parametrize("who", ["bea", "carl", "mo", "olga"])
def test_an_import_is_not_there_for_others(web: Web, ann: User, request: pytest.FixtureRequest, who: str) -> None:
    other = request.getfixturevalue(who)
    upload(web(ann), spotify_file(1), "private-name.json")
    pk = ListenImport.objects.get().pk
    assert web(other).get(f"/imports/{pk}/").status_code == 404
    assert web(other).get(f"/imports/{pk}/", headers={"HX-Target": "import"}).status_code == 404
    assert web(other).post(f"/imports/{pk}/cancel/").status_code == 404
    assert web(other).post(f"/imports/{pk}/retry/").status_code == 404
    assert "private-name" not in web(other).get("/imports/").content.decode()
    assert ListenImport.objects.get().state == "queued"


def test_visitors_sign_in_first(web: Web, ann: User) -> None:
    upload(web(ann), spotify_file(1))
    pk = ListenImport.objects.get().pk
    for address in ("/imports/", f"/imports/{pk}/"):
        answer = web(None).get(address)
        assert (answer.status_code, "login" in answer.url) == (302, True)
    assert upload(web(None), spotify_file(2)).status_code == 302
    assert ListenImport.objects.count() == 1


def test_who_is_not_admitted_uploads_nothing(web: Web, carl: User) -> None:
    assert upload(web(carl), spotify_file(1)).status_code == 403
    page = web(carl).get("/imports/").content.decode()
    assert 'type="file"' not in page
    assert "as soon as a moderator has let you in" in page
    assert not ListenImport.objects.exists()


@pytest.mark.parametrize("pk", [0, 2**63, 10**30])
def test_an_import_that_is_not_there_is_404(web: Web, ann: User, pk: int) -> None:
    assert web(ann).get(f"/imports/{pk}/").status_code == 404
    assert web(ann).post(f"/imports/{pk}/cancel/").status_code == 404


def test_uploads_are_limited(web: Web, ann: User, settings: Any) -> None:
    settings.RATE_LIMIT_UPLOADS = 1
    assert upload(web(ann), spotify_file(1)).status_code == 302
    assert upload(web(ann), spotify_file(2)).status_code == 429


def test_the_list_takes_the_same_queries_for_more_imports(
    web: Web, ann: User, django_assert_max_num_queries: Any
) -> None:
    client = web(ann)
    upload(client, spotify_file(1))
    with django_assert_max_num_queries(10) as few:
        client.get("/imports/")
    for n in range(2, 12):
        upload(client, spotify_file(n))
    with django_assert_max_num_queries(10) as many:
        client.get("/imports/")
    assert len(many) <= len(few) + 1  # the count of pages
