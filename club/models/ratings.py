"""Ratings and reviews of a week's winner."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from club.models.weeks import Week
from listening.models import Album


class Rating(models.Model):
    """What a member thinks of an album in a week. Halves are stored as whole numbers: 9 is 4.5.

    A review is hidden by a moderator, never destroyed; the number keeps counting.
    """

    week = models.ForeignKey(Week, models.CASCADE, related_name="ratings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ratings")
    album = models.ForeignKey(Album, models.PROTECT, related_name="ratings")
    halves = models.PositiveSmallIntegerField(validators=[MinValueValidator(2), MaxValueValidator(10)])
    favorite_track = models.CharField(max_length=300, blank=True)
    review = models.TextField(blank=True, max_length=10_000)
    hidden_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "week", "album"], name="rating_once"),
            models.CheckConstraint(condition=Q(halves__gte=2, halves__lte=10), name="rating_from_1_to_5_in_halves"),
        ]
        indexes = [
            # The ratings of a week's current winner.
            models.Index(fields=["week", "album", "halves"], name="rating_by_week_album"),
        ]

    def __str__(self) -> str:
        return f"rating {self.pk}"

    @property
    def value(self) -> Decimal:
        """1.0 to 5.0."""
        return Decimal(self.halves) / 2
