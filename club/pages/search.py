"""One box for albums, tracks, weeks and people."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from club.pages.doors import asked, door, viewer
from club.selectors.lists import as_rows, weeks
from listening.selectors.albums import search_albums, search_tracks
from listening.services.handing import hand_out
from listening.services.looking_further import Further, look_further
from sidetrack.errors import Throttled
from sidetrack.selectors.people import member_cards
from sidetrack.services.limits import limit_search

ALBUMS, TRACKS, WEEKS, PEOPLE = 24, 12, 12, 12


@require_safe
@door
def search(request: HttpRequest) -> HttpResponse:
    query = asked(request)
    if not query:
        return render(request, "club/search.html", {"q": ""})
    try:
        limit_search(request)
    except Throttled as slow:
        return render(request, "club/search.html", {"q": query, "slow": slow.detail}, status=slow.status)
    further = looked_further(request, query, ALBUMS)
    context: dict[str, Any] = {
        "q": query,
        "further": further,
        "albums": further.here if further else search_albums(query, ALBUMS),
        "tracks": search_tracks(query, TRACKS),
        "weeks": as_rows(weeks(search=query)[:WEEKS]),
        "people": member_cards(viewer(request), query)[:PEOPLE],
    }
    context["nothing"] = not any(context[kind] for kind in ("albums", "tracks", "weeks", "people"))
    return render(request, "club/search.html", context)


def looked_further(request: HttpRequest, query: str, limit: int) -> Further | None:
    """With `?further=1` what other catalogues know as well, each row with the text that names it in a form."""
    if not query or request.GET.get("further") != "1":
        return None
    further = look_further(query, limit)
    for row in further.elsewhere:
        row.handed = hand_out(row)
    return further
