"""What GET answers under /club: the views of weeks.py, nominations.py, votes.py and ratings.py call these."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from club.cache import week_detail_bytes
from club.histogram import ratings_summary as summary_of
from club.selectors import lists
from club.selectors.ratings import ratings_of
from club.selectors.state import WeekState, must_see_club, read_week
from club.selectors.week import poll_summary, week_detail
from sidetrack.api.auth import viewer
from sidetrack.api.paging import Pages


class NominationShown(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    week_id = serializers.IntegerField()
    album = serializers.DictField()
    nominator = serializers.DictField()
    pitch = serializers.CharField()
    pitch_track_url = serializers.CharField()
    tags = serializers.DictField()


class WeekDetail(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    phase = serializers.CharField()
    nominations = NominationShown(many=True)
    poll = serializers.DictField()
    ratings_summary = serializers.DictField()


weeks_schema = extend_schema(operation_id="club_weeks_list", responses=OpenApiTypes.OBJECT)
week_schema = extend_schema(operation_id="club_weeks_read", responses=WeekDetail)
nominations_schema = extend_schema(operation_id="club_nominations_list", responses=OpenApiTypes.OBJECT)
votes_summary_schema = extend_schema(operation_id="club_votes_summary", responses=OpenApiTypes.OBJECT)
ratings_schema = extend_schema(operation_id="club_ratings_list", responses=OpenApiTypes.OBJECT)
ratings_summary_schema = extend_schema(operation_id="club_ratings_summary", responses=OpenApiTypes.OBJECT)


def weeks(request: Request) -> HttpResponse:
    must_see_club(viewer(request), client=request.auth is not None)
    pages = Pages()
    page = pages.paginate_queryset(lists.weeks(), request) or []
    return pages.get_paginated_response(lists.as_rows(page))


def week(request: Request, pk: int) -> HttpResponse:
    return HttpResponse(week_detail_bytes(_state(request, pk)), content_type="application/json")


def nominations(request: Request, pk: int) -> HttpResponse:
    found = week_detail(_state(request, pk))["nominations"]
    return Response({"count": len(found), "next": None, "previous": None, "results": found})


def votes_summary(request: Request, pk: int) -> HttpResponse:
    return Response(poll_summary(_state(request, pk)))


def ratings(request: Request, pk: int) -> HttpResponse:
    anonymize = request.GET.get("anonymize", "") in ("1", "true")
    client = request.auth is not None
    found = ratings_of(_state(request, pk).week, viewer(request), anonymize=anonymize, client=client)
    return Response({"count": len(found), "next": None, "previous": None, "results": found})


def ratings_summary(request: Request, pk: int) -> HttpResponse:
    return Response(summary_of(_state(request, pk).marks.values()))


def _state(request: Request, pk: int) -> WeekState:
    return read_week(viewer(request), pk, client=request.auth is not None)
