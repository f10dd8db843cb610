"""Moderation over the API: scope `moderate` (which may name the person who moderates), or a moderator's session."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from club.api import reads
from club.api.doors import client, named, said, week_answer, week_of
from club.api.fields import Text
from club.api.ratings import RatingAnswer
from club.services.polls import override_winner
from club.services.ratings import hide_review, restore_review
from integrations.api.person import PersonRefSerializer
from sidetrack.actors import Actor
from sidetrack.gate import LARGEST_ID

_ID: Any = {"required": False, "allow_null": True, "min_value": 1, "max_value": 2**63 - 1}


class Override(serializers.Serializer[Any]):
    """The winner, by `nomination_id` or by `album_id`."""

    user = PersonRefSerializer(required=False, help_text="Who moderates, where a service client asks for somebody.")
    nomination_id = serializers.IntegerField(**_ID)
    album_id = serializers.IntegerField(**_ID)
    reason = Text(max_length=500)


class Reason(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Who moderates, where a service client asks for somebody.")
    reason = Text(required=False, max_length=500, allow_blank=True)


class WinnerOverride(APIView):
    @extend_schema(
        operation_id="admin_override_winner",
        summary="Name another winner than the votes",
        request=Override,
        responses=reads.WeekDetail,
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        actor = _moderator(request)
        week = week_of(request, pk)
        body = said(Override, request)
        user = body.pop("user", None)
        with transaction.atomic():
            week = override_winner(week, by=named(request, actor, user, "moderate"), **body)
        return week_answer(request, week)


class Review(APIView):
    @extend_schema(operation_id="admin_hide_review", summary="Hide a review", request=Reason, responses={204: None})
    def delete(self, request: Request, pk: str) -> HttpResponse:
        actor = _moderator(request)
        body = said(Reason, request)
        with transaction.atomic():
            by = named(request, actor, body.get("user"), "moderate")
            hide_review(min(int(pk), LARGEST_ID), by=by, reason=body.get("reason", ""))
        return Response(status=204)


class ReviewRestoration(APIView):
    @extend_schema(
        operation_id="admin_restore_review",
        summary="Show a hidden review again",
        request=Reason,
        responses=RatingAnswer,
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        actor = _moderator(request)
        body = said(Reason, request)
        with transaction.atomic():
            by = named(request, actor, body.get("user"), "moderate")
            rating = restore_review(min(int(pk), LARGEST_ID), by=by, reason=body.get("reason", ""))
        return Response(RatingAnswer(rating).data)


def _moderator(request: Request) -> Actor:
    actor = client(request, "moderate")
    actor.must_moderate()
    return actor
