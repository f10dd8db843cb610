"""manage.py import_listens, also killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from listening.models import ListenEvent, ListenImport
from listening.services import imports as service
from sidetrack.models import User
from tests.conftest import make_person
from tests.listening.histories import REAL_FILES, environment, real, spotify_file


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
