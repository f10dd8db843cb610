"""Accounts elsewhere at the desk: whose, where, since when; never a token."""

from __future__ import annotations

from django.contrib import admin

from integrations.models import LinkedAccount
from sidetrack.admin.base import ServiceAdmin


@admin.register(LinkedAccount)
class LinkedAccountAdmin(ServiceAdmin):
    list_display = ("user", "provider", "external_name", "external_id", "created_at", "updated_at")
    list_filter = ("provider",)
    search_fields = ("user__username", "external_name", "external_id")
    list_select_related = ("user",)
    fields = list_display
