"""Two entries of the catalogue made one, the journal by which that is undone, and pairs that may be one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Kind(models.TextChoices):
    ARTIST = "artist", "artist"
    ALBUM = "album", "album"
    TRACK = "track", "track"


class Merge(models.Model):
    """`loser` became an alias of `winner`. Small tables follow at once, listens in pieces by a job."""

    class State(models.TextChoices):
        MOVING = "moving", "moving what points at it"
        DONE = "done", "done"
        UNDOING = "undoing", "being undone"
        UNDONE = "undone", "undone"

    kind = models.CharField(max_length=6, choices=Kind)
    # Plain ids and names: the journal outlives what it is about.
    loser_id = models.PositiveBigIntegerField()
    winner_id = models.PositiveBigIntegerField()
    loser_name = models.CharField(max_length=900)
    winner_name = models.CharField(max_length=900)
    state = models.CharField(max_length=7, choices=State, default=State.MOVING)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(loser_id=F("winner_id")), name="merge_of_two"),
            models.UniqueConstraint(
                fields=["kind", "loser_id"], condition=~Q(state="undone"), name="merge_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loser_name} into {self.winner_name}"

    @property
    def made_by(self) -> str:
        """In words; who left since is named no more."""
        return self.by.name if self.by is not None and self.by.is_active else "a former member"


class MergeChange(models.Model):
    """One line of a merge's journal: rows of `model` whose `field` went from `old` to `new`, at most 1,000 of them;
    or a row that was dropped because the winner has its like, kept whole in `dropped`."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="changes")
    model = models.CharField(max_length=60)
    field = models.CharField(max_length=40, blank=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    rows = models.JSONField(default=list)
    dropped = models.JSONField(null=True)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.model}.{self.field}: {len(self.rows)}"


class LookAlike(models.Model):
    """Two entries that may be one, found by the nightly search, for a moderator to decide."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        DISMISSED = "dismissed", "not the same"
        MERGED = "merged", "merged"

    kind = models.CharField(max_length=6, choices=Kind)
    first_id = models.PositiveBigIntegerField()
    second_id = models.PositiveBigIntegerField()
    # "ids", "names", ...: what speaks for it; 0 to 100.
    why = models.CharField(max_length=40)
    score = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "first_id", "second_id"], name="look_alike_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="look_alike_in_order"),
        ]
        indexes = [
            # The review page, best first.
            models.Index(fields=["kind", "-score", "id"], name="look_alike_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_id} and {self.second_id}"
