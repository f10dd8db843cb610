"""Imports that failed and why: all a moderator sees of a member's listening files."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from listening.models import ListenImport
from sidetrack.admin.base import ServiceAdmin
from sidetrack.admin.waiting import Waiting, waits


@admin.register(ListenImport)
class ListenImportAdmin(ServiceAdmin):
    """No file, no file name, no counts: those belong to the member."""

    list_display = ("id", "user", "format", "state", "error", "created_at", "finished_at")
    list_filter = ("format", "created_at")
    search_fields = ("user__username", "error")
    list_select_related = ("user",)
    fields = ("user", "format", "state", "error", "created_at", "started_at", "finished_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListenImport]:
        imports: QuerySet[ListenImport] = super().get_queryset(request)
        return imports.filter(state=ListenImport.State.FAILED)


@waits
def failed_imports() -> Waiting:
    lately = timezone.now() - timedelta(days=7)
    count = ListenImport.objects.filter(state=ListenImport.State.FAILED, finished_at__gte=lately).count()
    what = "imports failed this week" if count != 1 else "import failed this week"
    return Waiting(count, what, reverse("admin:listening_listenimport_changelist"))
