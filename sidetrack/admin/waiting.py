"""What waits for a moderator, shown first at the desk. Apps on the right register what waits of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from sidetrack.models import JobRun, User


@dataclass(frozen=True)
class Waiting:
    """`count` things, and the list that shows them."""

    count: int
    what: str
    address: str


Look = Callable[[], Waiting]
_LOOKS: list[Look] = []


def waits(look: Look) -> Look:
    """Register a function that counts something that waits."""
    _LOOKS.append(look)
    return look


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK."""
    return context | {"waiting": what_waits()}


def what_waits() -> list[Waiting]:
    """What there is to do, a query each."""
    return [found for found in (look() for look in _LOOKS) if found.count]


@waits
def pending_people() -> Waiting:
    count = User.objects.filter(status=User.Status.PENDING, is_active=True).count()
    address = reverse("admin:sidetrack_user_changelist") + "?status__exact=pending"
    return Waiting(count, "people wait to be admitted" if count != 1 else "person waits to be admitted", address)


@waits
def failed_runs() -> Waiting:
    lately = timezone.now() - timedelta(days=7)
    count = JobRun.objects.filter(state=JobRun.State.FAILED, finished_at__gte=lately).count()
    address = reverse("admin:sidetrack_jobrun_changelist") + "?state__exact=failed"
    return Waiting(count, "jobs failed this week" if count != 1 else "job failed this week", address)
