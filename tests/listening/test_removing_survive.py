"""Removals on real workers: killed in the middle, and racing imports, posts, matching and one another."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from integrations.keys import play_key
from integrations.types import Play
from listening.models import ForgottenListen, ListenEvent, ListenImport, Removal
from listening.services import imports as importing
from listening.services import removing, totals
from listening.services.forgetting import bring_back, forget_listen
from listening.services.imports import retry_import, run_import, start_import
from listening.services.listens import Outcome, record_plays
from listening.services.removing import remove_source, run_removal, undo_import
from sidetrack.actors import Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.jobs.ticking import sweep_leases
from sidetrack.models import JobRun, User
from tests.conftest import make_person
from tests.jobs import drain
from tests.listening.histories import START, environment, spotify_file
from tests.listening.recounting import duplicates_from_scratch
from tests.threads import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]

_WORKER = """
import sys, django
django.setup()
from django.conf import settings
from listening.services import imports, removing
from sidetrack.jobs import registry
from sidetrack.jobs.runner import answer
imports.BATCH = removing.BATCH = 50
settings.MEDIA_ROOT = sys.argv[2]
registry.load()
answer(int(sys.argv[1]))
"""


def worker(run: JobRun, folder: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WORKER, str(run.pk), folder]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def scrobbles(count: int, seconds: int = 0) -> list[Play]:
    """The plays of `spotify_file(count)` as a scrobbler tells them, so many seconds later."""
    starts = [START + timedelta(minutes=4 * n - 3, seconds=seconds) for n in range(count)]
    return [
        Play(
            f"Song {n % 50}", f"Band {n % 10}", f"Album {n % 25}", at, play_key(at, f"Band {n % 10}", f"Song {n % 50}")
        )
        for n, at in enumerate(starts)
    ]


def started(user: User, rows: int) -> ListenImport:
    return start_import(ContentFile(spotify_file(rows), name="history.json"), by=Actor(user=user))


def is_consistent(user: User) -> bool:
    """Duplicates are what the rule says of all rows at once, and totals what a recount says."""
    rows = ListenEvent.objects.filter(user=user).exclude(duplicate_of=None)
    assert dict(rows.values_list("pk", "duplicate_of")) == duplicates_from_scratch(user)
    assert totals.differences(user.pk) == []
    return True


def quiet(results: list[Any], *allowed: type[Exception]) -> list[Any]:
    """What a race returned, without the refusals that are right; anything else that was raised fails the test."""
    wrong = [each for each in results if isinstance(each, Exception) and not isinstance(each, allowed)]
    assert wrong == []
    return [each for each in results if not isinstance(each, Exception)]


@pytest.fixture
def ann(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """With totals, and small pieces, so that the races have many places to meet."""
    monkeypatch.setattr(totals, "LINE", 10)
    monkeypatch.setattr(importing, "BATCH", 20)
    monkeypatch.setattr(removing, "BATCH", 20)
    return make_person("ann")


@pytest.mark.parametrize("seed", range(10 if os.environ.get("STORM") == "long" else 1))
def test_a_worker_killed_in_the_middle_leaves_no_lock_and_the_next_goes_on(seed: int, settings: Any) -> None:
    ann, rows, dice = make_person("ann"), 3000, random.Random(seed)
    listen_import = started(ann, rows)
    drain()
    record_plays(ann, scrobbles(300), source="lastfm")
    removal = undo_import(listen_import.pk, by=Actor(user=ann))
    run, kills = JobRun.objects.get(job__name="remove_listens"), 0
    for goal in sorted(dice.sample(range(50, rows - 1000), 2)):
        child = worker(run, str(settings.MEDIA_ROOT))
        while child.poll() is None and not Removal.objects.filter(removed__gte=goal).exists():
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0:
            break  # it was quicker than we
        kills += 1
        left = ListenEvent.objects.filter(imported_by=listen_import).count()
        assert left == rows - Removal.objects.get().removed
        assert record_plays(ann, scrobbles(1, seconds=kills + 3600), source="manual").inserted == 1  # no lock stays
        JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert sweep_leases() == 1
        JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now())
    drain()
    removal.refresh_from_db()
    assert (removal.state, removal.found, removal.removed) == ("done", rows, rows)
    assert ListenEvent.objects.count() == 300 + kills
    assert kills
    assert is_consistent(ann)


def test_a_killed_import_is_resumed_and_undone_without_a_row_too_many(settings: Any) -> None:
    ann, rows = make_person("ann"), 2000
    listen_import = started(ann, rows)
    run = JobRun.objects.get(job__name="import_listens")
    child = worker(run, str(settings.MEDIA_ROOT))
    while child.poll() is None and not ListenImport.objects.filter(rows_done__gte=200).exists():
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    undo_import(listen_import.pk, by=Actor(user=ann))
    JobRun.objects.filter(pk=run.pk).update(state="queued", lease_until=None, worker="", run_after=timezone.now())
    drain()
    assert not ListenEvent.objects.exists()
    again = started(ann, rows)
    drain()
    again.refresh_from_db()
    assert (again.state, again.inserted, ListenEvent.objects.count()) == ("done", rows, rows)


def test_undoing_an_import_while_its_worker_reads_leaves_nothing_of_it(ann: User) -> None:
    record_plays(ann, scrobbles(100), source="lastfm")
    listen_import = started(ann, 400)

    def undo() -> Removal:
        while not ListenEvent.objects.filter(imported_by=listen_import).exists():
            time.sleep(0.002)
        return undo_import(listen_import.pk, by=Actor(user=ann))

    removals = quiet(together([lambda: run_import(listen_import.pk) and None, undo, undo]))
    assert len({each.pk for each in removals if each}) == 1
    drain()
    assert not ListenEvent.objects.filter(imported_by=listen_import).exists()
    assert ListenEvent.objects.filter(user=ann, duplicate_of=None).count() == 100
    assert is_consistent(ann)


def test_removing_a_source_while_its_import_runs_takes_what_was_there_and_leaves_the_rest(ann: User) -> None:
    record_plays(ann, scrobbles(60), source="lastfm")
    listen_import = started(ann, 300)

    def remove() -> dict[str, int]:
        while not ListenEvent.objects.filter(imported_by=listen_import).exists():
            time.sleep(0.002)
        return run_removal(remove_source("spotify_history", by=Actor(user=ann)).pk)

    quiet(together([lambda: run_import(listen_import.pk), remove]))
    listen_import.refresh_from_db()
    removal = Removal.objects.get()
    assert (listen_import.state, listen_import.inserted) == ("done", 300)
    assert (removal.state, removal.removed) == ("done", removal.found)
    assert ListenEvent.objects.filter(source="spotify_history").count() == 300 - removal.removed
    assert is_consistent(ann)


def test_posts_matching_deletions_and_removals_at_once_end_consistent(ann: User) -> None:
    record_plays(ann, scrobbles(120), source="lastfm")
    record_plays(ann, scrobbles(120, seconds=3), source="listenbrainz")
    totals.build_totals(ann.pk)
    some = list(ListenEvent.objects.filter(source="lastfm").values_list("pk", flat=True)[::10])

    def delete_and_bring_back() -> None:
        for pk in some:
            try:
                bring_back(forget_listen(pk, by=Actor(user=ann)), by=Actor(user=ann))
            except NotFound:
                continue  # the removal was there first

    acts: list[Callable[[], Any]] = [
        lambda: run_removal(remove_source("lastfm", by=Actor(user=ann)).pk),
        lambda: run_removal(remove_source("listenbrainz", by=Actor(user=ann)).pk),
        lambda: record_plays(ann, scrobbles(120, seconds=5), source="maloja"),
        lambda: record_plays(ann, scrobbles(200)[120:], source="lastfm"),
        delete_and_bring_back,
    ]
    done = quiet(together(acts), NotFound)
    assert sum(isinstance(each, Outcome) for each in done) == 2
    assert ListenEvent.objects.filter(source="maloja").count() == 120
    assert is_consistent(ann)


def test_many_who_bring_one_play_back_bring_it_back_once(ann: User) -> None:
    record_plays(ann, scrobbles(3), source="lastfm")
    gone = forget_listen(ListenEvent.objects.earliest("pk").pk, by=Actor(user=ann))
    back = quiet(together([lambda: bring_back(gone, by=Actor(user=ann))] * 4), NotFound)
    assert len(back) == 1
    assert ListenEvent.objects.count() == 3
    assert not ForgottenListen.objects.exists()


def test_a_sync_that_races_a_deletion_does_not_bring_the_play_back(ann: User) -> None:
    plays = scrobbles(40)
    record_plays(ann, plays, source="lastfm")
    ids = list(ListenEvent.objects.values_list("pk", flat=True)[:10])

    def delete() -> None:
        for pk in ids:
            forget_listen(pk, by=Actor(user=ann))

    def sync() -> None:
        for _ in range(10):
            record_plays(ann, plays, source="lastfm")

    quiet(together([delete, sync, sync]))
    assert ListenEvent.objects.count() == 30


def test_going_on_and_taking_back_at_once_never_leave_an_import_half_there(ann: User) -> None:
    listen_import = started(ann, 60)
    importing.fail_import(listen_import.pk, "The disk was full.")
    JobRun.objects.update(state="failed", finished_at=timezone.now())
    by = Actor(user=ann)
    acts: list[Callable[[], Any]] = [
        lambda: retry_import(listen_import.pk, by=by),
        lambda: undo_import(listen_import.pk, by=by),
    ]
    quiet(together(acts), Conflict)
    drain()
    listen_import.refresh_from_db()
    assert Removal.objects.get().state == "done"
    assert not ListenEvent.objects.exists()
    assert not listen_import.is_open


def test_a_member_who_leaves_during_a_removal_leaves_nothing_behind(ann: User) -> None:
    record_plays(ann, scrobbles(200), source="lastfm")
    removal = remove_source("lastfm", by=Actor(user=ann))

    def leave() -> None:
        while not Removal.objects.filter(removed__gt=0).exists() and Removal.objects.filter(state="queued").exists():
            time.sleep(0.002)
        ListenEvent.objects.filter(user=ann).delete()
        User.objects.filter(pk=ann.pk).delete()

    together([lambda: run_removal(removal.pk), leave])
    if not User.objects.filter(pk=ann.pk).exists():
        assert not ListenEvent.objects.exists()
        assert not Removal.objects.exists()
