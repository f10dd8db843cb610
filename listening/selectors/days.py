"""Plays per day, for the line on a profile."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from listening.models import ListenEvent
from sidetrack.models import User

LONGEST = 367
"""Days one picture shows at most."""


def plays_per_day(user: User, since: datetime | None, now: datetime | None = None) -> list[tuple[date, int | None]]:
    """Plays since then in the listener's own days, today last; at most LONGEST days. Two queries.

    None stands on the days before anything is known of them (before their first listen in the window
    where nothing older is known either); a quiet day between listens is 0.
    """
    zone = user.zone
    today = (now or timezone.now()).astimezone(zone).date()
    earliest = datetime.combine(today - timedelta(days=LONGEST - 1), time(), zone)
    start = max(since, earliest) if since else earliest
    first = start.astimezone(zone).date()
    heard = ListenEvent.objects.filter(user=user, duplicate_of=None)
    counts = dict(
        heard.filter(started_at__gte=start)
        .order_by()
        .annotate(day=TruncDate("started_at", tzinfo=zone))
        .values_list("day")
        .annotate(plays=Count("id"))
    )
    known_from = min(counts, default=today)
    if heard.filter(started_at__lt=start).exists():
        known_from = first
    window = (first + timedelta(n) for n in range((today - first).days + 1))
    return [(day, counts.get(day, 0) if day >= known_from else None) for day in window]
