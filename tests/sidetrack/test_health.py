"""GET /health tells a probe what works."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from sidetrack import health
from sidetrack.jobs import enqueue, registry
from sidetrack.models import Job, JobRun
from tests.jobs import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_job():
    registry.job("test_nothing")(lambda _run: {})
    yield
    registry.forget("test_nothing")


def checks(client):
    return client.get("/health").json()["checks"]


def long_ago(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now() - timedelta(minutes=5))


def test_a_fresh_site_is_well_and_its_queue_idle(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": "0.1.0", "checks": {"database": "ok", "queue": "idle"}}
    assert answer["Cache-Control"] == "no-store"


def test_the_queue_is_ok_after_a_heartbeat(client):
    enqueue("heartbeat")
    drain()
    assert checks(client)["queue"] == "ok"


def test_the_queue_is_down_when_work_is_overdue_and_nobody_takes_it(client):
    long_ago(enqueue("test_nothing"))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"] == {"database": "ok", "queue": "down"}


def test_the_queue_is_down_when_workers_died_in_their_work_and_none_came_back(client):
    run = enqueue("test_nothing")
    died = timezone.now() - timedelta(minutes=5)
    JobRun.objects.filter(pk=run.pk).update(state=JobRun.State.RUNNING, run_after=died, lease_until=died)
    assert checks(client)["queue"] == "down"


def test_work_that_waits_on_purpose_is_not_overdue(client):
    long_ago(enqueue("test_nothing"))
    Job.objects.filter(name="test_nothing").update(paused=True)
    enqueue("heartbeat", run_after=timezone.now() + timedelta(hours=1))
    assert checks(client)["queue"] == "idle"


def test_a_long_run_is_a_sign_of_life(client):
    long_ago(enqueue("test_nothing"))
    running = enqueue("test_nothing")
    JobRun.objects.filter(pk=running.pk).update(state="running", lease_until=timezone.now() + timedelta(seconds=9))
    assert checks(client)["queue"] == "ok"


def test_a_failing_database_is_named_with_503(client, monkeypatch):
    def fail() -> str:
        raise DatabaseError("gone")

    monkeypatch.setattr(health, "_database", fail)
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "down", "queue": "unknown"}


def test_it_asks_the_database_a_real_question(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4) as asked:
        client.get("/health")
    assert "django_migrations" in asked[0]["sql"]


def test_a_probe_needs_no_known_host_nor_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health", HTTP_HOST="10.0.0.7:8000").status_code == 200


def test_only_reading_is_allowed(client):
    assert client.post("/health").status_code == 405
    assert client.head("/health").status_code == 200
