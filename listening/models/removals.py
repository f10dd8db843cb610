"""Listens a member takes back: a whole source, a whole import, or a single play."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from listening.models.imports import ListenImport
from listening.models.listens import ListenEvent


class Removal(models.Model):
    """The removal of what one source or one import brought, done in pieces by a job."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    OPEN = (State.QUEUED, State.RUNNING)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="removals")
    source = models.CharField(max_length=20, choices=ListenEvent.Source, blank=True)
    listen_import = models.ForeignKey(ListenImport, models.CASCADE, null=True, related_name="removals")
    # Listens that come in after it was asked for stay.
    up_to_id = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    found = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(source="") & Q(listen_import__isnull=False))
                | (~Q(source="") & Q(listen_import__isnull=True)),
                name="removal_of_a_source_or_an_import",
            ),
            models.UniqueConstraint(
                fields=["user", "source"],
                condition=Q(state__in=["queued", "running"]) & ~Q(source=""),
                name="removal_open_once_per_source",
            ),
            models.UniqueConstraint(
                fields=["listen_import"],
                condition=Q(state__in=["queued", "running"]),
                name="removal_open_once_per_import",
            ),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def percent(self) -> int:
        """How much of it is done, 0 to 100; 100 only when all is."""
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.removed // self.found) if self.found else 0


class ForgottenListen(models.Model):
    """A record the member deleted by itself: it does not come back with the next import or sync.

    For a while it holds what brings it back; then only the key is left.
    """

    KEPT_FOR = timedelta(days=30)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=20, choices=ListenEvent.Source)
    source_key = models.CharField(max_length=40)
    # The listen it was, and the counted one of the same play: a play is brought back with all its records.
    listen_id = models.PositiveBigIntegerField(null=True)
    play_id = models.PositiveBigIntegerField(null=True)
    # The columns of the listen as plain values, by name.
    kept = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            # Also the look-up by an insert.
            models.UniqueConstraint(fields=["user", "source", "source_key"], name="listen_forgotten_once"),
        ]
        indexes = [
            # The caretaker: what can no longer be brought back.
            models.Index(fields=["created_at"], name="listen_forgotten_kept", condition=Q(kept__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"forgotten listen {self.pk}"
