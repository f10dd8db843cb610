"""One import, many hands: two workers, a cancel, a ban, and the same file sent twice at once."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from listening.models import ListenEvent, ListenImport
from listening.selectors import stats
from listening.services.imports import cancel_import, run_import, start_import
from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import JobRun
from sidetrack.services.people import ban
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 3500


@pytest.fixture(autouse=True)
def _own_uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def history() -> SimpleUploadedFile:
    rows = [
        {
            "ts": f"2021-{1 + n % 12:02d}-{1 + n // 12 % 28:02d}T{n // 336 % 24:02d}:{n % 60:02d}:00Z",
            "ms_played": 180_000,
            "master_metadata_track_name": f"Song {n % 300}",
            "master_metadata_album_artist_name": f"Artist {n % 30}",
            "master_metadata_album_album_name": f"Album {n % 60}",
            "spotify_track_uri": f"spotify:track:{n % 300:022d}",
        }
        for n in range(ROWS)
    ]
    return SimpleUploadedFile("history.json", json.dumps(rows).encode())


def check_counts(ann, listen_import: ListenImport) -> None:
    """Every count equals a recount, and each record of the file is stored once."""
    listen_import.refresh_from_db()
    stored = ListenEvent.objects.filter(user=ann)
    assert listen_import.inserted == stored.count() == stats.summary(ann, "all").listens
    assert listen_import.inserted + listen_import.duplicates == listen_import.rows_done
    assert stored.values("source_key").distinct().count() == stored.count()


def test_the_same_file_twice_at_once_is_one_import_and_one_run(ann):
    done = together([lambda: start_import(history(), by=Actor(user=ann)).pk] * 4)
    assert len(set(done)) == 1
    assert ListenImport.objects.count() == JobRun.objects.filter(job__name="import_listens").count() == 1


def test_two_workers_on_one_import_store_it_once(ann):
    listen_import = start_import(history(), by=Actor(user=ann), queue=False)
    done = together([lambda: run_import(listen_import.pk)] * 3)
    assert not [each for each in done if isinstance(each, Exception)]
    check_counts(ann, listen_import)
    assert (listen_import.state, listen_import.rows_done) == ("done", ROWS)


def test_a_cancel_beside_the_worker_ends_it_whole(ann):
    listen_import = start_import(history(), by=Actor(user=ann), queue=False)
    done = together([lambda: run_import(listen_import.pk), lambda: cancel_import(listen_import.pk, by=Actor(user=ann))])
    assert not [each for each in done if isinstance(each, Exception) and not isinstance(each, SidetrackError)]
    check_counts(ann, listen_import)
    assert listen_import.state in ("cancelled", "done")


def test_a_ban_beside_the_worker_leaves_no_half(ann, mo):
    listen_import = start_import(history(), by=Actor(user=ann), queue=False)
    done = together([lambda: run_import(listen_import.pk), lambda: ban(ann, by=Actor(user=mo), reason="x")])
    assert not [each for each in done if isinstance(each, Exception)], done
    check_counts(ann, listen_import)
    assert not listen_import.is_open
