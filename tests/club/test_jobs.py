"""The catch-up job decides what is due, once a minute and once each."""

from __future__ import annotations

from club.models import Week
from club.services.weeks import change_week
from sidetrack.jobs import enqueue
from sidetrack.jobs.registry import spec_of
from tests.club.conftest import MONDAY, as_
from tests.jobs import drain


def test_the_job_decides_due_polls_and_counts_them(week, ann, mo, put_forward, vote):
    vote(ann, 1, put_forward(ann, 0))
    change_week(week, {"votes_close_at": MONDAY}, by=as_(mo))
    for decided in (1, 0):
        enqueue("decide_due_polls", {})
        assert [run.counts for run in drain()] == [{"decided": decided}]
    assert Week.objects.get().winner_album is not None


def test_the_job_runs_every_minute(db):
    assert spec_of("decide_due_polls").schedule.seconds == 60
