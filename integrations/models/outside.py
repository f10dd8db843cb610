"""What all processes must know of the providers: budgets used, times to stay away, doors that are closed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Bucket(models.Model):
    """A token bucket where no Redis holds it, as GCRA: `tat` is the theoretical arrival time of the next request in
    Unix microseconds. Written by one upsert (integrations/throttle/database.py)."""

    key = models.CharField(max_length=120, primary_key=True)
    tat = models.BigIntegerField()

    def __str__(self) -> str:
        return self.key


class ProviderBlock(models.Model):
    """A provider asked us to stay away from a group of its endpoints until then: the app, or one account.

    `key` is "provider:group:account" with empty parts where they do not matter. Rows that are over may stay.
    """

    key = models.CharField(max_length=120, primary_key=True)
    provider = models.CharField(max_length=20)
    group = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey("LinkedAccount", models.CASCADE, null=True, related_name="blocks")
    until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.key} until {self.until:%Y-%m-%d %H:%M}"


class Capability(models.Model):
    """Something a provider lets this app do or not (batch reads, audio features ...), as last seen.

    A closed one is not asked again before `ask_again_at`.
    """

    provider = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    is_open = models.BooleanField()
    detail = models.CharField(max_length=200, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    ask_again_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "capabilities"
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="capability_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.name}: {'open' if self.is_open else 'closed'}"


class DataPolicy(models.Model):
    """What the site's owner decided about data that comes from Spotify. One row, pk 1."""

    spotify_in_profiles = models.BooleanField("use Spotify's plays in taste profiles", default=True)
    spotify_to_model = models.BooleanField("send what comes from Spotify to a language model", default=False)
    delete_on_unlink = models.BooleanField("delete Spotify's plays when a member disconnects it", default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "policy on Spotify's data"
        verbose_name_plural = "policy on Spotify's data"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="data_policy_is_one_row")]

    def __str__(self) -> str:
        return "Policy on Spotify's data"
