"""GET /health: is the site able to serve, part by part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from sidetrack.models import JobRun

BEATS_WITHIN = timedelta(seconds=120)
OVERDUE_AFTER = timedelta(seconds=60)
ADDRESSES = {"/health", "/health/", "/api/v1/health", "/api/v1/health/"}


class HealthMiddleware:
    """Answers ADDRESSES before anything that needs a known host, a session or the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return health(request) if request.path_info in ADDRESSES else self.get_response(request)


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    checks = {"database": _or_down(_database)}
    checks["queue"] = _or_down(queue) if checks["database"] == "ok" else "unknown"
    healthy = "down" not in checks.values()
    return JsonResponse(
        {"status": "ok" if healthy else "down", "version": settings.VERSION, "checks": checks},
        status=200 if healthy else 503,
        headers={"Cache-Control": "no-store"},
    )


def _or_down(check: Callable[[], str]) -> str:
    try:
        return check()
    except Error:
        return "down"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        cursor.fetchone()
    return "ok"


def queue() -> str:
    """ok: workers beat or work. idle: there are none, and nothing waits. down: work waits and nobody takes it."""
    now = timezone.now()
    beats = JobRun.objects.filter(job__name="heartbeat", queued_at__gt=now - BEATS_WITHIN, started_at__isnull=False)
    if beats.exists() or JobRun.objects.filter(state=JobRun.State.RUNNING, lease_until__gt=now).exists():
        return "ok"
    late = now - OVERDUE_AFTER
    waits = Q(state=JobRun.State.QUEUED, run_after__lt=late) | Q(state=JobRun.State.RUNNING, lease_until__lt=late)
    overdue = JobRun.objects.filter(waits, job__enabled=True, job__paused=False)
    # Heartbeats are left waiting by every worker that is stopped.
    return "down" if overdue.exclude(job__name="heartbeat").exists() else "idle"
