"""What was heard: one row for every record a source gave us."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from listening.models.catalogue import Album, Artist, Track
from listening.models.imports import ListenImport


class ListenEvent(models.Model):
    """One play as one source tells it.

    `started_at` is the start of the play in UTC as best known; `source_key` is a hash of what the
    source said and never changes, so that the same record is stored once whatever we later learn
    about track and album. Only rows without `duplicate_of` are counted.
    """

    class Source(models.TextChoices):
        SPOTIFY = "spotify", "Spotify"
        SPOTIFY_HISTORY = "spotify_history", "Spotify history file"
        SPOTIFY_ACCOUNT = "spotify_account", "Spotify account data"
        LASTFM = "lastfm", "Last.fm"
        # Exports that tell only the minute: other records of the same scrobbles.
        LASTFM_MINUTES = "lastfm_minutes", "Last.fm, to the minute"
        LISTENBRAINZ = "listenbrainz", "ListenBrainz"
        LIBREFM = "librefm", "Libre.fm"
        MALOJA = "maloja", "Maloja"
        KOITO = "koito", "Koito"
        SCROBBLER_LOG = "scrobbler_log", "a portable player's log"
        MANUAL = "manual", "entered by hand"
        OTHER = "other", "another player"

    # No index of its own: two below begin with the member, and PostgreSQL would take the short one where it
    # believes that a member has few listens, and read all of them for every key it looks for.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="listens", db_index=False)
    track = models.ForeignKey(Track, models.PROTECT, related_name="listens")
    artist = models.ForeignKey(Artist, models.PROTECT, related_name="listens")
    album = models.ForeignKey(Album, models.PROTECT, null=True, related_name="listens")
    started_at = models.DateTimeField()
    ms_played = models.PositiveIntegerField(null=True)
    # How long the track is by this source: matching rests on what a record itself says (listening/duplicates.py).
    duration_ms = models.PositiveIntegerField(null=True)
    source = models.CharField(max_length=20, choices=Source)
    source_key = models.CharField(max_length=40)
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="duplicates", db_index=False)
    # The member said that this is a play of its own: it is never taken for another source's.
    kept_apart = models.BooleanField(default=False, db_default=False)
    # Which file brought it, so that an import can be undone as a whole.
    imported_by = models.ForeignKey(ListenImport, models.SET_NULL, null=True, related_name="listens", db_index=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "source", "source_key"], name="listen_once_per_source"),
            models.CheckConstraint(condition=~Q(duplicate_of=models.F("id")), name="listen_not_its_own_duplicate"),
        ]
        indexes = [
            # Recent plays by keyset, and every windowed count, sum and top list without touching the table.
            models.Index(
                fields=["user", "-started_at", "-id", "artist", "album", "track", "ms_played"],
                name="listen_by_user_time",
                condition=Q(duplicate_of__isnull=True),
            ),
            # What repeats a play: matching, deleting. Most rows repeat nothing and cost this index nothing.
            models.Index(fields=["duplicate_of"], name="listen_repeating", condition=Q(duplicate_of__isnull=False)),
            # What a file brought: its page, taking it back.
            models.Index(fields=["imported_by"], name="listen_by_import", condition=Q(imported_by__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"listen {self.pk}"


class MatchState(models.Model):
    """By which version of the rule (listening/duplicates.py) a member's whole history was last matched."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    version = models.PositiveSmallIntegerField()
    matched_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"matched by rule {self.version}"
