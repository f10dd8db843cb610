"""History files over the API."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from integrations.api.person import PersonRefSerializer, acting, must_sign_in
from listening.models import ListenImport
from listening.selectors.imports import import_json, import_line_json, import_or_404, imports_of
from listening.services.imports import cancel_import, check_size, retry_import, start_import
from sidetrack.actors import Actor
from sidetrack.api.auth import myself, session_actor, viewer
from sidetrack.api.paging import page_of
from sidetrack.api.schema import PAGE_PARAMETERS
from sidetrack.api.throttles import PerActor, PerUpload

_FORM_AROUND_FILE = 64 * 1024


class NewImport(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="A history of Spotify (extended or account data), Last.fm (CSV, JSON, XML), ListenBrainz, Libre.fm, "
        "Maloja or Koito, or a .scrobbler.log; recognised by what it holds; loose, zipped or gzipped."
    )
    user = PersonRefSerializer(
        required=False, help_text="Whom a service client acts for: JSON, or form fields user.id or user.discord_id."
    )


class RejectedRow(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 1.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ListedImport(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ListenImport.State.choices)
    format = serializers.CharField()
    file_name = serializers.CharField()
    rows_total = serializers.IntegerField(allow_null=True, help_text="Known when the end of the file was seen.")
    rows_done = serializers.IntegerField()
    percent = serializers.IntegerField()
    inserted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    skipped = serializers.IntegerField()
    skipped_reasons = serializers.DictField(child=serializers.IntegerField())
    rejected_count = serializers.IntegerField()
    error = serializers.CharField()
    cancel_asked = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    removal = serializers.IntegerField(allow_null=True, help_text="The newest removal that takes it back, if any.")
    taken_back_at = serializers.DateTimeField(allow_null=True)


class Import(ListedImport):
    rejected = RejectedRow(many=True, help_text="The first 1000.")


class ImportPage(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ListedImport(many=True)


class Imports(APIView):
    parser_classes = [MultiPartParser]

    def get_throttles(self) -> list[BaseThrottle]:
        return [PerActor(), PerUpload()] if self.request.method == "POST" else super().get_throttles()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything reads the body: the CSRF check does.
        length = request.META.get("CONTENT_LENGTH") or ""
        check_size(max(0, int(length) - _FORM_AROUND_FILE) if length.isascii() and length.isdigit() else 0)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="imports_list",
        summary="Imports of one's own, newest first",
        parameters=PAGE_PARAMETERS,
        responses=ImportPage,
    )
    def get(self, request: Request) -> Response:
        return page_of(request, imports_of(myself(request)), import_line_json)

    @extend_schema(
        operation_id="imports_create",
        summary="Upload a listening history and queue its import",
        request={"multipart/form-data": NewImport},
        responses={202: Import},
    )
    def post(self, request: Request) -> Response:
        must_sign_in(request, "listens:write")
        if request.auth is None:  # of others no file was taken in
            session_actor(request).must_be_member()
        body = NewImport(data=_with_person(request.data))
        body.is_valid(raise_exception=True)
        actor = acting(request, body.validated_data.get("user"), "listens:write")
        return Response(import_json(start_import(body.validated_data["file"], by=actor)), status=202)


def _with_person(form: Any) -> Any:
    """The form, with the person read where the field `user` holds JSON; what is no JSON is left for the serializer."""
    said = form.get("user")
    if not isinstance(said, str):
        return form
    with suppress(ValueError, RecursionError):
        said = json.loads(said[:2000])
    return {"user": said} | ({"file": form["file"]} if "file" in form else {})


class OneImport(APIView):
    @extend_schema(operation_id="imports_retrieve", summary="How far an import of one's own is", responses=Import)
    def get(self, request: Request, pk: str) -> Response:
        session_actor(request)
        return Response(import_json(import_or_404(viewer(request), int(pk))))


class ImportCancellation(APIView):
    @extend_schema(
        operation_id="imports_cancel",
        summary="Stop an import of one's own; what was stored stays",
        request=None,
        responses=Import,
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response(import_json(cancel_import(int(pk), by=session_actor(request))))


class ImportRetry(APIView):
    @extend_schema(
        operation_id="imports_retry",
        summary="Go on with an import of one's own that failed or was stopped",
        request=None,
        responses={202: Import},
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response(import_json(retry_import(int(pk), by=Actor(user=myself(request)))), status=202)
