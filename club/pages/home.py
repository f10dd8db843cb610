"""The front page: this week, what one can do now, the last winner, and the newest covers on the wall."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from club.models import Week
from club.pages.doors import door, viewer
from club.pages.show import week_context
from club.selectors.home import home as front_page
from club.selectors.lists import as_rows, gallery
from club.selectors.state import read_week
from sidetrack.models import User

ON_THE_WALL = 10


@require_safe
@door
def home(request: HttpRequest) -> HttpResponse:
    who = viewer(request)
    front = front_page(who)
    current, last = front["current"], front["last_winner"]
    if current is None:
        return render(request, "club/home.html", {"week": None})
    context: dict[str, Any] = {
        **week_context(who, read_week(who, number=current["number"])),
        "last_winner": last if last and last["number"] != current["number"] else None,
        "to_rate": any(act["action"] == "rate" for act in front["to_do"]),
        "winners": as_rows(gallery().exclude(number=current["number"])[:ON_THE_WALL]),
    }
    if who is None:
        context |= {"weeks_so_far": Week.objects.count(), "member_count": User.objects.members().count()}
    return render(request, "club/home.html", context)
