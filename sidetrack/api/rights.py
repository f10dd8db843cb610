"""A copy of one's data over HTTP. The end of an account is DELETE /users/me (integrations/api/users.py)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sidetrack.actors import Actor
from sidetrack.api.auth import myself
from sidetrack.errors import NotFound
from sidetrack.models import DataExport
from sidetrack.selectors.rights import export_json, latest_export
from sidetrack.services.exporting import ask_for_export


class ExportSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DataExport.State.values)
    rows = serializers.IntegerField(help_text="Lines written so far.")
    sections = serializers.DictField(child=serializers.IntegerField(), help_text="Lines by file of the zip.")
    size = serializers.IntegerField(help_text="Bytes of the zip, when it is done.")
    error = serializers.CharField()
    download = serializers.CharField(allow_null=True, help_text="Where the session fetches it, while it is there.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class MyExport(APIView):
    @extend_schema(operation_id="users_me_export", summary="How far one's last copy is", responses=ExportSerializer)
    def get(self, request: Request) -> Response:
        export = latest_export(myself(request))
        if export is None:
            raise NotFound("You have not asked for a copy of your data yet.")
        return Response(export_json(export))

    @extend_schema(
        operation_id="users_me_export_create",
        summary="Ask for a copy of all that is kept about oneself",
        request=None,
        responses={202: ExportSerializer},
    )
    def post(self, request: Request) -> Response:
        """One that is being made already is answered instead; 429 where one was made a few hours ago."""
        return Response(export_json(ask_for_export(by=Actor(user=myself(request)))), status=202)
