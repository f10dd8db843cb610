"""A member's listening in depth, as far as they show it: everything of one period, and long top lists."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from listening.periods import NAMED, RANGE, USUAL, Period, day_of, period_of
from listening.selectors.clock import clock
from listening.selectors.days import series
from listening.selectors.firsts import first_albums, first_artists, new_share
from listening.selectors.heard import Heard
from listening.selectors.plays import first_play, recent
from listening.selectors.stats import summary_of
from listening.selectors.streaks import streaks
from listening.selectors.tops import TOPS
from sidetrack.errors import Invalid, NotFound
from sidetrack.gate import may_see_listening, person_or_404
from sidetrack.models import User
from sidetrack.pages.doors import door, viewer

PERIODS = {
    "today": "today",
    "week": "this week",
    "month": "this month",
    "year": "this year",
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "365d": "365 days",
    "all": "all time",
}
BEFORE = {
    "today": "yesterday by this time",
    "week": "last week by this time",
    "month": "last month by this time",
    "year": "last year by this time",
    "7d": "in the 7 days before",
    "30d": "in the 30 days before",
    "90d": "in the 90 days before",
    "365d": "in the 365 days before",
    RANGE: "in as many days before",
}
TOP, FIRSTS, RECENT = 10, 6, 20
ROWS, PAGES = 25, 4
"""Of a long top list: a hundred places."""


@require_safe
@door
def listening(request: HttpRequest, username: str) -> HttpResponse:
    found = _listener(request, username)
    if found.username != username:
        return redirect("listening", username=found.username)
    period, refusal = _period(request, found)
    heard = Heard(found, period)
    summary = summary_of(heard, TOP)
    own = viewer(request) == found
    context: dict[str, Any] = {
        **_frame(request, heard, refusal),
        "own": own,
        "summary": summary,
        "than": BEFORE.get(period.key, ""),
        "days": series(heard),
        "clock": clock(heard),
        "streaks": streaks(heard),
        "first_artists": first_artists(heard, FIRSTS),
        "first_albums": first_albums(heard, FIRSTS),
        "new_share": new_share(heard),
        "first_play": first_play(found),
        "recent": recent(found, RECENT, request.GET.get("before"), period=period, sources=True),
        "today": heard.today,
    }
    return render(request, "listening/listening.html", context, status=400 if refusal else 200)


@require_safe
@door
def top(request: HttpRequest, username: str, kind: str) -> HttpResponse:
    """The first hundred artists, albums, tracks or genres of a period, in pages."""
    found = _listener(request, username)
    if kind not in TOPS:
        raise NotFound
    period, refusal = _period(request, found)
    heard = Heard(found, period)
    page = request.GET.get("page", "1")
    at = min(int(page), PAGES) if page.isascii() and page.isdigit() and 0 < len(page) < 4 and int(page) else 1
    rows = list(TOPS[kind](heard, ROWS + 1, (at - 1) * ROWS))
    most = rows if at == 1 else TOPS[kind](heard, 1, 0)
    context: dict[str, Any] = {
        **_frame(request, heard, refusal),
        "kind": kind,
        "rows": rows[:ROWS],
        "first_place": (at - 1) * ROWS + 1,
        "most": most[0].listens if most else 0,
        "newer": at - 1 if at > 1 else None,
        "older": at + 1 if len(rows) > ROWS and at < PAGES else None,
    }
    return render(request, "listening/top.html", context, status=400 if refusal else 200)


def _listener(request: HttpRequest, username: str) -> User:
    """Whose listening the viewer may see; for others there is no such page."""
    found = person_or_404(viewer(request), username)
    if not may_see_listening(viewer(request), found):
        raise NotFound("There is no such page here.")
    return found


def _period(request: HttpRequest, listener: User) -> tuple[Period, Invalid | None]:
    """The period asked for; the usual one, and why, where the days of a range make none."""
    now, key = timezone.now(), request.GET.get("period", USUAL)
    try:
        first, last = (day_of(request.GET.get(name, "").strip(), name) for name in ("from", "to"))
        if first or last:
            return period_of(RANGE, listener.zone, now, first=first, last=last), None
    except Invalid as refusal:
        return period_of(USUAL, listener.zone, now), refusal
    return period_of(key if key in NAMED else USUAL, listener.zone, now), None


def _frame(request: HttpRequest, heard: Heard, refusal: Invalid | None) -> dict[str, Any]:
    """What both pages show of person and period. `query` asks for the same period again."""
    period, asked = heard.period, {name: request.GET.get(name, "") for name in ("from", "to")}
    same = {name: day for name, day in asked.items() if day} if period.key == RANGE else {"period": period.key}
    return {
        "person": heard.user,
        "period": period,
        "periods": PERIODS,
        "words": PERIODS.get(period.key, "these days"),
        "asked": asked,
        "refusal": refusal,
        "query": urlencode(same),
    }
