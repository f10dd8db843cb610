"""Jobs as rows: `Job` is the switch of a named job, `JobRun` one piece of work and its history.

The run row is the truth; django-q2 only carries its id (sidetrack/jobs). A run is claimed by a
conditional update, its attempt is counted before it runs, and it holds a lease that a sweeper
hands out again when the worker dies.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    """A job declared in code, as operators see and switch it."""

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    paused = models.BooleanField(default=False)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        indexes = [
            # The tick: which schedules are due.
            models.Index(fields=["next_run_at"], name="job_due"),
        ]

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """One run of a job: wanted, running, or how it ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        SKIPPED = "skipped"

    OPEN = (State.QUEUED, State.RUNNING)

    job = models.ForeignKey(Job, models.CASCADE, related_name="runs")
    # At most one open run per (job, key): asking twice for the same work is asking once.
    key = models.CharField(max_length=120, blank=True)
    args = models.JSONField(default=dict)
    queue = models.CharField(max_length=40, default="default")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=1)
    run_after = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    queued_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "key"],
                name="run_open_once_per_key",
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled", "skipped"]),
                name="run_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="run_running_has_lease"
            ),
        ]
        indexes = [
            # The sweeper: what waits and what lost its worker.
            models.Index(
                fields=["state", "run_after"], name="run_waiting", condition=Q(state__in=["queued", "running"])
            ),
            # The history of one job.
            models.Index(fields=["job", "-queued_at"], name="run_history"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} run {self.pk} ({self.state})"
