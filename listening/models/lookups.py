"""What the outside world was asked about an album, and what came of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from listening.models.catalogue import Album


class AlbumLookup(models.Model):
    """The last time a source was asked about an album. `detail` is a sentence for people where it went wrong."""

    class State(models.TextChoices):
        FOUND = "found", "found"
        NOTHING = "nothing", "does not know it"
        UNSURE = "unsure", "has several like it"
        LATER = "later", "will be asked later"
        FAILED = "failed", "failed"

    album = models.ForeignKey(Album, models.CASCADE, related_name="lookups")
    source = models.CharField(max_length=20)
    state = models.CharField(max_length=7, choices=State)
    # How it was recognised: "id", "link", "upc", "isrc", "search"; empty where it was not.
    matched_by = models.CharField(max_length=10, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    looked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also the page of the album, and which albums were never looked up.
            models.UniqueConstraint(fields=["album", "source"], name="lookup_once_per_source"),
            models.CheckConstraint(
                condition=models.Q(state__in=["found", "nothing", "unsure", "later", "failed"]), name="lookup_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.state}"
