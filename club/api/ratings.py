"""Ratings and reviews over the API."""

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
from club.api.doors import client, said, week_of
from club.api.fields import HalfStep, Text
from club.halves import shown
from club.models import Rating
from club.services.ratings import delete_rating, rate
from integrations.api.person import PersonRefSerializer, acting


class NewRating(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")
    rating = HalfStep(help_text="1.0 to 5.0 in half steps.")
    favorite_track = Text(required=False, allow_null=True, allow_blank=True, max_length=300)
    review = Text(required=False, allow_null=True, allow_blank=True, max_length=10_000)


class RatingTakenBack(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")


class RatingAnswer(serializers.Serializer[Rating]):
    id = serializers.IntegerField()
    week_id = serializers.IntegerField()
    album_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    rating = serializers.SerializerMethodField()
    favorite_track = serializers.CharField()
    review = serializers.CharField()
    hidden = serializers.SerializerMethodField(help_text="By a moderator; the number counts all the same.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_rating(self, rating: Rating) -> str:
        return shown(rating.halves)

    def get_hidden(self, rating: Rating) -> bool:
        return rating.hidden_at is not None


class Ratings(APIView):
    @reads.ratings_schema
    def get(self, request: Request, pk: str) -> HttpResponse:
        return reads.ratings(request, int(pk))

    @extend_schema(
        operation_id="club_ratings_rate",
        summary="Rate the winner; again changes it",
        request=NewRating,
        responses={200: RatingAnswer, 201: RatingAnswer},
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        client(request)
        week = week_of(request, pk)
        body = said(NewRating, request)
        user = body.pop("user", None)
        with transaction.atomic():
            rating, created = rate(week, by=acting(request, user, "club:write"), **body)
        return Response(RatingAnswer(rating).data, status=201 if created else 200)

    @extend_schema(
        operation_id="club_ratings_delete",
        summary="Take one's own rating and review of the winner back",
        request=RatingTakenBack,
        responses={204: None},
    )
    def delete(self, request: Request, pk: str) -> HttpResponse:
        client(request)
        week = week_of(request, pk)
        body = said(RatingTakenBack, request)
        with transaction.atomic():
            delete_rating(week, by=acting(request, body.get("user"), "club:write"))
        return Response(status=204)


class RatingsSummary(APIView):
    @reads.ratings_summary_schema
    def get(self, request: Request, pk: str) -> HttpResponse:
        return reads.ratings_summary(request, int(pk))
