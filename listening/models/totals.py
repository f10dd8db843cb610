"""Counts of all time of members who heard so much that counting anew takes too long.

Rows stand for a member exactly while their `TotalsState` does; every write to their listens then keeps
them equal to a recount (listening/services/totals.py).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class ListenTotal(models.Model):
    """Plays of one thing by one member. `item` is the id of the artist, album or track; of a day its proleptic
    ordinal, of an hour of the week 24 * weekday (Monday 0) + hour, both in the zone of the TotalsState."""

    class Kind(models.TextChoices):
        ARTIST = "artist"
        ALBUM = "album"
        TRACK = "track"
        DAY = "day"
        HOUR = "hour"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    item = models.BigIntegerField()
    plays = models.PositiveIntegerField()
    ms = models.PositiveBigIntegerField(default=0)
    # When it was heard first; of artists, albums and tracks.
    first_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "item"], name="listen_total_once"),
        ]
        indexes = [
            # Top lists of all time.
            models.Index(fields=["user", "kind", "-plays", "item"], name="listen_total_top"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item}: {self.plays}"


class TotalsState(models.Model):
    """This member's totals stand, and are of this zone. With the sums over everything."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    zone = models.CharField(max_length=64)
    plays = models.PositiveIntegerField(default=0)
    ms = models.PositiveBigIntegerField(default=0)
    # Plays that tell how long they were.
    timed = models.PositiveIntegerField(default=0)
    built_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"totals of {self.built_at}"
