"""Copies and erasures on real workers: killed in the middle, and beside listens that arrive."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from listening.models import ListenEvent, ListenImport
from listening.services.imports import run_import, start_import
from listening.services.listens import record_plays
from sidetrack.actors import Actor
from sidetrack.errors import SidetrackError
from sidetrack.jobs.ticking import sweep_leases
from sidetrack.models import DataExport, Erasure, JobRun, User
from sidetrack.services.erasing import erase, leave
from sidetrack.services.exporting import ask_for_export, make_export
from tests.conftest import PASSWORD, make_person
from tests.jobs import drain
from tests.listening.histories import environment, spotify_file
from tests.listening.plays import play
from tests.sidetrack.traces import keys_to_people, rows_about
from tests.threads import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]

SEEDS = range(10 if os.environ.get("STORM") == "long" else 1)
ROWS = 3000
STAYS = {"sidetrack.erasure", "sidetrack.auditevent"}

_WORKER = """
import sys, django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT = sys.argv[2]
from listening.services import rights as listening
from sidetrack import rights
from sidetrack.jobs import registry
from sidetrack.jobs.runner import answer
from sidetrack.services import exporting
rights.PIECE = listening.PIECE = exporting.PIECE = 20
registry.load()
answer(int(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def with_listens() -> User:
    ann = make_person("ann")
    for start in range(0, ROWS, 1000):
        plays = [play(f"Track {n % 40}", f"Band {n % 20}") for n in range(start, start + 1000)]
        record_plays(ann, plays, source="spotify")
    return ann


def killed_while(run: JobRun, folder: Path, reached: Any) -> int:
    """Let a worker of its own do the run, kill it as soon as `reached`, hand the run out again; 1 if it was killed."""
    command = [sys.executable, "-c", _WORKER, str(run.pk), str(folder)]
    child = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and not reached():
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    if child.wait() == 0:
        return 0  # it was quicker than we
    JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_leases() == 1
    JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now())
    return 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_whose_worker_was_killed_is_whole(seed: int, tmp_path: Path) -> None:
    ann, dice = with_listens(), random.Random(seed)
    ask_for_export(by=Actor(user=ann))
    run = JobRun.objects.get(job__name="make_export")
    kills = 0
    for goal in sorted(dice.sample(range(100, ROWS - 500), 2)):
        kills += killed_while(
            run, tmp_path, lambda goal=goal: DataExport.objects.get().sections.get("listens.jsonl", 0) >= goal
        )
    folder = tmp_path / "exports" / f"parts-{DataExport.objects.get().pk}"
    kept = {part: part.stat().st_mtime_ns for part in folder.glob("*.jsonl")}
    assert kills
    assert "account.jsonl" in {part.name for part in kept}
    drain()
    export = DataExport.objects.get()
    assert export.state == "done"
    with zipfile.ZipFile(tmp_path / str(export.file.name)) as archive:
        heard = [json.loads(line) for line in archive.read("listens.jsonl").splitlines()]
        assert len({row["id"] for row in heard}) == len(heard) == ROWS
        assert len(archive.read("account.jsonl").splitlines()) == 1
    assert list((tmp_path / "exports").glob("parts-*")) == []


def test_parts_that_were_whole_are_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = make_person("ann")
    export = ask_for_export(by=Actor(user=ann))
    folder = tmp_path / "exports" / f"parts-{export.pk}"
    steps = 0

    def keep() -> None:
        nonlocal steps
        steps += 1
        if steps == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_export(export.pk, keep=keep)
    whole = {part: part.stat().st_mtime_ns for part in folder.glob("[!.]*")}
    assert len(whole) == 7
    seen: dict[Path, int] = {}
    make_export(export.pk, keep=lambda: seen.update({part: part.stat().st_mtime_ns for part in whole}))
    assert seen == whole
    assert DataExport.objects.get().state == "done"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_erasure_whose_worker_was_killed_is_finished_by_the_next(seed: int, tmp_path: Path) -> None:
    ann, dice = with_listens(), random.Random(seed)
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    run = JobRun.objects.get(job__name="erase_member")
    kills = 0
    for goal in sorted(dice.sample(range(100, ROWS - 500), 2)):
        kills += killed_while(
            run, tmp_path, lambda goal=goal: Erasure.objects.get().removed.get("listening", 0) >= goal
        )
        left = ListenEvent.objects.filter(user=ann).count()
        assert Erasure.objects.get().removed["listening"] + left == ROWS  # rows and their count are one
    assert kills
    drain()
    assert Erasure.objects.get().state == "done"
    assert {label for label in keys_to_people() if rows_about(ann, label)} == STAYS


@pytest.mark.parametrize("seed", SEEDS)
def test_listens_that_arrive_meanwhile_leave_nothing_behind(seed: int) -> None:
    """An import and a bot's posts run while the member leaves and the job works."""
    ann = make_person("ann")
    history = start_import(ContentFile(spotify_file(2500), name="history.json"), by=Actor(user=ann))
    stale = [User.objects.get(pk=ann.pk) for _ in range(2)]
    pause = random.Random(seed).random() / 2

    def posts(person: User) -> None:
        for n in range(40):
            try:
                record_plays(person, [play(f"Late {n}", "Band")], source="lastfm")
            except SidetrackError:
                return

    def ends() -> None:
        time.sleep(pause)
        leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
        erase(ann.pk)

    answers = together([lambda: run_import(history.pk), *(lambda who=who: posts(who) for who in stale), ends])
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    erase(ann.pk)
    assert not ListenEvent.objects.exists()
    assert not ListenImport.objects.exists()
    assert {label for label in keys_to_people() if rows_about(ann, label)} <= STAYS


def test_a_member_who_leaves_while_their_copy_is_made_leaves_no_file(tmp_path: Path) -> None:
    ann = with_listens()
    export = ask_for_export(by=Actor(user=ann))
    left: list[int] = []

    def keep() -> None:
        if not left and DataExport.objects.get().sections:
            left.append(leave(by=Actor(user=ann), confirm="ann", password=PASSWORD).pk)

    assert make_export(export.pk, keep=keep) == {}
    drain()
    assert not DataExport.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_two_clicks_end_one_account(tmp_path: Path) -> None:
    ann = make_person("ann")
    twice = [User.objects.get(pk=ann.pk) for _ in range(2)]
    acts = [lambda who=who: leave(by=Actor(user=who), confirm="ann", password=PASSWORD) for who in twice]
    answers = together(acts)
    assert sum(isinstance(answer, Erasure) for answer in answers) == 1, answers
    assert Erasure.objects.count() == 1


def test_the_last_two_owners_do_not_leave_at_once(tmp_path: Path) -> None:
    owners = [make_person(name, role="owner") for name in ("olga", "otto")]
    acts = [lambda who=who: leave(by=Actor(user=who), confirm=who.username, password=PASSWORD) for who in owners]
    answers = together(acts)
    assert sum(isinstance(answer, Erasure) for answer in answers) == 1, answers
    assert User.objects.filter(role="owner", is_active=True).count() == 1
