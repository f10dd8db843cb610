"""A member's page: what they hear, as far as they show it, and what they did in the club."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from club.pages.doors import door, viewer
from club.selectors.history import club_history
from listening.periods import USUAL
from listening.selectors.days import series
from listening.selectors.heard import heard
from listening.selectors.plays import recent
from listening.selectors.stats import summary_of
from sidetrack.gate import may_see_listening, person_or_404
from sidetrack.models import User
from sidetrack.selectors.people import is_following

PERIODS = {"7d": "7 days", "30d": "30 days", "90d": "3 months", "365d": "a year", "all": "all time"}
TOP, RECENT = 10, 12
SHOWN = 12
"""Nominations and ratings before "all of them"."""


@require_safe
@door
def person(request: HttpRequest, username: str) -> HttpResponse:
    who = viewer(request)
    found = person_or_404(who, username)
    if found.username != username:
        return redirect("person", username=found.username)
    period = request.GET.get("period", USUAL)
    period = period if period in PERIODS else USUAL
    context: dict[str, Any] = {
        "person": found,
        "own": who is not None and who.pk == found.pk,
        "following": is_following(who, found),
        "club": club_history(found, who),
        "shown": None if "all" in request.GET else SHOWN,
        "period": period,
        "periods": PERIODS,
        "listening": _listening(found, period) if may_see_listening(who, found) else None,
    }
    return render(request, "club/person.html", context)


def _listening(person: User, period: str) -> dict[str, Any]:
    plays = heard(person, period)
    return {
        "summary": summary_of(plays, TOP),
        "days": series(plays),
        "recent": recent(person, RECENT),
    }
