"""Imports on real workers: killed in the middle, doubled, and beside others."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from integrations.types import Play
from listening.models import Artist, ListenEvent, ListenImport, Track
from listening.services.imports import start_import
from listening.services.listens import Outcome, record_plays
from sidetrack.actors import Actor
from sidetrack.jobs.ticking import sweep_leases
from sidetrack.models import JobRun, User
from tests.conftest import make_person
from tests.jobs import drain
from tests.listening.histories import START, environment, spotify_file
from tests.threads import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]

_WORKER = """
import sys, django
django.setup()
from django.conf import settings
from listening.services import imports
from sidetrack.jobs import registry
from sidetrack.jobs.runner import answer
imports.BATCH = 50
settings.MEDIA_ROOT = sys.argv[2]
registry.load()
answer(int(sys.argv[1]))
"""


def worker(run: JobRun, folder: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WORKER, str(run.pk), folder]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("seed", range(10 if os.environ.get("STORM") == "long" else 1))
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(seed: int, settings: Any) -> None:
    ann, rows, dice = make_person("ann"), 4000, random.Random(seed)
    listen_import = start_import(ContentFile(spotify_file(rows), name="history.json"), by=Actor(user=ann))
    run = JobRun.objects.get(job__name="import_listens")
    kills = 0
    for goal in sorted(dice.sample(range(50, rows - 1000), 2)):
        child = worker(run, str(settings.MEDIA_ROOT))
        while child.poll() is None and not ListenImport.objects.filter(rows_done__gte=goal).exists():
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0:
            break  # it was quicker than we
        kills += 1
        assert ListenEvent.objects.count() == ListenImport.objects.get().inserted
        JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert sweep_leases() == 1
        JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now())
    drain()
    listen_import.refresh_from_db()
    assert (listen_import.state, listen_import.inserted, listen_import.duplicates) == ("done", rows, 0)
    assert ListenEvent.objects.count() == rows
    assert kills
    assert JobRun.objects.get(pk=run.pk).attempts == kills + 1


def plays(seed: int, count: int = 200) -> list[Play]:
    """The same plays in another order for each seed."""
    made = [
        Play(f"Track {n % 40}", f"Artist {n % 20}", f"Album {n % 30}", START + timedelta(minutes=n), f"key-{n}")
        for n in range(count)
    ]
    random.Random(seed).shuffle(made)
    return made


def test_the_same_plays_from_many_at_once_are_stored_once_and_counted_right() -> None:
    ann = make_person("ann")
    acts = [lambda seed=seed: record_plays(ann, plays(seed), source="spotify") for seed in range(6)]
    outcomes = together(acts)
    assert all(isinstance(each, Outcome) for each in outcomes), outcomes
    assert sum(each.inserted for each in outcomes) == 200
    assert sum(each.duplicates for each in outcomes) == 5 * 200
    assert ListenEvent.objects.filter(user=ann).count() == 200


def test_members_who_bring_the_same_new_music_at_once_share_one_catalogue() -> None:
    people = [make_person(f"member{n}") for n in range(6)]
    acts = [
        lambda person=person, seed=seed: record_plays(person, plays(seed), source="spotify")
        for seed, person in enumerate(people)
    ]
    outcomes = together(acts)
    assert [each.inserted for each in outcomes] == [200] * 6, outcomes
    assert (Artist.objects.count(), Track.objects.count()) == (20, 40)
    for event in ListenEvent.objects.select_related("track"):
        assert event.artist_id == event.track.track_artists.get().artist_id


def test_the_same_upload_from_two_windows_is_one_import(settings: Any) -> None:
    ann = make_person("ann")
    data = spotify_file(5)
    acts = [lambda: start_import(ContentFile(data, name="history.json"), by=Actor(user=ann)).pk] * 4
    assert len(set(together(acts))) == 1
    assert ListenImport.objects.count() == 1
    assert JobRun.objects.filter(job__name="import_listens").count() == 1


def test_a_member_deleted_during_a_batch_leaves_no_listen_behind() -> None:
    ann = make_person("ann")
    record_plays(ann, plays(0), source="spotify")

    def leave() -> None:
        ListenEvent.objects.filter(user=ann).delete()
        User.objects.filter(pk=ann.pk).delete()

    together([leave, lambda: record_plays(ann, plays(1), source="lastfm")])
    if not User.objects.filter(pk=ann.pk).exists():
        assert not ListenEvent.objects.exists()
    connection.close()
