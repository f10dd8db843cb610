"""Ratings and reviews at the moderators' desk: hidden with a reason, and shown again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator

from club.halves import shown
from club.models import Rating
from club.services.ratings import hide_review, restore_review
from sidetrack.actors import Actor
from sidetrack.admin.base import OptionalReasonForm, ServiceAdmin, reason_action


@admin.register(Rating)
class ReviewAdmin(ServiceAdmin):
    list_display = ("user", "album", "week", "stars", "beginning", "is_shown", "created_at")
    list_select_related = ("user", "album", "week")
    list_filter = (("hidden_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("review", "user__username", "user__display_name", "album__title", "=week__number")
    ordering = ("-created_at",)
    fields = (
        "week",
        "user",
        "album",
        "stars",
        "favorite_track",
        "review",
        "hidden_at",
        "created_at",
        "updated_at",
        "audit_trail",
    )
    readonly_fields = fields
    actions_detail = ("hide", "restore")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        rating = self.get_object(request, str(object_id))
        wanted = "restore" if rating and rating.hidden_at else "hide"
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.method.original_function_name == wanted]

    @admin.display(description="rating", ordering="halves")
    def stars(self, rating: Rating) -> str:
        return shown(rating.halves)

    @admin.display(description="review")
    def beginning(self, rating: Rating) -> str:
        return Truncator(rating.review).chars(80)

    @admin.display(description="shown", boolean=True, ordering="hidden_at")
    def is_shown(self, rating: Rating) -> bool:
        return rating.hidden_at is None

    @reason_action("Hide the review", danger=True, explain="Nobody but its author reads it; the rating still counts.")
    def hide(self, request: HttpRequest, rating: Rating, *, by: Actor, reason: str) -> str:
        hide_review(rating.pk, by=by, reason=reason)
        return "The review is hidden."

    @reason_action("Show the review again", form=OptionalReasonForm)
    def restore(self, request: HttpRequest, rating: Rating, *, by: Actor, reason: str) -> str:
        restore_review(rating.pk, by=by, reason=reason)
        return "The review is shown again."
