"""Where on Discord a week or a nomination lives."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from club.models.weeks import Nomination, Week


class ExternalMessageRef(models.Model):
    """A message, thread, category or poll on a chat platform, of exactly one week or nomination.

    Ids are snowflakes, kept as text.
    """

    class Kind(models.TextChoices):
        CATEGORY = "category"
        CHANNEL = "channel"
        THREAD = "thread"
        POLL = "poll"
        MESSAGE = "message"

    platform = models.CharField(max_length=20, default="discord")
    kind = models.CharField(max_length=10, choices=Kind)
    external_id = models.CharField(max_length=32)
    channel_id = models.CharField(max_length=32, blank=True)
    week = models.ForeignKey(Week, models.CASCADE, null=True, blank=True, related_name="refs")
    nomination = models.ForeignKey(Nomination, models.CASCADE, null=True, blank=True, related_name="refs")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(week__isnull=False, nomination__isnull=True)
                | Q(week__isnull=True, nomination__isnull=False),
                name="ref_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["week", "platform", "kind"], condition=Q(week__isnull=False), name="ref_week_kind_once"
            ),
            models.UniqueConstraint(
                fields=["nomination", "platform"],
                condition=Q(nomination__isnull=False),
                name="ref_nomination_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.kind} {self.external_id}"
