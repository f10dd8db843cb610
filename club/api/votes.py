"""Votes over the API. Nobody reads who voted for what."""

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
from club.services.votes import cast_vote, withdraw_vote
from integrations.api.person import PersonRefSerializer, acting
from listening.api.albums import AlbumRefSerializer


class NewVote(serializers.Serializer[Any]):
    """The nomination is named by `nomination_id` or by `album`."""

    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")
    rank = serializers.IntegerField(min_value=1, max_value=2)
    nomination_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    album = AlbumRefSerializer(required=False, allow_null=True)


class RankTakenBack(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")
    rank = serializers.IntegerField(min_value=1, max_value=2)


class VoteAnswer(serializers.Serializer[Any]):
    week_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    rank = serializers.IntegerField()
    nomination_id = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WithdrawnVoteAnswer(serializers.Serializer[Any]):
    week_id = serializers.IntegerField()
    rank = serializers.IntegerField()
    withdrawn = serializers.BooleanField(help_text="false where there was no such vote")


class Votes(APIView):
    @extend_schema(
        operation_id="club_votes_cast",
        summary="Set or move a vote",
        request=NewVote,
        responses={200: VoteAnswer, 201: VoteAnswer},
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        client(request)
        week = week_of(request, pk)
        body = said(NewVote, request)
        album = AlbumRefSerializer.to_ref(body["album"]) if body.get("album") else None
        with transaction.atomic():
            by = acting(request, body.get("user"), "club:write")
            vote, created = cast_vote(
                week, by=by, rank=body["rank"], nomination_id=body.get("nomination_id"), album=album
            )
        return Response(VoteAnswer(vote).data, status=201 if created else 200)


class VoteWithdrawal(APIView):
    @extend_schema(
        operation_id="club_votes_withdraw",
        summary="Take a vote back",
        request=RankTakenBack,
        responses=WithdrawnVoteAnswer,
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        client(request)
        week = week_of(request, pk)
        body = said(RankTakenBack, request)
        with transaction.atomic():
            by = acting(request, body.get("user"), "club:write")
            gone = withdraw_vote(week, by=by, rank=body["rank"])
        return Response({"week_id": week.pk, "rank": body["rank"], "withdrawn": gone})


class VotesSummary(APIView):
    @reads.votes_summary_schema
    def get(self, request: Request, pk: str) -> HttpResponse:
        return reads.votes_summary(request, int(pk))
