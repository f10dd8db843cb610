"""What every page knows about the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {"club_name": settings.CLUB_NAME, "demo": settings.DEMO, "version": settings.VERSION}
