"""Writes down how accounts fare (the rule: integrations/health.py). Conditional updates only: no row is held."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.errors import ProviderError
from integrations.health import NEEDS_RECONNECT, OK, Outcome, Standing, after, outcome_of
from integrations.models import LinkedAccount

GOOD_EVERY = timedelta(minutes=1)
"""A success of a healthy account is written down this often at most: a backfill is many calls."""


def note(account_id: int, error: ProviderError | None, now: datetime | None = None) -> None:
    """A call for this account ended so; None is a good answer.

    A lost grant is not noted here: it ends with its tokens (services/tokens.py), and only over the tokens it was of.
    """
    now = now or timezone.now()
    outcome = outcome_of(error)
    if outcome is Outcome.GOOD:
        _note_good(account_id, now)
    elif outcome is not Outcome.LOST and error is not None:
        _note_bad(account_id, outcome, error.sentence, now)


def _note_good(account_id: int, now: datetime) -> None:
    account = LinkedAccount.objects.filter(pk=account_id)
    worth_it = Q(failures__gt=0) | Q(last_good_at__isnull=True) | Q(last_good_at__lt=now - GOOD_EVERY)
    account.filter(worth_it, health=OK).update(failures=0, last_good_at=now)
    account.exclude(health__in=[OK, NEEDS_RECONNECT]).update(
        health=OK, health_since=now, failures=0, probe_at=None, last_good_at=now
    )


def _note_bad(account_id: int, outcome: Outcome, sentence: str, now: datetime) -> None:
    """Compared with what was read, and tried again when another process was quicker: no failure goes uncounted."""
    said = {"last_error": sentence[:300], "last_error_at": now}
    while True:
        row = LinkedAccount.objects.filter(pk=account_id).values("health", "failures", "probe_at").first()
        if row is None:
            return
        new = after(Standing(**row), outcome, now)
        changed = {"health_since": now} if new.health != row["health"] else {}
        fields = {"health": new.health, "failures": new.failures, "probe_at": new.probe_at}
        if LinkedAccount.objects.filter(pk=account_id, **row).update(**fields, **changed, **said):
            return
