"""What every page knows about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from sidetrack.models import User


def site(request: HttpRequest) -> dict[str, Any]:
    return {"club_name": settings.CLUB_NAME, "demo": _shows_a_demo, "version": settings.VERSION}


def demo_is_here() -> bool:
    """Not taken out by `manage.py demo remove`."""
    return User.objects.filter(is_demo=True).exists()


def _shows_a_demo() -> bool:
    return settings.DEMO and demo_is_here()
