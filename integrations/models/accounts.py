"""Accounts elsewhere that belong to our people: the only truth about who a Discord id is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from integrations.secret import EncryptedText, Secret

CONSENT_LASTS = {"spotify": timedelta(days=182)}
"""How long a member's consent is good for where the provider ends it: Spotify's refresh tokens live six months from
the authorisation, and refreshing does not prolong them."""


class LinkedAccount(models.Model):
    """One account of a person at a provider. `external_id` is the provider's own id, always text; of Last.fm and
    ListenBrainz it is the name in small letters.

    Tokens are kept here and nowhere else, encrypted. `token_version` grows with every change of them, so that a
    refresh is stored only over the tokens it was made from; `refresh_lease_until` lets one process refresh at a time.
    Saving a whole row that exists leaves them alone: a row read before a refresh would bring dead tokens back.
    """

    KEPT_APART = ("access_token", "refresh_token", "access_expires_at", "token_version", "refresh_lease_until")
    """What services/tokens.py alone writes."""

    class Provider(models.TextChoices):
        DISCORD = "discord", "Discord"
        SPOTIFY = "spotify", "Spotify"
        LASTFM = "lastfm", "Last.fm"
        LISTENBRAINZ = "listenbrainz", "ListenBrainz"

    class Health(models.TextChoices):
        OK = "ok", "working"
        DEGRADED = "degraded", "failing now and then"
        QUARANTINED = "quarantined", "left alone for a while"
        NEEDS_RECONNECT = "needs_reconnect", "must be reconnected"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="linked_accounts")
    provider = models.CharField(max_length=12, choices=Provider)
    external_id = models.CharField(max_length=120)
    external_name = models.CharField(max_length=120, blank=True)
    # False where somebody only named the account (Last.fm): it is read, and nothing proves that it is theirs.
    verified = models.BooleanField(default=True)
    scopes = models.JSONField(default=list, blank=True)
    access_token = EncryptedText(blank=True, default="", editable=False)
    refresh_token = EncryptedText(blank=True, default="", editable=False)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=0, editable=False)
    refresh_lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # When the member consented, from which the provider counts.
    authorised_at = models.DateTimeField(null=True, blank=True)
    # The last notice of an ending consent that was sent, in days before its end (30, 7); null after consenting anew.
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)

    health = models.CharField(max_length=15, choices=Health, default=Health.OK)
    health_since = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0)
    # A quarantined account is asked again at this time, and not before.
    probe_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)

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
            models.CheckConstraint(
                condition=models.Q(health__in=["ok", "degraded", "quarantined", "needs_reconnect"]),
                name="account_health",
            ),
            models.CheckConstraint(
                condition=~models.Q(health="quarantined") | models.Q(probe_at__isnull=False),
                name="account_quarantined_until",
            ),
        ]
        indexes = [
            # The job that refreshes what is about to expire, and accounts to sync by provider.
            models.Index(fields=["provider", "access_expires_at"], name="account_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.external_name or self.external_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        whole = not self._state.adding and not args and kwargs.get("update_fields") is None
        if whole and not kwargs.get("force_insert"):
            loaded = {field.name for field in self._meta.concrete_fields} - self.get_deferred_fields()
            kwargs["update_fields"] = loaded - {"id", *self.KEPT_APART}
        super().save(*args, **kwargs)

    @property
    def consent_ends_at(self) -> datetime | None:
        """When the member must consent anew at the latest; None where consent does not end by itself."""
        lasts = CONSENT_LASTS.get(self.provider)
        return self.authorised_at + lasts if lasts and self.authorised_at else None

    def has_scopes(self, *wanted: str) -> bool:
        return set(wanted) <= set(self.scopes)

    @property
    def has_token(self) -> bool:
        return bool(self.access_token) or bool(self.refresh_token)

    def token_is_fresh(self, now: datetime, margin: timedelta = timedelta(seconds=60)) -> bool:
        """Is there an access token that is good for at least `margin`?"""
        good = self.access_expires_at is None or self.access_expires_at > now + margin
        return isinstance(self.access_token, Secret) and bool(self.access_token) and good


class GoneAccount(models.Model):
    """An account elsewhere whose person deleted their account here: no bot brings them back by it.

    Only a keyed digest of provider and id is kept (integrations/services/gone.py).
    """

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"gone account {self.pk}"
