"""History files from upload to listens."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from listening.models import Album, Artist, ImportReject, ListenEvent, ListenImport, Track
from listening.services import imports as service
from listening.services.caretaking import tidy
from listening.services.imports import cancel_import, fail_import, retry_import, run_import, start_import
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from sidetrack.models import JobRun, User
from tests.jobs import drain
from tests.listening.histories import listenbrainz_line, real, spotify_file, spotify_row, zipped

pytestmark = pytest.mark.django_db


def started(data: bytes, user: User, name: str = "history.json") -> ListenImport:
    return start_import(ContentFile(data, name=name), by=Actor(user=user))


def imported(data: bytes, user: User, name: str = "history.json") -> ListenImport:
    listen_import = started(data, user, name)
    drain()
    listen_import.refresh_from_db()
    return listen_import


def counts(listen_import: ListenImport) -> tuple[str, int, int, int, int]:
    row = listen_import
    return row.state, row.inserted, row.duplicates, row.skipped_count, row.rejected_count


@pytest.mark.parametrize(
    ("name", "plays", "skipped"),
    [
        ("koito/Streaming_History_Audio_spotify_import_test.json", 17, 22),
        ("koito/listenbrainz_shoko1_123456789.zip", 19, 0),
        ("koito/listenbrainz_shoko1_1749780844.zip", 5, 0),
    ],
)
def test_a_real_file_imports_and_a_second_time_inserts_nothing(ann: User, name: str, plays: int, skipped: int) -> None:
    data = real(name)
    assert counts(imported(data, ann)) == ("done", plays, 0, skipped, 0)
    assert counts(imported(data, ann)) == ("done", 0, plays, skipped, 0)
    assert ListenEvent.objects.filter(user=ann, duplicate_of=None).count() == plays


def test_the_same_file_of_another_member_is_theirs(ann: User, bea: User) -> None:
    imported(spotify_file(3), ann)
    assert counts(imported(spotify_file(3), bea)) == ("done", 3, 0, 0, 0)


def test_loose_file_and_zip_tell_the_same_plays(ann: User) -> None:
    imported(spotify_file(5), ann)
    both = zipped({"a/Streaming_History_Audio_1.json": spotify_file(5), "a/ReadMe.pdf": b"%PDF-1.4 \x00\x01"})
    assert counts(imported(both, ann, "my_spotify_data.zip")) == ("done", 0, 5, 0, 0)


def test_a_gzipped_history_is_read(ann: User) -> None:
    lines = "\n".join(listenbrainz_line(n) for n in range(3)).encode()
    assert counts(imported(gzip.compress(lines), ann)) == ("done", 3, 0, 0, 0)


def test_a_bad_row_is_listed_by_number_and_the_rest_is_stored(ann: User) -> None:
    rows = [spotify_row(0), spotify_row(1, ms_played=-1), spotify_row(2), spotify_row(3, ts="yesterday")]
    done = imported(json.dumps(rows).encode(), ann)
    assert counts(done) == ("done", 2, 0, 0, 2)
    listed = ImportReject.objects.filter(listen_import=done).values_list("row", "code")
    assert list(listed) == [(2, "out_of_range"), (4, "not_a_time")]
    assert "yesterday" not in " ".join(ImportReject.objects.values_list("detail", flat=True))


def test_a_play_that_is_yet_to_come_is_not_believed(ann: User) -> None:
    ends = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    listen_import = imported(json.dumps([spotify_row(0), spotify_row(1, ts=ends)]).encode(), ann)
    assert list(listen_import.rejects.values_list("code", flat=True)) == ["in_the_future"]
    assert listen_import.inserted == 1


def test_skipped_rows_are_counted_by_reason(ann: User) -> None:
    rows = [
        spotify_row(0, incognito_mode=True),
        spotify_row(1, master_metadata_track_name=None, episode_name="Talk", spotify_track_uri=None),
        spotify_row(2, ms_played=4000, skipped=True),
        spotify_row(3),
    ]
    done = imported(json.dumps(rows).encode(), ann)
    assert done.skipped == {"private session": 1, "podcast": 1, "skipped after a few seconds": 1}


def test_nothing_private_of_the_file_is_kept(ann: User) -> None:
    row = spotify_row(
        0, ip_addr="203.0.113.77", user_agent_decrypted="Mozilla/9", username="real.name", platform="toaster"
    )
    imported(json.dumps([row]).encode(), ann)
    stored = str([list(model.objects.values()) for model in (ListenEvent, ListenImport, Track, Album, Artist, JobRun)])
    for secret in ("203.0.113.77", "Mozilla/9", "real.name", "toaster"):
        assert secret not in stored


def test_the_uploaded_file_is_deleted_when_it_is_done(ann: User, django_capture_on_commit_callbacks: Any) -> None:
    listen_import = started(spotify_file(2), ann)
    name = listen_import.file.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        drain()
    listen_import.refresh_from_db()
    assert not listen_import.file
    assert not default_storage.exists(name)


def test_progress_counts_to_a_hundred(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 100)
    listen_import = started(spotify_file(2000), ann)
    seen: list[tuple[int, int]] = []
    run_import(listen_import.pk, tell=lambda row: seen.append((row.rows_done, row.percent)))
    listen_import.refresh_from_db()
    assert [rows for rows, _ in seen] == list(range(100, 2001, 100))
    assert [percent for _, percent in seen] == sorted(percent for _, percent in seen)
    assert (listen_import.percent, listen_import.rows_total) == (100, 2000)


def test_an_import_that_was_stopped_goes_on_behind_its_last_batch(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(95), ann)

    class PulledPlug(Exception):
        pass

    def die_after(batches: int) -> Any:
        left = iter(range(batches))

        def keep() -> None:
            if next(left, None) is None:
                raise PulledPlug

        return keep

    for batches in (1, 3, 2):
        with pytest.raises(PulledPlug):
            run_import(listen_import.pk, keep=die_after(batches))
    listen_import.refresh_from_db()
    assert (listen_import.state, listen_import.rows_done) == ("running", 60)
    run_import(listen_import.pk)
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("done", 95, 0, 0, 0)
    assert ListenEvent.objects.count() == 95


def test_a_changed_file_is_not_gone_on_with(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)

    def stop(row: ListenImport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_import(listen_import.pk, tell=stop)
    with open(listen_import.file.path, "ab") as file:
        file.write(b" ")
    run_import(listen_import.pk)
    listen_import.refresh_from_db()
    assert listen_import.state == "failed"
    assert "was changed" in listen_import.error


def test_a_worker_that_was_overtaken_stores_nothing(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)
    overtaken = False

    def other_worker(row: ListenImport) -> None:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            run_import(listen_import.pk)

    run_import(listen_import.pk, tell=other_worker)
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("done", 30, 0, 0, 0)


def test_cancelling_a_waiting_import_ends_it_at_once(ann: User) -> None:
    listen_import = started(spotify_file(3), ann)
    cancel_import(listen_import.pk, by=Actor(user=ann))
    cancel_import(listen_import.pk, by=Actor(user=ann))
    drain()
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("cancelled", 0, 0, 0, 0)


def test_cancelling_a_running_import_ends_it_after_its_batch(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)
    run_import(listen_import.pk, tell=lambda row: cancel_import(row.pk, by=Actor(user=ann)) and None)
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("cancelled", 10, 0, 0, 0)
    assert ListenEvent.objects.count() == 10


def test_a_stopped_import_goes_on_where_it_stopped(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)
    run_import(listen_import.pk, tell=lambda row: cancel_import(row.pk, by=Actor(user=ann)) and None)
    JobRun.objects.update(state="done")
    retry_import(listen_import.pk, by=Actor(user=ann))
    drain()
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("done", 30, 0, 0, 0)


def test_the_file_of_a_stopped_import_is_kept_for_a_week(ann: User, django_capture_on_commit_callbacks: Any) -> None:
    listen_import = started(spotify_file(3), ann)
    cancel_import(listen_import.pk, by=Actor(user=ann))
    assert tidy()["old_files"] == 0
    ListenImport.objects.update(finished_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert tidy()["old_files"] == 1
    assert not default_storage.exists(listen_import.file.name)
    with pytest.raises(Conflict, match="no longer here"):
        retry_import(listen_import.pk, by=Actor(user=ann))


def test_a_finished_import_cannot_be_cancelled(ann: User) -> None:
    done = imported(spotify_file(1), ann)
    with pytest.raises(Conflict):
        cancel_import(done.pk, by=Actor(user=ann))


def test_an_import_belongs_to_its_member(ann: User, bea: User, mo: User) -> None:
    listen_import = started(spotify_file(1), ann)
    for other in (bea, mo):
        with pytest.raises(NotFound):
            cancel_import(listen_import.pk, by=Actor(user=other))
        with pytest.raises(NotFound):
            retry_import(listen_import.pk, by=Actor(user=other))


def test_who_is_not_admitted_uploads_nothing(carl: User) -> None:
    with pytest.raises(NotAllowed):
        started(spotify_file(1), carl)
    assert not ListenImport.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"hello", "do not know this kind"),
        (b"[]", "not a single listen"),
        (b"PK\x03\x04 and no more", "damaged or incomplete"),
        (zipped({"a.txt": b"hello"}), "do not know this kind"),
        (zipped({f"{n}.json": b"[]" for n in range(501)}), "501 files"),
        (zipped({"a.json": b"0" * 5_000_000}), "packed more than 200 times"),
        (zipped({"s.json": spotify_file(1), "l.jsonl": listenbrainz_line(1).encode()}), "several services"),
    ],
)
def test_what_is_no_history_is_refused_with_a_sentence(ann: User, data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        started(data, ann)
    assert refusal.value.attr == "file"
    assert not ListenImport.objects.exists()


def test_a_file_over_the_limit_is_refused(ann: User, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    with pytest.raises(TooLarge):
        started(spotify_file(1) + b" " * 1_100_000, ann)


def test_a_locked_zip_is_refused(ann: User) -> None:
    data = bytearray(zipped({"a.json": spotify_file(1)}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    with pytest.raises(Invalid, match="password"):
        started(bytes(data), ann)


def test_the_same_file_twice_at_once_is_one_import(ann: User) -> None:
    first = started(spotify_file(3), ann)
    assert started(spotify_file(3), ann).pk == first.pk
    assert JobRun.objects.filter(job__name="import_listens").count() == 1


def test_a_failed_import_keeps_its_file_and_is_tried_again(ann: User) -> None:
    listen_import = started(spotify_file(3), ann)
    JobRun.objects.all().update(state="failed", finished_at=timezone.now())
    fail_import(listen_import.pk, "Something broke.")
    retry_import(listen_import.pk, by=Actor(user=ann))
    drain()
    listen_import.refresh_from_db()
    assert counts(listen_import) == ("done", 3, 0, 0, 0)
    with pytest.raises(Conflict):
        retry_import(listen_import.pk, by=Actor(user=ann))


def test_a_missing_file_fails_the_import_with_a_sentence(ann: User) -> None:
    listen_import = started(spotify_file(3), ann)
    default_storage.delete(listen_import.file.name)
    drain()
    listen_import.refresh_from_db()
    assert (listen_import.state, listen_import.error) == ("failed", service.GONE)


def test_an_import_nobody_works_on_is_handed_out_again(ann: User) -> None:
    listen_import = started(spotify_file(3), ann)
    JobRun.objects.all().update(state="cancelled", finished_at=timezone.now())
    assert tidy()["resumed"] == 0
    ListenImport.objects.update(state="running", progressed_at=timezone.now() - timedelta(hours=1))
    assert tidy()["resumed"] == 1
    drain()
    listen_import.refresh_from_db()
    assert listen_import.state == "done"


def test_an_import_whose_run_failed_for_good_is_given_up(ann: User) -> None:
    listen_import = started(spotify_file(3), ann)
    JobRun.objects.all().update(state="failed", finished_at=timezone.now())
    ListenImport.objects.update(state="running", progressed_at=timezone.now() - timedelta(hours=1))
    assert tidy()["failed"] == 1
    listen_import.refresh_from_db()
    assert listen_import.state == "failed"


def test_files_of_old_failed_imports_are_deleted(ann: User, django_capture_on_commit_callbacks: Any) -> None:
    listen_import = started(spotify_file(3), ann)
    name = listen_import.file.name
    fail_import(listen_import.pk, "Broken.")
    ListenImport.objects.update(created_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert tidy()["old_files"] == 1
    assert not default_storage.exists(name)


def test_a_deleted_member_ends_the_import_quietly(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    listen_import = started(spotify_file(30), ann)

    def leave(row: ListenImport) -> None:
        ListenEvent.objects.all().delete()
        User.objects.filter(pk=ann.pk).delete()

    assert run_import(listen_import.pk, tell=leave) == {}
    assert not ListenEvent.objects.exists()


def test_only_a_thousand_rejects_are_listed_and_all_are_counted(ann: User) -> None:
    done = imported(json.dumps([spotify_row(n, ms_played="x") for n in range(1500)]).encode(), ann)
    assert done.rejected_count == 1500
    assert ImportReject.objects.filter(listen_import=done).count() == 1000


def test_rejects_of_a_zip_name_the_file(ann: User) -> None:
    data = zipped({"2.json": spotify_file(1), "10.json": json.dumps([spotify_row(0, ts=None)]).encode()})
    done = imported(data, ann)
    assert ImportReject.objects.get(listen_import=done).detail == "The time is missing. (in 10.json)"
    assert ImportReject.objects.get(listen_import=done).row == 2
