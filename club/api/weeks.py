"""Weeks over the API."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from club.api import reads
from club.api.doors import client, named, said, week_answer, week_of
from club.api.fields import Snowflake, Text
from club.models import ExternalMessageRef
from club.services.polls import close_poll, name_winner
from club.services.weeks import LARGEST_NUMBER, change_week, create_week
from integrations.api.person import PersonRefSerializer
from sidetrack.text import clean_line

_ID: Any = {"min_value": 1, "max_value": 2**63 - 1}


class ExternalIds(serializers.Serializer[Any]):
    """Where on Discord the week lives; null takes an id back."""

    category_id = Snowflake(required=False, allow_null=True)
    channel_id = Snowflake(required=False, allow_null=True)
    thread_id = Snowflake(required=False, allow_null=True)
    poll_id = Snowflake(required=False, allow_null=True)
    message_id = Snowflake(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and (unknown := [key for key in data if key not in self.fields]):
            known = ", ".join(f"{kind}_id" for kind in ExternalMessageRef.Kind.values)
            raise serializers.ValidationError(
                {clean_line(unknown[0][:200])[:40]: f"Known external ids are {known}."}, code="unknown"
            )
        checked: dict[str, Any] = super().to_internal_value(data)
        return checked


class NewWeek(serializers.Serializer[Any]):
    number = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)
    date_discussion = serializers.DateTimeField()
    label = Text(  # type: ignore[assignment]
        required=False, max_length=120, allow_blank=True, help_text="Default: WEEK 003 [2025-11-24]."
    )
    nominations_close_at = serializers.DateTimeField(required=False, allow_null=True)
    votes_close_at = serializers.DateTimeField(required=False, allow_null=True)
    external = ExternalIds(required=False)


class WeekChanges(serializers.Serializer[Any]):
    number = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_NUMBER)
    date_discussion = serializers.DateTimeField(required=False)
    label = Text(  # type: ignore[assignment]
        required=False, max_length=120, allow_blank=True, help_text="Empty: the default again."
    )
    nominations_close_at = serializers.DateTimeField(required=False, allow_null=True)
    votes_close_at = serializers.DateTimeField(required=False, allow_null=True)
    external = ExternalIds(required=False)
    close_poll = serializers.BooleanField(required=False, help_text="Closes the poll and decides from the votes.")
    winner_nomination_id = serializers.IntegerField(
        required=False,
        help_text="Closes the poll for this nomination; against the votes only with scope moderate.",
        **_ID,
    )
    reason = Text(required=False, max_length=500, allow_blank=True, help_text="Kept in the audit log.")
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for, where it moderates.")


class Weeks(APIView):
    @reads.weeks_schema
    def get(self, request: Request) -> HttpResponse:
        return reads.weeks(request)

    @extend_schema(
        operation_id="club_weeks_create",
        summary="Make a week; the same week again is that week",
        request=NewWeek,
        responses={200: reads.WeekDetail, 201: reads.WeekDetail},
    )
    def post(self, request: Request) -> HttpResponse:
        actor = client(request)
        week, created = create_week(by=actor, **said(NewWeek, request))
        return week_answer(request, week, 201 if created else 200)


class OneWeek(APIView):
    @reads.week_schema
    def get(self, request: Request, pk: str) -> HttpResponse:
        return reads.week(request, int(pk))

    @extend_schema(
        operation_id="club_weeks_change",
        summary="Change a week, or decide its winner",
        request=WeekChanges,
        responses=reads.WeekDetail,
    )
    def patch(self, request: Request, pk: str) -> HttpResponse:
        actor = client(request)
        week = week_of(request, pk)
        changes = said(WeekChanges, request)
        with transaction.atomic():
            by = named(request, actor, changes.get("user"), "club:write")
            reason = changes.get("reason", "")
            week = change_week(week, changes, by=by)
            if "winner_nomination_id" in changes:
                week = name_winner(week, changes["winner_nomination_id"], by=by, reason=reason)
            elif changes.get("close_poll"):
                week = close_poll(week, by=by, reason=reason)
        return week_answer(request, week)
