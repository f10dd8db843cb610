"""Nominations at the moderators' desk: to read, and to withdraw while the poll is open."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from club.models import Nomination
from club.services.nominations import withdraw_nomination
from sidetrack.actors import Actor
from sidetrack.admin.base import ServiceAdmin, reason_action


@admin.register(Nomination)
class NominationAdmin(ServiceAdmin):
    list_display = ("album", "user", "week", "created_at")
    list_select_related = ("album", "user", "week")
    search_fields = ("album__title", "album__artist_credit", "user__username", "user__display_name", "=week__number")
    ordering = ("-created_at",)
    fields = ("week", "user", "album", "pitch", "pitch_track_url", "tags", "created_at", "updated_at", "audit_trail")
    readonly_fields = fields
    actions_detail = ("withdraw",)

    @reason_action("Withdraw", danger=True, explain="Its votes go with it. Only while the poll is open.")
    def withdraw(self, request: HttpRequest, nomination: Nomination, *, by: Actor, reason: str) -> HttpResponse:
        withdraw_nomination(nomination.week, nomination.pk, by=by, reason=reason)
        self.message_user(request, f"{nomination} is withdrawn.")
        return HttpResponseRedirect(reverse("admin:club_week_change", args=[nomination.week_id]))
