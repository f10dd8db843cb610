"""Service tokens: how a bot or a worker signs in. Stored hashed, shown once."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

SCOPES = {
    "club:write": "post weeks, nominations, votes and ratings",
    "listens:write": "post listens",
    "taste:write": "post taste profiles",
    "jobs:manage": "switch, run and read jobs",
    "catalogue:write": "add and refresh albums",
    "moderate": "override winners, hide and restore reviews",
}


def digest(secret: str) -> str:
    """The sha256 of a token, as stored. A token is 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return "st_" + secrets.token_urlsafe(32)


class ServiceToken(models.Model):
    """A bot's or worker's credential. `scopes` is a list of the keys of SCOPES."""

    name = models.CharField(max_length=80, unique=True)
    prefix = models.CharField(max_length=12, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
