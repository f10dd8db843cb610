"""Pages of history files: upload, watch, cancel, try again. Only their own member sees them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listening.models import ListenImport
from listening.selectors.imports import import_or_404, imports_of, rejects_of, time_left, title_of
from listening.services.imports import cancel_import, check_size, retry_import, start_import
from sidetrack.errors import Invalid, TooLarge
from sidetrack.pages.doors import actor, person_door, signed_in, viewer
from sidetrack.services.limits import limit_upload

PER_PAGE = 20
REJECTS_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file, and see what became of those before."""
    if request.method != "POST":
        return _list(request)
    actor(request).must_be_member()
    limit_upload(request)
    try:
        return redirect("import", _upload(request).pk)
    except (Invalid, TooLarge) as refusal:
        return _list(request, refusal.detail, refusal.status)


def _upload(request: HttpRequest) -> ListenImport:
    file = request.FILES.get("file")
    if file is None:  # none chosen, or more than the upload handler takes
        length = request.META.get("CONTENT_LENGTH") or ""
        check_size(int(length) if length.isdigit() else 0)
        raise Invalid("Choose a file first.", attr="file", code="required")
    return start_import(file, by=actor(request))


def _list(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    page = Paginator(imports_of(signed_in(request)), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"import": row, "title": title_of(row)} for row in page]
    return render(request, "listening/imports.html", {"page": page, "rows": rows, "refusal": refusal}, status=status)


@require_safe
@never_cache
@person_door
def one_import(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is and what it found; asked again every second while it runs (the part alone by htmx)."""
    row = import_or_404(viewer(request), pk)
    left = time_left(row, timezone.now())
    context = {
        "import": row,
        "title": title_of(row),
        "minutes_left": round(left.total_seconds() / 60) if left is not None else None,
        "skipped": sorted(row.skipped.items(), key=lambda item: (-item[1], item[0])),
        "rejects": rejects_of(row)[:REJECTS_SHOWN],
        "rejects_shown": REJECTS_SHOWN,
    }
    whole = request.headers.get("HX-Target") != "import"
    return render(request, "listening/import.html" if whole else "listening/_import.html", context)


@require_POST
@person_door
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = cancel_import(pk, by=actor(request))
    messages.success(request, "Stopped." if not row.is_open else "It stops after the rows it is busy with.")
    return redirect("import", pk)


@require_POST
@person_door
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    retry_import(pk, by=actor(request))
    return redirect("import", pk)
