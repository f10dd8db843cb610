"""The wall of winners."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from club.models import Week
from club.pages.doors import asked, door, kept
from club.selectors.lists import as_rows, gallery, gallery_years

PER_PAGE = 36


@require_safe
@door
def weeks(request: HttpRequest) -> HttpResponse:
    query, years = asked(request), gallery_years()
    year = next((year for year in years if str(year) == request.GET.get("year")), None)
    page: Page[Week] = Paginator(gallery(search=query, year=year), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "rows": as_rows(page.object_list),
        "page": page,
        "q": query,
        "year": year,
        "years": years,
    }
    for name, there in (("next", page.has_next()), ("previous", page.has_previous())):
        number = page.number + (1 if name == "next" else -1)
        context[f"{name}_query"] = kept(request, page=number) if there else ""
    return render(request, "club/weeks.html", context)
