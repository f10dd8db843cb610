"""Where a member's plays come from, and taking out what a source or an import brought. Their own only."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from listening.models import ListenEvent
from listening.selectors.imports import import_or_404, loss_of_import, removal_of, title_of
from listening.selectors.sources import (
    is_coming_in,
    loss_of_source,
    removal_or_404,
    removal_time_left,
    sources_of,
    what_is_removed,
)
from listening.services.removing import remove_source, undo_import
from sidetrack.pages.doors import actor, person_door, signed_in, viewer


class TypedForm(forms.Form):
    """What is deleted must be typed: it is a lot, and a slip of the thumb must not do it."""

    name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"})
    )

    def __init__(self, *args: object, title: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.title = title
        self.fields["name"].label = f"Type “{title}” to go on"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip(" “”\"'").casefold() != self.title.casefold():
            raise forms.ValidationError(f"Type exactly “{self.title}”, or go back.", code="other")
        return name


@require_safe
@never_cache
@person_door
def sources(request: HttpRequest) -> HttpResponse:
    found = sources_of(signed_in(request))
    return render(request, "listening/sources.html", {"sources": found, "plays": sum(each.plays for each in found)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def delete_source(request: HttpRequest, source: str) -> HttpResponse:
    """Say what would be lost; on POST with the source's name typed, delete it."""
    loss = loss_of_source(signed_in(request), source)
    title = str(ListenEvent.Source(source).label)
    form = TypedForm(request.POST if request.method == "POST" else None, title=title)
    if form.is_valid():
        return redirect("removal", remove_source(source, by=actor(request)).pk)
    context = {
        "title": title,
        "loss": loss,
        "form": form,
        "coming_in": is_coming_in(signed_in(request), source),
        "words": _words(loss.others),
    }
    return render(request, "listening/source_delete.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@person_door
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what taking this import back would lose; on POST do it."""
    row = import_or_404(viewer(request), pk)
    if request.method == "POST":
        return redirect("removal", undo_import(pk, by=actor(request)).pk)
    removal = removal_of(row)
    if removal is not None and removal.state != removal.State.FAILED:
        return redirect("removal", removal.pk)
    loss = loss_of_import(row)
    context = {"import": row, "title": title_of(row), "loss": loss, "words": _words(loss.others)}
    return render(request, "listening/import_undo.html", context)


@require_safe
@never_cache
@person_door
def one_removal(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a removal is; asked again every second while it runs (the part alone by htmx)."""
    removal = removal_or_404(viewer(request), pk)
    left = removal_time_left(removal, timezone.now())
    context = {
        "removal": removal,
        "what": what_is_removed(removal),
        "minutes_left": round(left.total_seconds() / 60) if left is not None else None,
    }
    whole = request.headers.get("HX-Target") != "removal"
    return render(request, "listening/removal.html" if whole else "listening/_removal.html", context)


def _words(names: list[str]) -> str:
    """ "Last.fm, Maloja and ListenBrainz"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
