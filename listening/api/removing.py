"""Listens taken back over the API: an import, a source, one play. One's own only, never by a service token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listening.models import ListenEvent, Removal
from listening.selectors.sources import loss_of_source, removal_json, removal_or_404, sources_of
from listening.services.forgetting import bring_back, forget_listen
from listening.services.removing import remove_source, undo_import
from sidetrack.actors import Actor
from sidetrack.api.auth import myself
from sidetrack.errors import Invalid


class RemovalOfListens(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field, not DRF's own attribute
        choices=ListenEvent.Source.values, allow_null=True, help_text="Null where it is of an import."
    )
    state = serializers.ChoiceField(choices=Removal.State.choices)
    found = serializers.IntegerField(help_text="Listens there were when it was asked for.")
    removed = serializers.IntegerField()
    percent = serializers.IntegerField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        of_import = serializers.IntegerField(allow_null=True, help_text="Null where it is of a source.")
        return fields | {"import": of_import}  # no name for an attribute of a class


class Source(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]  # as above
    title = serializers.CharField()
    listens = serializers.IntegerField(help_text="All records of this source.")
    counted = serializers.IntegerField(help_text="Those that count as a play.")
    taken_for_others = serializers.IntegerField(help_text="Those taken for the same play as another source's.")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    imports = serializers.IntegerField()
    removal = serializers.IntegerField(allow_null=True, help_text="The removal that is under way, if one is.")


class Sources(serializers.Serializer[Any]):
    results = Source(many=True)


class Confirmation(serializers.Serializer[Any]):
    confirm = serializers.CharField(max_length=20, help_text="The source once more.")


class BroughtBack(serializers.Serializer[Any]):
    listens = serializers.ListField(child=serializers.IntegerField(), help_text="The new ids of its records.")


_SOURCE = OpenApiParameter("source", str, "path", enum=ListenEvent.Source.values)


class ImportUndoing(APIView):
    @extend_schema(
        operation_id="imports_undo",
        summary="Take back every listen an import of one's own brought; the same file can be imported again",
        request=None,
        responses={202: RemovalOfListens},
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response(removal_json(undo_import(int(pk), by=Actor(user=myself(request)))), status=202)


class SourcesOf(APIView):
    @extend_schema(operation_id="users_sources", summary="Where one's own plays come from", responses=Sources)
    def get(self, request: Request) -> Response:
        return Response({"results": [source.as_json() for source in sources_of(myself(request))]})


class OneSource(APIView):
    @extend_schema(
        operation_id="users_sources_destroy",
        summary="Delete every listen one source brought until now",
        parameters=[_SOURCE],
        request=Confirmation,
        responses={202: RemovalOfListens},
    )
    def delete(self, request: Request, source: str) -> Response:
        loss_of_source(myself(request), source)
        body = Confirmation(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data["confirm"] != source:
            raise Invalid(f"Confirm with {source!r}.", attr="confirm", code="not_confirmed")
        return Response(removal_json(remove_source(source, by=Actor(user=myself(request)))), status=202)


class OneRemoval(APIView):
    @extend_schema(
        operation_id="users_removals_retrieve",
        summary="How far a removal of one's own is",
        responses=RemovalOfListens,
    )
    def get(self, request: Request, pk: str) -> Response:
        return Response(removal_json(removal_or_404(myself(request), int(pk))))


class OneListen(APIView):
    @extend_schema(
        operation_id="listens_destroy",
        summary="Delete one play of one's own with all its records; imports do not bring it back",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, pk: str) -> Response:
        forget_listen(int(pk), by=Actor(user=myself(request)))
        return Response(status=204)


class ListenRestoring(APIView):
    @extend_schema(
        operation_id="listens_restore",
        summary="Bring a deleted play back, within 30 days, by the id it had",
        request=None,
        responses=BroughtBack,
    )
    def post(self, request: Request, pk: str) -> Response:
        return Response({"listens": bring_back(int(pk), by=Actor(user=myself(request)))})
