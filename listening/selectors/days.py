"""Plays per day, for the line on a profile."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from listening.models import ListenEvent
from sidetrack.models import User

LONGEST = 366
"""Days one picture shows at most."""


def plays_per_day(user: User, days: int, now: datetime | None = None) -> list[tuple[date, int | None]]:
    """The last `days` days in the listener's own zone, today last; at most LONGEST. Two queries.

    None stands on the days before anything is known of them (before their first listen in the window
    where nothing older is known either); a quiet day between listens is 0.
    """
    zone = user.zone
    today = (now or timezone.now()).astimezone(zone).date()
    first = today - timedelta(days=min(days, LONGEST) - 1)
    heard = ListenEvent.objects.filter(user=user, duplicate_of=None)
    counts = dict(
        heard.filter(started_at__gte=_midnight(first, zone))
        .order_by()
        .annotate(day=TruncDate("started_at", tzinfo=zone))
        .values_list("day")
        .annotate(plays=Count("id"))
    )
    known_from = min(counts, default=today)
    if heard.filter(started_at__lt=_midnight(first, zone)).exists():
        known_from = first
    window = (first + timedelta(n) for n in range((today - first).days + 1))
    return [(day, counts.get(day, 0) if day >= known_from else None) for day in window]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
