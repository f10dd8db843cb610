"""Merging at the moderators' desk: the way to the review, and what was merged, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action

from listening.models import LookAlike, Merge
from sidetrack.admin.base import ServiceAdmin
from sidetrack.admin.waiting import Waiting, waits


class Mergeable:
    """For the desk's pages of artists, albums and tracks: shows an alias as one, leads to the review."""

    @admin.display(description="part of", ordering="merged_into")
    def part_of(self, row: Any) -> str:
        if row.merged_into_id is None:
            return "–"
        name = row._meta.model_name
        address = reverse(f"admin:listening_{name}_change", args=[row.merged_into_id])
        return format_html('<a href="{}">{}</a>', address, row.merged_into)

    @action(description="Merge with another", url_path="merge-with", permissions=["moderate"])  # type: ignore[untyped-decorator]
    def merge_with(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("merge-with", args=[self.opts.model_name, int(object_id)]))  # type: ignore[attr-defined]


@admin.register(Merge)
class MergeAdmin(ServiceAdmin):
    list_display = ("loser_name", "winner_name", "kind", "state", "by", "created_at", "finished_at", "page")
    list_filter = ("kind", "state", "created_at")
    search_fields = ("loser_name", "winner_name", "reason")
    list_select_related = ("by",)
    ordering = ("-pk",)
    fields = ("loser_name", "winner_name", "kind", "state", "reason", "by", "created_at", "finished_at", "page")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merge]:
        merges: QuerySet[Merge] = super().get_queryset(request)
        return merges.select_related("by")

    @admin.display(description="progress and undo")
    def page(self, merge: Merge) -> str:
        return format_html('<a href="{}">Open</a>', reverse("merge", args=[merge.pk]))


@waits
def look_alikes() -> Waiting:
    count = LookAlike.objects.filter(state=LookAlike.State.OPEN).count()
    what = "pairs of music may be the same" if count != 1 else "pair of music may be the same"
    return Waiting(count, what, reverse("merging"))
