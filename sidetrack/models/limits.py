"""Counts of requests, where no Redis holds them."""

from __future__ import annotations

from django.db import models


class RequestCount(models.Model):
    """Requests of one actor under one limit, in the window that ends at `ends_at` (Unix seconds).

    Written by one upsert (sidetrack/services/limits.py), so that processes never count past each other.
    """

    key = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.BigIntegerField()

    class Meta:
        indexes = [
            # Sweeping out windows that are over.
            models.Index(fields=["ends_at"], name="request_count_over"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
