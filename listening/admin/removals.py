"""Removals of listens that failed and why: all a moderator sees of what a member takes back."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from listening.models import Removal
from sidetrack.admin.base import ServiceAdmin


@admin.register(Removal)
class RemovalAdmin(ServiceAdmin):
    """No source, no file, no counts: those belong to the member."""

    list_display = ("id", "user", "state", "error", "created_at", "finished_at")
    list_filter = ("created_at",)
    search_fields = ("user__username", "error")
    list_select_related = ("user",)
    fields = ("user", "state", "error", "created_at", "started_at", "finished_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Removal]:
        removals: QuerySet[Removal] = super().get_queryset(request)
        return removals.filter(state=Removal.State.FAILED)
