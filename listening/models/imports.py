"""History files and how far their import has come."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ListenImport(models.Model):
    """One uploaded history file. Counts and cursor are written with the rows they count, so that a
    worker may die at any moment and the next goes on where the last commit stood."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    OPEN = (State.QUEUED, State.RUNNING)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    file = models.FileField(upload_to="imports/%Y/%m")
    file_name = models.CharField(max_length=200)
    file_size = models.PositiveBigIntegerField(default=0)
    # SHA-256 of the file: going on after a stop is allowed with the same bytes only.
    file_hash = models.CharField(max_length=64, blank=True)
    format = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    cancel_asked = models.BooleanField(default=False)
    # Rows of the file that are dealt with, and how many there are when known.
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    # Unpacked bytes read and to read, from which progress is told while rows_total is not known.
    bytes_done = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    # {"podcast": 3, "private session": 1}: rows left out on purpose, by reason.
    skipped = models.JSONField(default=dict)
    rejected_count = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    # When the last batch was stored, or the import was last handed to a worker.
    progressed_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]), name="import_state"
            ),
        ]
        indexes = [
            # A member's own imports, newest first.
            models.Index(fields=["user", "-created_at"], name="import_by_user"),
            # The command and the upload page: is this very file half-way in already?
            models.Index(fields=["user", "file_hash"], name="import_by_file"),
            # The caretaker: what is open but no longer moves.
            models.Index(fields=["progressed_at"], name="import_open", condition=Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"  # not the file's name: moderators read this

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def skipped_count(self) -> int:
        return sum(self.skipped.values())

    @property
    def percent(self) -> int:
        """How much of the file is dealt with, 0 to 100; 100 only when it is done."""
        if self.state == self.State.DONE:
            return 100
        return min(99, 100 * self.bytes_done // self.bytes_total) if self.bytes_total else 0


class ImportReject(models.Model):
    """A row of a file that could not be taken, and why. Holds no text of the row."""

    listen_import = models.ForeignKey(ListenImport, models.CASCADE, related_name="rejects")
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)

    class Meta:
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["listen_import", "row"], name="import_reject_once")]
