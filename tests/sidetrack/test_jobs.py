"""The mechanism of jobs: asked once, done once, tried again, never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from sidetrack.jobs import Permanent, Run, Stopped, cancel, daily, enqueue, every, job, registry, stopping
from sidetrack.jobs.runner import back_off, perform
from sidetrack.jobs.ticking import ring_again, start_due, sweep_leases, tick, write_jobs
from sidetrack.models import Job, JobRun
from tests.jobs import drain

pytestmark = pytest.mark.django_db
seen: list[Any] = []


@pytest.fixture(autouse=True)
def _test_jobs():
    seen.clear()

    @job("test_note", retries=2)
    def note(run: Run, *, word: str = "") -> dict[str, int]:
        """Notes a word."""
        seen.append(word)
        return {"words": 1}

    @job("test_fail", retries=2)
    def fail(run: Run) -> dict[str, int]:
        raise ValueError("broken pipe organ")

    @job("test_permanent", retries=2)
    def permanent(run: Run) -> dict[str, int]:
        raise Permanent("This file is not a history.")

    @job("test_keep", retries=0)
    def keep(run: Run) -> dict[str, int]:
        try:
            run.keep()
        except Exception:  # noqa: BLE001
            seen.append("swallowed")
        return {"kept": 1}

    @job("test_cancels_itself", retries=0)
    def cancels_itself(run: Run) -> dict[str, int]:
        cancel(run.id)
        run.keep()
        return {"never": 1}

    @job("test_every", schedule=every(seconds=60))
    def often(run: Run) -> dict[str, int]:
        seen.append("tick")
        return {}

    yield
    for name in [spec.name for spec in registry.all_specs() if spec.name.startswith("test_")]:
        registry.forget(name)
    stopping.reset()


def fresh(run: JobRun) -> JobRun:
    run.refresh_from_db()
    return run


def expire_lease(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def make_due(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(run_after=timezone.now() - timedelta(seconds=1))


def as_if_killed(run: JobRun) -> None:
    """Leave the run as a worker does that was killed in it."""
    JobRun.objects.filter(pk=run.pk).update(
        state="running",
        attempts=run.attempts + 1,
        worker="gone:1",
        lease_until=timezone.now() - timedelta(seconds=1),
    )


def test_a_run_is_done_and_counted():
    run = enqueue("test_note", {"word": "hello"})
    drain()
    assert (fresh(run).state, run.counts, run.attempts) == ("done", {"words": 1}, 1)
    assert run.finished_at
    assert run.lease_until is None
    assert seen == ["hello"]


def test_a_bell_is_rung_in_the_transaction_of_the_caller():
    with transaction.atomic():
        enqueue("test_note")
        assert OrmQ.objects.count() == 1
        transaction.set_rollback(True)
    assert (OrmQ.objects.count(), JobRun.objects.count()) == (0, 0)


def test_asking_twice_with_a_key_is_asking_once():
    first = enqueue("test_note", {"word": "a"}, key="k")
    assert enqueue("test_note", {"word": "b"}, key="k") == first
    drain()
    assert enqueue("test_note", {"word": "c"}, key="k") != first


def test_without_a_key_every_asking_is_a_run():
    assert enqueue("test_note") != enqueue("test_note")


def test_an_unknown_job_and_wrong_arguments_are_refused_at_once():
    with pytest.raises(KeyError):
        enqueue("test_nothing")
    with pytest.raises(TypeError):
        enqueue("test_note", {"wrod": "typo"})


def test_the_run_knows_who_asked(ann):
    assert enqueue("test_note", by=ann).asked_by == ann


def test_only_the_first_of_two_workers_gets_a_run():
    run = enqueue("test_note")
    assert perform(run.pk) == "done"
    assert perform(run.pk) is None
    assert seen == [""]


def test_a_failure_waits_and_is_tried_again_until_the_last_attempt():
    run = enqueue("test_fail")
    for attempt in (1, 2):
        drain()
        assert (fresh(run).state, run.attempts) == ("queued", attempt)
        assert run.run_after > timezone.now()
        assert "broken pipe organ" in run.error
        make_due(run)
    drain()
    assert (fresh(run).state, run.attempts) == ("failed", 3)
    assert run.error.startswith("ValueError: broken pipe organ (tests")


def test_a_permanent_failure_is_not_tried_again():
    run = enqueue("test_permanent")
    drain()
    assert (fresh(run).state, run.attempts, run.error) == ("failed", 1, "This file is not a history.")


def test_back_off_grows_within_bounds():
    for attempt, base in [(1, 5), (2, 10), (3, 20), (9, 600), (30, 600)]:
        assert base * 0.5 <= back_off(attempt).total_seconds() <= base * 1.5


def test_a_killed_run_is_swept_and_done_once():
    run = enqueue("test_note")
    as_if_killed(run)
    assert perform(run.pk) is None
    assert sweep_leases() == 1
    assert sweep_leases() == 0
    drain()
    assert (fresh(run).state, run.attempts) == ("done", 2)
    assert seen == [""]


def test_a_run_that_kills_its_workers_stops_at_its_last_attempt():
    run = enqueue("test_note")
    for _ in range(3):
        as_if_killed(fresh(run))
        sweep_leases()
        make_due(run)
    assert (fresh(run).state, run.attempts) == ("failed", 3)
    assert "died" in run.error
    assert seen == []


def test_a_live_lease_is_left_alone():
    run = enqueue("test_note")
    as_if_killed(run)
    JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() + timedelta(seconds=9))
    assert sweep_leases() == 0


def test_a_worker_given_up_for_dead_writes_nothing():
    """Its run was taken over while it slept: its result is dropped and its next keep() stops it."""

    @job("test_overslept", retries=3)
    def overslept(run: Run) -> dict[str, int]:
        expire_lease(JobRun.objects.get(pk=run.id))
        sweep_leases()
        with pytest.raises(Stopped):
            run.keep()
        return {"late": 1}

    run = enqueue("test_overslept")
    assert perform(run.pk) == "queued"
    assert (fresh(run).attempts, run.counts) == (1, {})


def test_a_stop_puts_the_run_back_without_counting_the_attempt():
    run = enqueue("test_keep")
    stopping.ask_to_stop()
    assert perform(run.pk) == "queued"
    assert (fresh(run).attempts, run.lease_until, run.worker) == (0, None, "")
    stopping.reset()
    drain()
    assert fresh(run).state == "done"
    assert seen == []


def test_a_cancelled_run_never_starts_or_stops_at_keep():
    waiting = enqueue("test_note")
    assert cancel(waiting.pk)
    assert not cancel(waiting.pk)
    running = enqueue("test_cancels_itself")
    drain()
    assert (fresh(waiting).state, fresh(running).state, running.counts) == ("cancelled", "cancelled", {})


def test_keep_renews_the_lease():
    run = enqueue("test_keep")
    assert perform(run.pk) == "done"


def test_a_job_that_is_no_longer_declared_fails_with_a_sentence():
    run = enqueue("test_note")
    registry.forget("test_note")
    assert perform(run.pk) == "failed"
    assert "test_note" in fresh(run).error


@pytest.mark.parametrize("switch", [{"paused": True}, {"enabled": False}])
def test_a_paused_or_disabled_job_waits_until_it_is_switched_on(switch):
    before = enqueue("test_note", {"word": "before"})
    Job.objects.filter(name="test_note").update(**switch)
    during = enqueue("test_note", {"word": "during"})
    assert OrmQ.objects.count() == 1
    assert perform(before.pk) is None
    assert perform(during.pk) is None
    assert ring_again() == 0
    Job.objects.filter(name="test_note").update(paused=False, enabled=True)
    assert ring_again() == 1
    drain()
    assert seen == ["before", "during"]


def test_a_run_held_back_is_rung_when_it_is_due():
    run = enqueue("test_note", run_after=timezone.now() + timedelta(hours=1))
    assert OrmQ.objects.count() == ring_again() == 0
    assert perform(run.pk) is None
    make_due(run)
    assert ring_again() == OrmQ.objects.count() == 1


def test_a_lost_bell_is_rung_again_but_a_long_queue_is_not():
    run = enqueue("test_note")
    OrmQ.objects.all().delete()
    assert ring_again() == 0
    JobRun.objects.update(rung_at=timezone.now() - timedelta(minutes=1))
    assert ring_again() == OrmQ.objects.count() == 1
    for _ in range(30):
        enqueue("test_note")
    JobRun.objects.update(rung_at=timezone.now() - timedelta(minutes=1))
    assert ring_again() == 0
    assert fresh(run).state == "queued"


def test_two_ticks_start_one_run_of_a_schedule():
    write_jobs()
    assert start_due() >= 1
    start_due()
    assert JobRun.objects.filter(job__name="test_every").count() == 1


def test_a_schedule_off_for_a_day_runs_once():
    write_jobs()
    tick()
    drain()
    Job.objects.filter(name="test_every").update(next_run_at=timezone.now() - timedelta(days=1))
    for _ in range(3):
        tick()
        drain()
    assert seen == ["tick", "tick"]


def test_a_run_that_would_overlap_its_predecessor_is_skipped():
    write_jobs()
    start_due()
    first = JobRun.objects.get(job__name="test_every")
    JobRun.objects.filter(pk=first.pk).update(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    Job.objects.filter(name="test_every").update(next_run_at=timezone.now())
    start_due()
    assert list(JobRun.objects.filter(job__name="test_every").values_list("state", flat=True)) == ["skipped", "running"]


def test_a_bad_schedule_stops_no_other():
    class Bad:
        def first(self, now):
            raise RuntimeError("no clock")

        after = first

    job("test_bad", schedule=Bad())(lambda _run: {})
    write_jobs()
    start_due()
    assert JobRun.objects.filter(job__name="test_every").exists()


def test_a_paused_schedule_neither_starts_nor_piles_up():
    write_jobs()
    Job.objects.filter(name="test_every").update(paused=True)
    tick()
    assert not JobRun.objects.filter(job__name="test_every").exists()
    Job.objects.filter(name="test_every").update(paused=False)
    tick()
    assert JobRun.objects.filter(job__name="test_every").count() == 1


def test_a_shortened_schedule_takes_effect():
    write_jobs()
    Job.objects.filter(name="test_every").update(next_run_at=timezone.now() + timedelta(days=1))
    start_due()
    assert Job.objects.get(name="test_every").next_run_at < timezone.now() + timedelta(seconds=61)


def test_daily_is_at_its_hour_in_utc():
    now = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    assert daily("03:00").after(now) == now.replace(hour=3) + timedelta(days=1)
    assert daily("13:30").after(now) == now.replace(hour=13, minute=30)
    assert daily("12:00").after(now) == now + timedelta(days=1)


def test_a_heartbeat_keeps_the_last_fifty():
    for _ in range(53):
        enqueue("heartbeat")
    drain()
    enqueue("heartbeat")
    drain()
    assert 50 <= JobRun.objects.filter(job__name="heartbeat").count() <= 51


def test_urgent_bells_are_taken_first():
    from sidetrack.jobs.bells import PriorityBroker, ring

    ring(1, queue="maintenance", timeout=5)
    ring(2, queue="default", timeout=5)
    ring(3, queue="critical", timeout=5)
    broker = PriorityBroker(list_key="default")
    keys = [OrmQ.objects.get(pk=broker.dequeue()[0][0]).key for _ in range(3)]
    assert keys == ["critical", "default", "maintenance"]
