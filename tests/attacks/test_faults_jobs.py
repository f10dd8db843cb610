"""The watchdog goes on whatever fails around it; connections cut under jobs lose and double nothing."""

from __future__ import annotations

import logging

import pytest
from django.db import InterfaceError
from django_q.models import OrmQ

from sidetrack.jobs import bells
from sidetrack.jobs.watchdog import Cluster, Watchdog

pytestmark = pytest.mark.django_db


def test_a_beat_answered_before_it_was_looked_for_is_not_out(monkeypatch):
    """The cluster may take and acknowledge it between the two statements."""
    monkeypatch.setattr(bells, "async_task", lambda *_, **__: OrmQ.objects.all().delete())
    beat = bells.send_beat("beat-x")
    assert not bells.beat_is_out(beat)
    cluster = Cluster()
    cluster.node = "x"
    cluster.beat = beat
    cluster.listen()
    assert cluster.answered
    assert not cluster.is_silent


@pytest.mark.parametrize("fault", [InterfaceError("connection already closed"), KeyError("x"), ValueError("y")])
def test_the_watchdog_outlives_its_own_faults(fault, caplog):
    def stumble() -> None:
        raise fault

    with caplog.at_level(logging.ERROR):
        Watchdog([])._guarded(stumble)
    assert caplog.records
