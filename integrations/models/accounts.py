"""Accounts elsewhere that belong to our people: the only truth about who a Discord id is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class LinkedAccount(models.Model):
    """One account of a person at a provider. `external_id` is the provider's own id, always text."""

    class Provider(models.TextChoices):
        DISCORD = "discord", "Discord"
        SPOTIFY = "spotify", "Spotify"
        LASTFM = "lastfm", "Last.fm"
        LISTENBRAINZ = "listenbrainz", "ListenBrainz"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="linked_accounts")
    provider = models.CharField(max_length=12, choices=Provider)
    external_id = models.CharField(max_length=120)
    external_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "external_id"], name="account_belongs_to_one_person"),
            models.UniqueConstraint(fields=["user", "provider"], name="account_one_per_provider"),
            models.CheckConstraint(
                condition=models.Q(provider__in=["discord", "spotify", "lastfm", "listenbrainz"]),
                name="account_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.external_name or self.external_id}"


class GoneAccount(models.Model):
    """An account elsewhere whose person deleted their account here: no bot brings them back by it.

    Only a keyed digest of provider and id is kept (integrations/services/gone.py).
    """

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"gone account {self.pk}"
