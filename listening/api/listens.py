"""Listens over the API: posted in bulk, read by those who may see them."""

from __future__ import annotations

from typing import Any

from django.utils.http import urlencode
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api.person import PersonRefSerializer, acting, must_sign_in
from listening.api.people import PERSON, listener_or_404
from listening.models import ListenEvent
from listening.selectors.plays import RECENT_LIMIT, recent
from listening.services.listens import BATCH
from listening.services.submissions import submit_listens
from sidetrack.api.fields import Few
from sidetrack.errors import Invalid

_ROW = {
    "description": (
        "One listen; a row that cannot be taken is answered in `rejected` and the others are stored. Needs `track`, "
        "`artist`, `listened_at` (start of the play, ISO 8601 with its zone, from October 2002 to ten minutes ahead) "
        f"and `source` (one of {', '.join(ListenEvent.Source.values)}); takes `album`, `ms_played`, `duration_ms`, "
        "`spotify_id`, `musicbrainz_id` (recording) and `isrc`."
    ),
    "example": {
        "track": "Hyperballad",
        "artist": "Björk",
        "album": "Post",
        "listened_at": "2026-11-20T20:15:00Z",
        "source": "manual",
        "ms_played": 321000,
    },
}


@extend_schema_field(_ROW)
class _AnyRow(serializers.Field[Any, Any, Any, Any]):
    """Taken as it is: rows are checked one by one by the service."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class NewListens(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")
    listens = Few(child=_AnyRow(allow_null=True), max_length=BATCH)


class RejectedListen(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="From 0.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Submitted(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    inserted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = RejectedListen(many=True)


class ListenedTrack(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()


class Listen(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    listened_at = serializers.DateTimeField()
    ms_played = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not DRF's own attribute
    track = ListenedTrack()
    album = serializers.DictField(allow_null=True)


class RecentListens(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = Listen(many=True)


_LIMIT = {"type": "integer", "minimum": 1, "maximum": RECENT_LIMIT, "default": 50}


class ListensBulk(APIView):
    @extend_schema(
        operation_id="listens_bulk_create",
        summary="Store up to 1000 listens; sent again they insert nothing",
        request=NewListens,
        responses=Submitted,
    )
    def post(self, request: Request) -> Response:
        must_sign_in(request, "listens:write")
        body = NewListens(data=request.data)
        body.is_valid(raise_exception=True)
        actor = acting(request, body.validated_data.get("user"), "listens:write")
        done = submit_listens(body.validated_data["listens"], by=actor)
        rejected = [{"index": index, "code": why.code, "detail": why.detail} for index, why in done.rejected]
        return Response(
            {
                "received": done.received,
                "inserted": done.outcome.inserted,
                "duplicates": done.outcome.duplicates,
                "rejected": rejected,
            }
        )


class RecentListensOf(APIView):
    @extend_schema(
        operation_id="users_listens_recent",
        summary="What a member heard last, newest first",
        parameters=[
            PERSON,
            OpenApiParameter("limit", _LIMIT),
            OpenApiParameter("cursor", str, description="From `next` of the page before."),
        ],
        responses=RecentListens,
    )
    def get(self, request: Request, pk: str) -> Response:
        owner = listener_or_404(request, pk)
        limit = _limit(request.query_params.get("limit"))
        page = recent(owner, limit, request.query_params.get("cursor"))
        return Response(
            {
                "next": _address(request, limit, page.next) if page.next else None,
                "previous": None,
                "results": [listen.as_json() for listen in page.listens],
            }
        )


def _limit(text: str | None) -> int:
    if text is None:
        return 50
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= RECENT_LIMIT):
        raise Invalid(f"limit is a number from 1 to {RECENT_LIMIT}.", attr="limit", code="invalid")
    return int(text)


def _address(request: Request, limit: int, cursor: str) -> str:
    return request.build_absolute_uri(f"{request.path}?{urlencode({'limit': str(limit), 'cursor': cursor})}")
