"""manage.py import_listens, also killed in the middle."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from listening.management.commands.import_listens import _in_words
from listening.models import ListenEvent, ListenImport
from listening.services import imports as service
from sidetrack.models import User
from tests.conftest import make_person
from tests.listening.histories import REAL_FILES, environment, real, scrobbler_log, spotify_file, zipped


def run(path: Path, user: str = "ann") -> str:
    out = StringIO()
    call_command("import_listens", str(path), "--user", user, stdout=out)
    return out.getvalue()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "history.json"
    path.write_bytes(data)
    return path


@pytest.mark.django_db
def test_the_command_imports_and_says_what_it_did(ann: User, tmp_path: Path) -> None:
    path = written(tmp_path, real("koito/Streaming_History_Audio_spotify_import_test.json"))
    assert "39 rows, 17 inserted, 0 duplicates, 22 skipped, 0 rejected" in run(path)
    assert "39 rows, 0 inserted, 17 duplicates" in run(path)


@pytest.mark.django_db
def test_a_member_reads_the_name_of_the_file_and_not_where_the_operator_keeps_it(ann: User, tmp_path: Path) -> None:
    run(written(tmp_path, spotify_file(1)))
    assert ListenImport.objects.get().file_name == "history.json"


@pytest.mark.django_db
@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_imports_by_the_command_and_a_second_time_inserts_nothing(
    ann: User, tmp_path: Path, name: str
) -> None:
    path = written(tmp_path, real(name))
    assert f"{REAL_FILES[name]} inserted, 0 duplicates" in run(path)
    assert f"0 inserted, {REAL_FILES[name]} duplicates" in run(path)


@pytest.mark.django_db
def test_the_command_goes_on_where_it_was_stopped(ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    path = written(tmp_path, spotify_file(45))
    record, stops = service.record_plays, iter([False, False, True])

    def stop(*args: Any, **kwargs: Any) -> Any:
        if next(stops, False):
            raise KeyboardInterrupt
        return record(*args, **kwargs)

    monkeypatch.setattr(service, "record_plays", stop)
    with pytest.raises(CommandError, match="goes on from here"):
        run(path)
    assert "Going on behind row 20" in run(path)
    assert ListenEvent.objects.count() == 45
    assert ListenImport.objects.get().inserted == 45


@pytest.mark.django_db
def test_the_command_refuses_with_a_sentence(ann: User, carl: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nobody named"):
        run(written(tmp_path, spotify_file(1)), "nobody")
    with pytest.raises(CommandError, match="do not know this kind"):
        run(written(tmp_path, b"hello"))
    with pytest.raises(CommandError, match="Only members"):
        run(written(tmp_path, spotify_file(1)), "carl")


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "histories"
    (folder / "b" / ".hidden").mkdir(parents=True)
    (folder / "b" / ".hidden" / "history.json").write_bytes(spotify_file(9))
    (folder / "a.json").write_bytes(spotify_file(3))
    (folder / "b" / "Streaming.zip").write_bytes(zipped({"x.json": spotify_file(5)}))
    (folder / "b" / ".scrobbler.log").write_bytes(scrobbler_log(2))
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "Playlist1.json").write_bytes(b'{"playlists": []}')
    (folder / "empty.csv").write_bytes(b"")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.django_db
def test_a_folder_is_walked_in_order_and_what_is_no_history_is_passed_over(ann: User, tmp_path: Path) -> None:
    said = run(folder_of(tmp_path)).splitlines()
    files = [Path(line).name for line in said if line.startswith(str(tmp_path))]
    assert " ".join(files) == ".DS_Store Playlist1.json a.json empty.csv pipe .hidden .scrobbler.log Streaming.zip"
    passed = [line for line in said if "Passed over" in line]
    assert passed == [
        "  Passed over: hidden.",
        "  Passed over: We do not know this kind of file.",
        "  Passed over: This file is empty.",
        "  Passed over: not a file.",
        "  Passed over: hidden.",
    ]
    assert ListenEvent.objects.count() == 7


@pytest.mark.django_db
def test_a_bad_file_does_not_stop_the_others_and_the_command_fails(ann: User, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    errors = StringIO()
    with pytest.raises(CommandError, match="2 of these files"):
        call_command(
            "import_listens", str(folder), str(tmp_path / "gone"), "--user", "ann", stderr=errors, stdout=errors
        )
    assert "damaged or incomplete" in errors.getvalue()
    assert "No such file" in errors.getvalue()
    assert ListenEvent.objects.count() == 7


@pytest.mark.django_db
def test_a_folder_stopped_in_the_middle_begins_no_other_file(
    ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(service, "record_plays", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(CommandError, match="goes on from here"):
            run(folder)
    assert ListenImport.objects.count() == 1
    run(folder)
    assert ListenEvent.objects.count() == 7


@pytest.mark.django_db
def test_the_command_says_how_far_it_is(ann: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 500)
    said = run(written(tmp_path, spotify_file(2000)))
    assert re.search(r"\d+ %  500 rows, 500 inserted, \d+ s left", said)


@pytest.mark.parametrize(
    ("left", "words"), [(None, ""), (4.4, ", 4 s left"), (61, ", 1 min 01 s left"), (7200, ", 120 min 00 s left")]
)
def test_the_time_left_is_told_in_words(left: float | None, words: str) -> None:
    assert _in_words(None if left is None else timedelta(seconds=left)) == words


def command(path: Path) -> list[str]:
    return [sys.executable, "-c", _CHILD, str(path)]


# A process of its own on the test's database, in batches small enough to be killed in.
_CHILD = """
import sys, django
django.setup()
from django.core.management import call_command
from listening.services import imports
imports.BATCH = 50
call_command("import_listens", sys.argv[1], "--user", "ann")
"""


@pytest.mark.storm
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(20 if os.environ.get("STORM") == "long" else 2))
def test_a_process_killed_at_any_moment_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    """SIGKILL at random rows, several times; then the same command once more to the end."""
    make_person("ann")
    path, rows, dice = written(tmp_path, spotify_file(4000)), 4000, random.Random(seed)
    kills = 0
    for goal in sorted(dice.sample(range(50, rows - 500), 3)):
        child = subprocess.Popen(command(path), env=environment(), stdout=subprocess.DEVNULL)
        while child.poll() is None and not ListenImport.objects.filter(rows_done__gte=goal).exists():
            time.sleep(0.002)
        time.sleep(dice.random() * 0.02)  # anywhere in a batch
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait()
        connection.close()
        stored, counted = ListenEvent.objects.count(), ListenImport.objects.get()
        assert stored == counted.inserted, "a batch and its counts are one"
    subprocess.run(command(path), env=environment(), check=True, stdout=subprocess.DEVNULL, timeout=120)
    connection.close()
    done = ListenImport.objects.get()
    assert kills
    assert (done.state, done.rows_done, done.inserted, done.duplicates) == ("done", rows, rows, 0)
    assert ListenEvent.objects.values("started_at").distinct().count() == rows
