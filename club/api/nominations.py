"""Nominations over the API."""

from __future__ import annotations

from dataclasses import asdict
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
from club.api.fields import Snowflake, Text
from club.models import Nomination, Week
from club.selectors.state import read_week
from club.selectors.week import week_detail
from club.services.nominations import nominate, withdraw_nomination
from integrations.api.person import PersonRefSerializer, acting
from listening.api.albums import AlbumRefSerializer
from sidetrack.actors import Actor
from sidetrack.api.fields import Few
from sidetrack.errors import NotFound
from sidetrack.gate import LARGEST_ID


class Tags(serializers.Serializer[Any]):
    genres = Few(child=Text(max_length=80), required=False, allow_null=True, max_length=10)
    decade = Text(required=False, allow_null=True, allow_blank=True, max_length=10, help_text="1990s")
    country = Text(required=False, allow_null=True, allow_blank=True, max_length=60, help_text="GB")


class Message(serializers.Serializer[Any]):
    message_id = Snowflake()
    channel_id = Snowflake(required=False)


class NewNomination(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for.")
    album = AlbumRefSerializer()
    pitch = Text(required=False, allow_null=True, allow_blank=True, max_length=4000)
    pitch_track_url = Text(required=False, allow_null=True, allow_blank=True, max_length=500)
    tags = Tags(required=False, allow_null=True)
    message = Message(required=False, allow_null=True)


class Withdrawal(serializers.Serializer[Any]):
    user = PersonRefSerializer(required=False, help_text="Whom a service client acts for; else the nominator.")
    reason = Text(required=False, max_length=500, allow_blank=True)


class NominationNotice(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=["nominated_before", "won_before"])
    detail = serializers.CharField()
    week = serializers.IntegerField(help_text="Number of the earlier week.")


class NominationAnswer(reads.NominationShown):
    warnings = NominationNotice(many=True)


class Nominations(APIView):
    @reads.nominations_schema
    def get(self, request: Request, pk: str) -> HttpResponse:
        return reads.nominations(request, int(pk))

    @extend_schema(
        operation_id="club_nominations_create",
        summary="Nominate an album, or say more about it",
        request=NewNomination,
        responses={200: NominationAnswer, 201: NominationAnswer},
    )
    def post(self, request: Request, pk: str) -> HttpResponse:
        client(request)
        week = week_of(request, pk)
        body = said(NewNomination, request)
        user, album = body.pop("user", None), AlbumRefSerializer.to_ref(body.pop("album"))
        with transaction.atomic():
            done = nominate(week, by=acting(request, user, "club:write"), album=album, **body)
        answer = _shown(week, done.nomination) | {"warnings": [asdict(notice) for notice in done.warnings]}
        return Response(answer, status=201 if done.created else 200)


class OneNomination(APIView):
    @extend_schema(
        operation_id="club_nominations_withdraw",
        summary="Withdraw a nomination and its votes",
        request=Withdrawal,
        responses={204: None},
    )
    def delete(self, request: Request, pk: str, nid: str) -> HttpResponse:
        actor = client(request)
        week = week_of(request, pk)
        body, wanted = said(Withdrawal, request), min(int(nid), LARGEST_ID)
        with transaction.atomic():
            by = _withdrawer(request, actor, week, wanted, body.get("user"))
            withdraw_nomination(week, wanted, by=by, reason=body.get("reason", ""))
        return Response(status=204)


def _withdrawer(request: Request, actor: Actor, week: Week, nid: int, user: dict[str, Any] | None) -> Actor:
    """A service client that names nobody acts for the nominator, whom it might name as well."""
    if actor.token is None or user is not None:
        return acting(request, user, "club:write")
    nomination = week.nominations.select_related("user").filter(pk=nid).first()
    if nomination is None:
        raise NotFound("This week has no such nomination.")
    return Actor(user=nomination.user, token=actor.token)


def _shown(week: Week, nomination: Nomination) -> dict[str, Any]:
    """The nomination as `GET` lists it."""
    detail = week_detail(read_week(None, week.pk, client=True))
    shown: dict[str, Any] = next((row for row in detail["nominations"] if row["id"] == nomination.pk), {})
    return shown
