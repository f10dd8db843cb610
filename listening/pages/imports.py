"""Pages of history files: upload, watch, stop, go on. Only their own member sees them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listening.models import ListenEvent, ListenImport
from listening.selectors.imports import (
    import_or_404,
    imports_of,
    reject_reasons,
    rejects_of,
    removal_of,
    source_of,
    state_of,
    taken_for_others,
    time_left,
    title_of,
)
from listening.services.imports import REJECTS_KEPT, cancel_import, check_size, retry_import, start_import
from sidetrack.errors import Invalid, SidetrackError, Throttled, TooLarge
from sidetrack.pages.doors import actor, person_door, signed_in, viewer
from sidetrack.services.limits import limit_upload
from sidetrack.text import formula_free

PER_PAGE = 20
REJECTS_PER_PAGE = 25
_FORM_AROUND_FILE = 4096


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def imports(request: HttpRequest) -> HttpResponse:
    """Upload files, each an import of its own, and see what became of those before."""
    if request.method != "POST":
        return _list(request)
    actor(request).must_be_member()
    limit_upload(request)
    try:
        files = _files(request)
    except (Invalid, TooLarge) as refusal:
        return _list(request, [refusal.detail], refusal.status)
    started, refused = _start(request, files)
    if refused:
        if started:
            those = "1 file" if len(started) == 1 else f"{len(started)} files"
            messages.success(request, f"{those} came in, {len(refused)} did not.")
        named = [f"{name}: {refusal.detail}" if len(files) > 1 else refusal.detail for name, refusal in refused]
        return _list(request, named, refused[0][1].status)
    if len(started) == 1:
        return redirect("import", started[0].pk)
    messages.success(request, f"{len(started)} files came in. They are read one after the other.")
    return redirect("imports")


def _files(request: HttpRequest) -> list[UploadedFile[bytes]]:
    """The files of the form. Raises Invalid without any, TooLarge where the upload handler left some out."""
    files = [file for file in request.FILES.getlist("file") if isinstance(file, UploadedFile)]
    length = request.META.get("CONTENT_LENGTH") or ""
    sent = int(length) if length.isdigit() else 0
    kept = sum(file.size or 0 for file in files)
    if sent - kept > _FORM_AROUND_FILE * (len(files) + 1):
        check_size(sent)
    if not files:
        raise Invalid("Choose a file first.", attr="file", code="required")
    return files


def _start(
    request: HttpRequest, files: list[UploadedFile[bytes]]
) -> tuple[list[ListenImport], list[tuple[str, SidetrackError]]]:
    """The imports of these files, and which were refused and why. Each file counts against the limit of uploads."""
    started: dict[int, ListenImport] = {}
    refused: list[tuple[str, SidetrackError]] = []
    for at, file in enumerate(files):
        try:
            if at:
                limit_upload(request)
            row = start_import(file, by=actor(request))
            started[row.pk] = row
        except (Invalid, TooLarge, Throttled) as refusal:
            refused.append((str(file.name), refusal))
    return list(started.values()), refused


def _list(request: HttpRequest, refusals: list[str] | None = None, status: int = 200) -> HttpResponse:
    source = request.GET.get("source", "")
    source = source if source in ListenEvent.Source.values else ""
    found = imports_of(signed_in(request), source=source)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"import": row, "title": title_of(row), "state": state_of(row)} for row in page]
    context = {
        "page": page,
        "rows": rows,
        "any_open": any(row.is_open for row in page),
        "refusals": refusals or [],
        "source": ListenEvent.Source(source).label if source else "",
        "kept": urlencode({"source": source}) + "&" if source else "",
    }
    return render(request, "listening/imports.html", context, status=status)


@require_safe
@never_cache
@person_door
def one_import(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an import is and what it found; asked again every second while it runs (the part alone by htmx)."""
    row = import_or_404(viewer(request), pk)
    left = time_left(row, timezone.now())
    rejects = Paginator(rejects_of(row), REJECTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "import": row,
        "title": title_of(row),
        "source": source_of(row),
        "removal": removal_of(row),
        "minutes_left": round(left.total_seconds() / 60) if left is not None else None,
        "skipped": sorted(row.skipped.items(), key=lambda item: (-item[1], item[0])),
        "taken": None if row.is_open else taken_for_others(row),
        "rejects": rejects,
        "reasons": reject_reasons(row) if row.rejected_count else [],
        "rejects_kept": REJECTS_KEPT,
    }
    whole = request.headers.get("HX-Target") != "import"
    return render(request, "listening/import.html" if whole else "listening/_import.html", context)


@require_safe
@never_cache
@person_door
def rejects(request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The rejected rows as a table for a spreadsheet: number, code and reason, nothing of the row itself."""
    row = import_or_404(viewer(request), pk)
    answer = StreamingHttpResponse(_csv(row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{row.pk}-rejected.csv"'
    return answer


class _Echo:
    """What csv writes into: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(row: ListenImport) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["row", "code", "reason"])
    for reject in rejects_of(row).iterator():
        yield writer.writerow([reject.row, formula_free(reject.code), formula_free(reject.detail)])


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
