"""What was taken for the same play, over the API. One's own only, never by a service token."""

from __future__ import annotations

from typing import Any

from django.utils.http import urlencode
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listening.models import ListenEvent
from listening.selectors.duplicates import taken_for_one
from listening.services.keeping_apart import keep_apart, take_together
from sidetrack.actors import Actor
from sidetrack.api.auth import myself
from sidetrack.errors import Invalid

MOST = 200
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 50}


class ToldListen(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not DRF's own attribute
    listened_at = serializers.DateTimeField()
    title = serializers.CharField()
    artist = serializers.CharField()
    album = serializers.CharField(allow_null=True)
    why = serializers.CharField(help_text="What it has in common with the record that counts; empty for that.")


class TakenForOne(serializers.Serializer[Any]):
    counts = ToldListen()
    others = ToldListen(many=True)


class TakenPage(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = TakenForOne(many=True)


class Decided(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kept_apart = serializers.BooleanField()
    duplicate_of = serializers.IntegerField(allow_null=True, help_text="The listen that counts in its place.")


class Duplicates(APIView):
    @extend_schema(
        operation_id="users_me_duplicates",
        summary="One's own plays that several sources tell of, newest first",
        parameters=[
            OpenApiParameter("limit", _LIMIT),
            OpenApiParameter("cursor", str, description="From `next` of the page before."),
        ],
        responses=TakenPage,
    )
    def get(self, request: Request) -> Response:
        user, limit = myself(request), _limit(request.query_params.get("limit"))
        taken, cursor = taken_for_one(user, limit, request.query_params.get("cursor"))
        query = urlencode({"limit": str(limit), "cursor": cursor or ""})
        following = request.build_absolute_uri(f"{request.path}?{query}") if cursor else None
        return Response({"next": following, "previous": None, "results": [each.as_json() for each in taken]})


class KeepApart(APIView):
    @extend_schema(
        operation_id="listens_keep_apart",
        summary="Count a listen of one's own that was taken for another's record as a play of its own",
        request=None,
        responses=Decided,
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response(_decided(keep_apart(int(pk), by=Actor(user=myself(request)))))


class TakeTogether(APIView):
    @extend_schema(
        operation_id="listens_take_together",
        summary="Take back that a listen of one's own is kept apart",
        request=None,
        responses=Decided,
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response(_decided(take_together(int(pk), by=Actor(user=myself(request)))))


def _decided(listen: ListenEvent) -> dict[str, Any]:
    return {"id": listen.pk, "kept_apart": listen.kept_apart, "duplicate_of": listen.duplicate_of_id}


def _limit(text: str | None) -> int:
    if text is None:
        return 50
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Invalid(f"limit is a number from 1 to {MOST}.", attr="limit", code="invalid")
    return int(text)
