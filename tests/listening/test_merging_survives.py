"""Merging on real workers: killed in the middle, there and back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from listening.models import ListenEvent, Merge
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.listens import record_plays
from listening.services.merging import ask_for_stalled, merge_entries, run_merge, undo_merge
from sidetrack.actors import SITE
from sidetrack.jobs.ticking import sweep_leases
from sidetrack.models import JobRun
from tests.conftest import make_person
from tests.jobs import drain
from tests.listening.histories import environment
from tests.listening.merging import orphans, snapshot
from tests.listening.plays import play
from tests.threads import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]

_WORKER = """
import sys, django
django.setup()
from listening.services import merging_catalogue
from sidetrack.jobs import registry
from sidetrack.jobs.runner import answer
merging_catalogue.MOST_ROWS = 10
registry.load()
answer(int(sys.argv[1]))
"""
LISTENS = 600


def worker(run: JobRun) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WORKER, str(run.pk)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_in_the_middle(run: JobRun, album_id: int, enough: int) -> bool:
    """Kill the worker as soon as the album has so many listens; False when it was quicker than we."""
    child = worker(run)
    while child.poll() is None and ListenEvent.objects.filter(album=album_id).count() < enough:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    if child.wait() == 0:
        return False
    JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_leases() == 1
    JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now())
    return True


@pytest.mark.parametrize("seed", range(10 if os.environ.get("STORM") == "long" else 1))
def test_a_worker_killed_in_the_middle_leaves_nothing_half(seed):
    dice = random.Random(seed)
    one, other = (
        ensure_album(AlbumRef(title="Debut", artist=artist), by=SITE, source="test")[0] for artist in ("Bjork G", "B")
    )
    for name in ("ann", "bea"):
        plays = [play(f"Song {n % 20}", "Bjork G", "Debut") for n in range(LISTENS // 2)]
        record_plays(make_person(name), plays, source="manual")
    before = snapshot()
    merged = merge_entries("album", one.pk, other.pk, by=SITE)
    killed = kill_in_the_middle(JobRun.objects.latest("pk"), other.pk, dice.randrange(10, LISTENS // 2))
    assert ListenEvent.objects.filter(album__in=[one, other]).count() == LISTENS
    drain()
    merged.refresh_from_db()
    assert (merged.state, ListenEvent.objects.filter(album=other).count()) == (Merge.State.DONE, LISTENS)
    assert orphans() == []
    undo_merge(merged.pk, by=SITE)
    killed = kill_in_the_middle(JobRun.objects.latest("pk"), one.pk, dice.randrange(10, LISTENS // 2)) or killed
    drain()
    merged.refresh_from_db()
    assert (merged.state, killed) == (Merge.State.UNDONE, True)
    assert snapshot() == before


def test_several_workers_on_one_merge_move_each_listen_once():
    one, other = (
        ensure_album(AlbumRef(title="Debut", artist=artist), by=SITE, source="test")[0] for artist in ("Bjork G", "B")
    )
    ann = make_person("ann")
    for _ in range(3):
        record_plays(ann, [play(f"Song {n}", "Bjork G", "Debut") for n in range(400)], source="manual")
    before = snapshot()
    merged = merge_entries("album", one.pk, other.pk, by=SITE)
    together([lambda: run_merge(merged.pk)] * 3)
    assert sorted(pk for line in merged.changes.filter(model="listening.listenevent") for pk in line.rows) == sorted(
        ListenEvent.objects.values_list("pk", flat=True)
    )
    undo_merge(merged.pk, by=SITE)
    together([lambda: run_merge(merged.pk)] * 3)
    assert Merge.objects.get().state == Merge.State.UNDONE
    assert snapshot() == before


def test_the_caretaker_goes_on_with_a_merge_whose_run_was_given_up():
    one, other = (
        ensure_album(AlbumRef(title="Debut", artist=artist), by=SITE, source="test")[0] for artist in ("Bjork G", "B")
    )
    record_plays(make_person("ann"), [play("Song", "Bjork G", "Debut")], source="manual")
    merged = merge_entries("album", one.pk, other.pk, by=SITE)
    JobRun.objects.update(state="failed")
    assert ask_for_stalled() == 1
    drain()
    assert Merge.objects.get(pk=merged.pk).state == Merge.State.DONE
