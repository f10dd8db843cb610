"""The token board: accounts elsewhere and how they fare, what providers let us do, and the policy on Spotify's data.

Never a token: no column, field, filter or search names one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from integrations.models import Capability, DataPolicy, LinkedAccount, ProviderBlock
from integrations.models.accounts import CONSENT_LASTS
from integrations.selectors.links import days_left
from integrations.services.policy import SWITCHES, change_policy
from sidetrack.admin.base import ServiceAdmin, actor


class ConsentFilter(admin.SimpleListFilter):
    """By how soon the member must consent anew."""

    title = "consent ends"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("30", "within 30 days"), ("7", "within 7 days"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LinkedAccount]) -> QuerySet[LinkedAccount]:
        days = {"30": 30, "7": 7, "over": 0}.get(self.value() or "")
        return queryset if days is None else queryset.filter(ending_within(days))


def ending_within(days: int) -> Q:
    ends = Q(pk__in=())
    for provider, lasts in CONSENT_LASTS.items():
        since = timezone.now() + timedelta(days=days) - lasts
        ends |= Q(provider=provider, authorised_at__lte=since)
    return ends


@admin.register(LinkedAccount)
class LinkedAccountAdmin(ServiceAdmin):
    list_display = (
        "user",
        "provider",
        "external_name",
        "health",
        "last_good_at",
        "days_left",
        "failures",
        "last_error",
        "verified",
    )
    list_filter = ("provider", "health", "verified", ConsentFilter)
    search_fields = ("user__username", "external_name", "external_id")
    list_select_related = ("user",)
    ordering = ("user__username", "provider")
    fields = (
        "user",
        "provider",
        "external_name",
        "external_id",
        "verified",
        "scopes",
        "health",
        "health_since",
        "failures",
        "probe_at",
        "last_good_at",
        "last_error",
        "last_error_at",
        "authorised_at",
        "days_left",
        "access_expires_at",
        "created_at",
        "updated_at",
        "audit_trail",
    )

    @admin.display(description="Days left")
    def days_left(self, account: LinkedAccount) -> str:
        """Until the member must consent anew; nothing where consent does not end by itself."""
        left = days_left(account)
        return "" if left is None else str(left)


@admin.register(ProviderBlock)
class ProviderBlockAdmin(ServiceAdmin):
    list_display = ("provider", "group", "account", "until", "created_at")
    list_filter = ("provider",)
    list_select_related = ("account",)
    ordering = ("-until",)
    fields = list_display


@admin.register(Capability)
class CapabilityAdmin(ServiceAdmin):
    list_display = ("provider", "name", "is_open", "detail", "seen_at", "ask_again_at")
    list_filter = ("provider", "is_open")
    ordering = ("provider", "name")
    fields = list_display


@admin.register(DataPolicy)
class DataPolicyAdmin(ServiceAdmin):
    """The owner changes it, here or on a page of the site; moderators read it. Nobody decided yet: no row, defaults."""

    writes = frozenset({"add", "change"})
    list_display = ("__str__", *SWITCHES, "updated_at")
    fields = (*SWITCHES, "updated_at", "audit_trail")
    readonly_fields = ("updated_at", "audit_trail")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_own_permission(request) and not DataPolicy.objects.exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_own_permission(request)

    def save_model(self, request: HttpRequest, obj: DataPolicy, form: Any, change: bool) -> None:
        obj.pk = change_policy(by=actor(request), **{name: form.cleaned_data[name] for name in SWITCHES}).pk
