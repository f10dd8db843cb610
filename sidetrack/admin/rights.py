"""Copies and erasures at the desk: that they were asked for and whether they work, never what is in them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from sidetrack.admin.base import ServiceAdmin
from sidetrack.models import DataExport, Erasure


@admin.register(DataExport)
class DataExportAdmin(ServiceAdmin):
    """No file and no counts: those belong to the member."""

    list_display = ("id", "user", "state", "error", "created_at", "finished_at", "expires_at")
    list_filter = ("state", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    ordering = ("-created_at",)
    fields = ("user", "state", "error", "created_at", "progressed_at", "finished_at", "expires_at")
    readonly_fields = fields


@admin.register(Erasure)
class ErasureAdmin(ServiceAdmin):
    list_display = ("id", "user", "state", "keep_words", "rows", "created_at", "progressed_at", "finished_at")
    list_filter = ("state", "created_at")
    list_select_related = ("user",)
    ordering = ("-created_at",)
    fields = ("user", "state", "keep_words", "rows", "through", "created_at", "progressed_at", "finished_at")
    readonly_fields = fields

    @admin.display(description="rows removed")
    def rows(self, erasure: Erasure) -> Any:
        return sum(erasure.removed.values())
