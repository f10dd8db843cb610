"""The audit log, to read."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from sidetrack.admin.base import ServiceAdmin
from sidetrack.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ServiceAdmin):
    list_display = ("at", "verb", "object_name", "object_type", "who", "subject", "reason")
    list_filter = ("verb", "object_type", "at")
    search_fields = ("object_name", "reason", "actor__username", "subject__username")
    date_hierarchy = "at"
    list_select_related = ("actor", "token", "subject")
    fields = ("at", "verb", "object_type", "object_id", "object_name", "who", "subject", "reason", "was", "became")
    readonly_fields = ("who", "was", "became")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        events: QuerySet[AuditEvent] = super().get_queryset(request)
        return events.select_related("actor", "token", "subject")

    @admin.display(description="by")
    def who(self, event: AuditEvent) -> str:
        parts = [str(event.actor or ""), f"through {event.token}" if event.token else ""]
        return " ".join(part for part in parts if part) or "the site itself"

    @admin.display(description="before")
    def was(self, event: AuditEvent) -> str:
        return shown(event.before)

    @admin.display(description="after")
    def became(self, event: AuditEvent) -> str:
        return shown(event.after)


def shown(values: dict[str, Any]) -> str:
    """JSON for reading."""
    return json.dumps(values, indent=1, ensure_ascii=False, sort_keys=True) if values else "–"
