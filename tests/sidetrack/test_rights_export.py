"""A copy of one's data: all of one's own, nothing of others, for its member only, and gone after a while."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from sidetrack import rights
from sidetrack.actors import Actor
from sidetrack.errors import NotAllowed, Throttled
from sidetrack.models import DataExport, JobRun
from sidetrack.rights import handlers
from sidetrack.services import exporting
from sidetrack.services.exporting import ask_for_export, look_after_exports, make_export, sections_of
from sidetrack.services.people import ban
from tests.conftest import make_person
from tests.jobs import drain
from tests.sidetrack.traces import keys_to_people, leave_traces, rows_about

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def copy_of(person) -> dict[str, str]:
    """The files of a fresh copy, by name."""
    export = ask_for_export(by=Actor(user=person))
    drain()
    export.refresh_from_db()
    assert export.state == "done", export.error
    with default_storage.open(export.file.name) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def traces(ann, bea, mo):
    """Ann has left something in every table, and so has Bea."""
    leave_traces(ann, "Annish")
    leave_traces(bea, "Beaish")


def test_ann_has_left_something_in_every_table(traces, ann):
    nothing = {label for label in keys_to_people() if not rows_about(ann, label)}
    assert nothing == {"sidetrack.erasure"}  # nobody with an erasure asks for a copy


def test_a_copy_holds_every_row_about_its_member(traces, ann):
    files = copy_of(ann)
    empty = [name for name, text in files.items() if not text.strip()]
    assert empty == []
    for handler in handlers():
        for section in handler.export(ann):
            assert len(lines(files[section.name])) == len(list(section.rows())) > 0, section.name
    heard = lines(files["listens.jsonl"])
    assert {row["track"] for row in heard} == {"Annish song", "Annish tune"}
    assert {row["source"] for row in heard} == {"spotify", "lastfm"}
    assert [row["duplicate_of_id"] is None for row in heard].count(False) == 1
    assert "Annish review" in files["ratings.jsonl"]
    assert lines(files["ratings_set_aside.jsonl"])[0]["review"] == "Annish former review"
    assert "Annish pitch" in files["nominations.jsonl"]
    assert "Annish history.json" in files["imports.jsonl"]
    assert "ann@example.com" in files["account.jsonl"]


def test_a_copy_holds_nothing_of_others_and_no_secret(traces, ann, bea):
    ann.refresh_from_db()
    whole = "\n".join(copy_of(ann).values()).lower()
    for words in ("beaish", "bea bell", "bea@", '"bea"', "mo derator", ann.password.lower(), "md5$", '"st_'):
        assert words not in whole, words
    for invite in ann.invites_made.all():
        assert invite.code.lower() not in whole


def test_every_field_is_explained(traces, ann):
    readme = copy_of(ann)["README.txt"]
    for section in sections_of(ann):
        assert f"{section.name}: " in readme
        for row in section.rows():
            assert row.keys() == section.fields.keys(), section.name
        for field, meaning in section.fields.items():
            assert f"  {field}: {meaning}" in readme


def test_times_are_utc(traces, ann):
    row = lines(copy_of(ann)["listens.jsonl"])[0]
    assert row["started_at"].endswith("Z")


def test_more_rows_than_a_piece_are_all_there(ann, monkeypatch):
    from listening.services.listens import record_plays
    from tests.listening.plays import play

    monkeypatch.setattr(rights, "PIECE", 7)
    monkeypatch.setattr(exporting, "PIECE", 7)
    record_plays(ann, [play(f"Track {n}", "Band") for n in range(50)], source="spotify")
    assert sorted(row["track"] for row in lines(copy_of(ann)["listens.jsonl"])) == sorted(
        f"Track {n}" for n in range(50)
    )


def test_asking_twice_is_asking_once_and_the_next_has_to_wait(ann):
    first = ask_for_export(by=Actor(user=ann))
    assert ask_for_export(by=Actor(user=ann)) == first
    assert JobRun.objects.filter(job__name="make_export").count() == 1
    drain()
    with pytest.raises(Throttled):
        ask_for_export(by=Actor(user=ann))
    DataExport.objects.update(created_at=timezone.now() - exporting.AGAIN_AFTER)
    assert ask_for_export(by=Actor(user=ann)) != first


def test_a_copy_that_failed_can_be_asked_for_again_at_once(ann, monkeypatch):
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "_pack", broken)
        export = ask_for_export(by=Actor(user=ann))
        for _ in range(4):
            JobRun.objects.update(run_after=timezone.now())
            drain()
    export.refresh_from_db()
    assert (export.state, export.error) == (
        "failed",
        "Something went wrong on our side, several times. You can ask for it again.",
    )
    assert copy_of(ann)


def test_a_token_asks_for_nobody(ann, make_token):
    with pytest.raises(NotAllowed):
        ask_for_export(by=Actor(user=ann, token=make_token()[0]))


def test_a_newer_copy_takes_the_place_of_the_former(ann):
    copy_of(ann)
    DataExport.objects.update(created_at=timezone.now() - exporting.AGAIN_AFTER)
    name = DataExport.objects.get().file.name
    copy_of(ann)
    assert sorted(DataExport.objects.values_list("state", flat=True)) == ["done", "expired"]
    look_after_exports()
    assert not default_storage.exists(name) or DataExport.objects.filter(file="").exists()


def test_a_copy_expires_and_its_file_goes(ann, web, django_capture_on_commit_callbacks):
    copy_of(ann)
    export = DataExport.objects.get()
    name, address = export.file.name, f"/settings/data/exports/{export.pk}/"
    assert export.expires_at - export.finished_at == timedelta(days=7)
    assert web(ann).get(address).status_code == 200
    DataExport.objects.update(expires_at=timezone.now())
    assert web(ann).get(address).status_code == 404  # before the job comes, too
    with django_capture_on_commit_callbacks(execute=True):
        assert look_after_exports()["expired"] == 1
    export.refresh_from_db()
    assert (export.state, export.file.name, default_storage.exists(name)) == ("expired", "", False)


def test_files_no_copy_names_are_swept(ann, tmp_path):
    copy_of(ann)
    orphan = tmp_path / "exports" / "2020" / "01" / "x.zip"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    import os

    os.utime(orphan, (0, 0))
    (tmp_path / "exports" / "parts-999").mkdir()
    assert look_after_exports()["orphans"] == 2
    assert not orphan.exists()
    assert default_storage.exists(DataExport.objects.get().file.name)


def test_a_stalled_copy_is_handed_out_again(ann):
    export = ask_for_export(by=Actor(user=ann))
    JobRun.objects.all().delete()
    assert look_after_exports()["resumed"] == 0
    DataExport.objects.update(progressed_at=timezone.now() - timedelta(hours=1), state="running")
    assert look_after_exports()["resumed"] == 1
    drain()
    export.refresh_from_db()
    assert export.state == "done"


def test_a_copy_made_already_is_not_made_twice(ann):
    copy_of(ann)
    assert make_export(DataExport.objects.get().pk) == {}


def test_parts_and_zip_are_private(ann, tmp_path):
    copy_of(ann)
    path = tmp_path / DataExport.objects.get().file.name
    assert path.stat().st_mode & 0o077 == 0
    assert list((tmp_path / "exports").glob("parts-*")) == []


def test_the_zip_is_downloaded_by_its_member_only(ann, bea, mo, olga, carl, web, api, bot):
    copy_of(ann)
    export = DataExport.objects.get()
    address = f"/settings/data/exports/{export.pk}/"
    answer = web(ann).get(address)
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(export.size)
    assert len(b"".join(answer.streaming_content)) == export.size
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="ann-')
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("private, no-store", "nosniff")
    for stranger in (bea, mo, olga, carl):
        assert web(stranger).get(address).status_code == 404
    assert web(None).get(address).status_code == 302
    assert bot.get(address).status_code == 302
    ban(ann, by=Actor(user=olga), reason="Spam")
    assert web(ann).get(address).status_code == 302


def test_a_file_that_is_gone_is_a_404(ann, web):
    copy_of(ann)
    export = DataExport.objects.get()
    default_storage.delete(export.file.name)
    assert web(ann).get(f"/settings/data/exports/{export.pk}/").status_code == 404


def test_the_page_shows_how_far_it_is(ann, bea, web):
    assert "Make a copy" in web(ann).get("/settings/data/").content.decode()
    assert web(ann).post("/settings/data/copy/").status_code == 302
    page = web(ann).get("/settings/data/").content.decode()
    assert "Waiting for its turn" in page
    DataExport.objects.update(state="running", sections={"listens.jsonl": 12345})
    part = web(ann).get("/settings/data/", headers={"HX-Request": "true", "HX-Target": "export"}).content.decode()
    assert "12,345 lines so far" in part
    assert "<html" not in part
    assert "12,345" not in web(bea).get("/settings/data/").content.decode()
    drain()
    page = web(ann).get("/settings/data/").content.decode()
    assert "Download the zip" in page
    assert "the next copy" in page
    assert web(ann).post("/settings/data/copy/").status_code == 429


def test_visitors_are_sent_to_sign_in(client, db):
    for address in ("/settings/data/", "/settings/data/delete/", "/settings/data/exports/1/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")


def test_the_api_tells_how_far_it_is(ann, bea, api, bot):
    assert api(ann).get("/api/v1/users/me/export").status_code == 404
    asked = api(ann).post("/api/v1/users/me/export")
    assert (asked.status_code, asked.json()["state"], asked.json()["download"]) == (202, "queued", None)
    drain()
    told = api(ann).get("/api/v1/users/me/export").json()
    assert told["state"] == "done"
    assert web_path(told["download"])
    assert told["rows"] == sum(told["sections"].values()) > 0
    again = api(ann).post("/api/v1/users/me/export")
    assert (again.status_code, int(again["Retry-After"]) > 3600) == (429, True)
    assert api(bea).get("/api/v1/users/me/export").status_code == 404
    assert api(None).get("/api/v1/users/me/export").status_code == 401
    for method in ("get", "post"):
        assert getattr(bot, method)("/api/v1/users/me/export").status_code == 403


def web_path(address: str) -> bool:
    return address.startswith("/settings/data/exports/")


def test_moderators_see_that_a_copy_was_asked_for_and_no_more(ann, mo, web):
    copy_of(ann)
    export = DataExport.objects.get()
    for address in ("/admin/sidetrack/dataexport/", f"/admin/sidetrack/dataexport/{export.pk}/change/"):
        answer = web(mo).get(address)
        assert answer.status_code == 200
        assert export.file.name not in answer.content.decode()
        assert "listens.jsonl" not in answer.content.decode()


def test_somebody_new_has_a_copy_too(web):
    files = copy_of(make_person("newcomer", status="pending"))
    assert lines(files["account.jsonl"])[0]["status"] == "pending"
