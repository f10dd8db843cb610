"""A member's rights over their data: a copy of all of it, and its end."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class DataExport(models.Model):
    """A zip of all that is kept about a member, made by a job, gone after a while."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "being made"
        DONE = "done", "ready"
        FAILED = "failed", "failed"
        EXPIRED = "expired", "expired"

    OPEN = (State.QUEUED, State.RUNNING)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    file = models.FileField(upload_to="exports/%Y/%m", blank=True)
    size = models.PositiveBigIntegerField(default=0)
    # {"listens.jsonl": 1234}: sections that are written, with their rows.
    sections = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=["queued", "running"]), name="export_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class Erasure(models.Model):
    """The end of an account: what opens or shows it went at once, the rest goes in pieces by a job.

    The person's row stays, empty and shut, as the "former member" under whom club history is kept.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="erasure")
    # Ratings, reviews and pitches stay under "former member" unless asked otherwise.
    keep_words = models.BooleanField(default=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    # {"listening": 1234}: rows removed, by handler; handlers that are through.
    removed = models.JSONField(default=dict)
    through = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"erasure {self.pk}"
