"""What exists: artists, albums (release groups, what a club nominates) and tracks (recordings).

`folded` columns hold the matching key of the name (listening/folding.py); the name itself is kept as
it was given. `disambiguation` is empty unless two things truly share artist and title (Weezer has
several albums called "Weezer"); it is part of the unique key so that ensuring twice makes one row.

A row that was merged into another stays as an alias: `merged_into` names what it is now (never an alias itself), its
names keep leading there, and nothing else points at it. Lists and searches show `standing()` rows only.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from django.utils import timezone

M = TypeVar("M", bound=models.Model)


class CatalogueQuerySet(models.QuerySet[M]):
    def standing(self) -> CatalogueQuerySet[M]:
        """Without aliases."""
        return self.filter(merged_into=None)


class Artist(models.Model):
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    disambiguation = models.CharField(max_length=120, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="aliases")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CatalogueQuerySet["Artist"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="artist_not_its_own_alias"),
            # Also the look-up by folded name.
            models.UniqueConstraint(fields=["folded", "disambiguation"], name="artist_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Album(models.Model):
    """A release group. `artist_credit` is the line shown ("David Bowie & Queen"); `artists` are its people."""

    title = models.CharField(max_length=300)
    artist_credit = models.CharField(max_length=300)
    folded_title = models.CharField(max_length=300)
    folded_artist = models.CharField(max_length=300)
    disambiguation = models.CharField(max_length=120, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    cover_url = models.CharField(max_length=500, blank=True)
    artists = models.ManyToManyField(Artist, through="AlbumArtist", related_name="albums")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="aliases")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CatalogueQuerySet["Album"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="album_not_its_own_alias"),
            # Also the look-up by folded artist and title.
            models.UniqueConstraint(fields=["folded_artist", "folded_title", "disambiguation"], name="album_once"),
            models.CheckConstraint(
                condition=models.Q(year__isnull=True) | models.Q(year__range=(1860, 2100)), name="album_year"
            ),
        ]
        indexes = [
            # Search by title alone.
            models.Index(fields=["folded_title"], name="album_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title} by {self.artist_credit}"


class AlbumArtist(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="album_artists")
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["album", "artist"], name="album_artist_once")]


class Track(models.Model):
    """A recording, whatever albums it stands on (`AlbumTrack`)."""

    title = models.CharField(max_length=500)
    artist_credit = models.CharField(max_length=300)
    folded_title = models.CharField(max_length=500)
    folded_artist = models.CharField(max_length=300)
    disambiguation = models.CharField(max_length=120, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    artists = models.ManyToManyField(Artist, through="TrackArtist", related_name="tracks")
    albums = models.ManyToManyField(Album, through="AlbumTrack", related_name="tracks")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="aliases")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CatalogueQuerySet["Track"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(merged_into=models.F("id")), name="track_not_its_own_alias"),
            # Also the look-up by folded artist and title.
            models.UniqueConstraint(fields=["folded_artist", "folded_title", "disambiguation"], name="track_once"),
        ]
        indexes = [
            # Search by title alone.
            models.Index(fields=["folded_title"], name="track_by_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title} by {self.artist_credit}"


class TrackArtist(models.Model):
    track = models.ForeignKey(Track, models.CASCADE, related_name="track_artists")
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["track", "artist"], name="track_artist_once")]


class AlbumTrack(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="album_tracks")
    track = models.ForeignKey(Track, models.CASCADE, related_name="album_tracks")
    disc = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["disc", "number", "pk"]
        constraints = [models.UniqueConstraint(fields=["album", "track"], name="album_track_once")]


class ExternalId(models.Model):
    """An id somewhere else, of exactly one artist, album or track. Editions give an album several."""

    class Scheme(models.TextChoices):
        SPOTIFY = "spotify", "Spotify"
        MUSICBRAINZ = "musicbrainz", "MusicBrainz"  # artist, release group, recording
        MUSICBRAINZ_RELEASE = "musicbrainz_release", "MusicBrainz release"
        ISRC = "isrc", "ISRC"
        UPC = "upc", "UPC"
        DISCOGS = "discogs", "Discogs"
        DEEZER = "deezer", "Deezer"
        APPLE = "apple", "Apple Music"

    scheme = models.CharField(max_length=20, choices=Scheme)
    value = models.CharField(max_length=120)
    artist = models.ForeignKey(Artist, models.CASCADE, null=True, blank=True, related_name="external_ids")
    album = models.ForeignKey(Album, models.CASCADE, null=True, blank=True, related_name="external_ids")
    track = models.ForeignKey(Track, models.CASCADE, null=True, blank=True, related_name="external_ids")
    source = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(artist__isnull=False, album__isnull=True, track__isnull=True)
                | models.Q(artist__isnull=True, album__isnull=False, track__isnull=True)
                | models.Q(artist__isnull=True, album__isnull=True, track__isnull=False),
                name="external_id_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=models.Q(artist__isnull=False), name="external_id_artist_once"
            ),
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=models.Q(album__isnull=False), name="external_id_album_once"
            ),
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=models.Q(track__isnull=False), name="external_id_track_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Tag(models.Model):
    """A word about music: a genre, a decade ("1990s") or a country (ISO 3166-1 alpha-2, "GB")."""

    class Kind(models.TextChoices):
        GENRE = "genre", "genre"
        DECADE = "decade", "decade"
        COUNTRY = "country", "country"

    kind = models.CharField(max_length=7, choices=Kind)
    name = models.CharField(max_length=80)
    folded = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "folded"], name="tag_once")]

    def __str__(self) -> str:
        return self.name


class AlbumTag(models.Model):
    """A tag on an album and who says so (`source`: "nomination", "moderator", "musicbrainz", ...)."""

    album = models.ForeignKey(Album, models.CASCADE, related_name="album_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="album_tags")
    source = models.CharField(max_length=40)
    weight = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "tag", "source"], name="album_tag_once_per_source")]

    def __str__(self) -> str:
        return f"{self.tag} ({self.source})"
