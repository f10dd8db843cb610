"""A week of the club and what was nominated in it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from listening.models import Album


def default_label(number: int, date_discussion: datetime) -> str:
    """WEEK 003 [2025-11-24]."""
    return f"WEEK {number:03d} [{date_discussion:%Y-%m-%d}]"


class Week(models.Model):
    """One round of the club. Its phase is derived (club/phases.py), never stored.

    `version` is raised by every write to anything the week shows; answers are cached under it.
    """

    class DecidedBy(models.TextChoices):
        VOTES = "votes", "votes"
        OVERRIDE = "override", "override"

    number = models.PositiveIntegerField(unique=True)
    label = models.CharField(max_length=120)
    date_discussion = models.DateTimeField()
    nominations_close_at = models.DateTimeField(null=True, blank=True)
    votes_close_at = models.DateTimeField(null=True, blank=True)
    poll_closed_at = models.DateTimeField(null=True, blank=True)
    winner_album = models.ForeignKey(Album, models.PROTECT, null=True, blank=True, related_name="weeks_won")
    # Null when a moderator named an album nobody nominated.
    winner_nomination = models.ForeignKey("club.Nomination", models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=8, choices=DecidedBy, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="week_number_from_one"),
            models.CheckConstraint(
                condition=Q(nominations_close_at__isnull=True)
                | Q(votes_close_at__isnull=True)
                | Q(nominations_close_at__lte=F("votes_close_at")),
                name="week_nominations_close_before_votes",
            ),
            models.CheckConstraint(
                condition=Q(winner_album__isnull=False) | Q(winner_nomination__isnull=True),
                name="week_winning_nomination_has_album",
            ),
            models.CheckConstraint(
                condition=Q(winner_album__isnull=True) | Q(poll_closed_at__isnull=False),
                name="week_winner_after_poll",
            ),
            models.CheckConstraint(
                condition=Q(winner_album__isnull=True, decided_at__isnull=True, decided_by="")
                | Q(winner_album__isnull=False, decided_at__isnull=False, decided_by__in=["votes", "override"]),
                name="week_winner_was_decided",
            ),
        ]
        indexes = [
            # The catch-up job: polls whose deadline has passed.
            models.Index(fields=["votes_close_at"], name="week_poll_due", condition=Q(poll_closed_at__isnull=True)),
            # Lists by date.
            models.Index(fields=["-date_discussion"], name="week_by_date"),
        ]

    def __str__(self) -> str:
        return self.label


class Nomination(models.Model):
    """An album a member puts forward, with their pitch and the tags they gave it."""

    week = models.ForeignKey(Week, models.CASCADE, related_name="nominations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="nominations")
    album = models.ForeignKey(Album, models.PROTECT, related_name="nominations")
    pitch = models.TextField(blank=True, max_length=4000)
    pitch_track_url = models.CharField(max_length=500, blank=True)
    # As the nominator said it: {"genres": ["shoegaze"], "decade": "1990s", "country": "IE"}.
    tags = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["week", "user", "album"], name="nomination_once"),
        ]

    def __str__(self) -> str:
        return f"{self.album} ({self.week})"
