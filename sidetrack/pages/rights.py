"""Pages of one's own data: a copy of it, and the end of the account. Only their own member sees them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sidetrack.errors import NotFound, SidetrackError
from sidetrack.forms import LeaveForm
from sidetrack.pages.doors import actor, person_door, signed_in, viewer
from sidetrack.selectors.rights import export_json, export_to_download, latest_export
from sidetrack.services.erasing import leave
from sidetrack.services.exporting import AGAIN_AFTER, ask_for_export, sections_of, wait_for_next
from sidetrack.services.limits import limit_leaving


@require_safe
@never_cache
@person_door
def data(request: HttpRequest) -> HttpResponse:
    """A copy of one's data and how far it is; asked again every second while it is made (the part alone by htmx)."""
    person = signed_in(request)
    export, wait = latest_export(person), wait_for_next(person)
    context: dict[str, Any] = {
        "export": export,
        "shown": export_json(export) if export else None,
        "of": len(sections_of(person)),
        "next_at": timezone.now() + wait if wait else None,
        "hours": AGAIN_AFTER.seconds // 3600,
        "days": settings.EXPORT_DAYS,
    }
    part = request.headers.get("HX-Target") == "export"
    return render(request, "sidetrack/_export.html" if part else "sidetrack/rights.html", context)


@require_POST
@person_door
def ask(request: HttpRequest) -> HttpResponse:
    ask_for_export(by=actor(request))
    return redirect("data")


@require_safe
@person_door
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The zip, streamed; to its own member only and kept by no cache."""
    export = export_to_download(viewer(request), pk)
    try:
        file = default_storage.open(str(export.file.name), "rb")
    except FileNotFoundError:
        raise NotFound("This file is no longer here. Ask for a new copy.") from None
    name = f"{signed_in(request).username}-{export.created_at:%Y-%m-%d}.zip"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def delete(request: HttpRequest) -> HttpResponse:
    """What goes and what stays; the account ends when the username is typed."""
    person = signed_in(request)
    form = LeaveForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST":
        limit_leaving(request)
        if form.is_valid() and _leave(request, form):
            return redirect("home")
    context = {"form": form, "person": person}
    return render(request, "sidetrack/rights_delete.html", context, status=400 if form.errors else 200)


def _leave(request: HttpRequest, form: LeaveForm) -> bool:
    asked = form.cleaned_data
    keep_words = not asked["remove_words"]
    try:
        leave(by=actor(request), confirm=asked["confirm"], password=asked.get("password", ""), keep_words=keep_words)
    except SidetrackError as refusal:
        form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
        return False
    logout(request)
    messages.success(request, "Your account is deleted. What was kept about you is being removed now. Farewell.")
    return True
