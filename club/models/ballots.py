"""Ballots: up to two ranked votes of a member in a week."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from club.models.weeks import Nomination, Week


class Vote(models.Model):
    week = models.ForeignKey(Week, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="votes")
    nomination = models.ForeignKey(Nomination, models.CASCADE, related_name="votes")
    rank = models.PositiveSmallIntegerField(choices=[(1, "first"), (2, "second")])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["week", "user", "rank"], name="vote_once_per_rank"),
            models.UniqueConstraint(fields=["user", "nomination"], name="vote_one_rank_per_nomination"),
            models.CheckConstraint(condition=models.Q(rank__in=[1, 2]), name="vote_rank"),
        ]

    def __str__(self) -> str:
        return f"vote {self.pk}"
