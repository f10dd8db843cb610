"""Search, albums and tracks over the API. The catalogue is as open as the club: members only where it is closed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listening.api.albums import AlbumRefSerializer, AlbumShape, Named
from listening.selectors.albums import album_card, album_tracks, search_albums, search_tracks, track_card
from listening.services.catalogue import ensure_album
from listening.services.looking_further import SourceSaid, look_further, unasked
from listening.services.refreshing import ask_for_refresh
from sidetrack.actors import Actor
from sidetrack.api.auth import NAMING, has_scope_of, must_have_scope, session_actor, viewer
from sidetrack.api.throttles import PerSearch
from sidetrack.errors import Invalid, NotFound
from sidetrack.gate import may_see_club
from sidetrack.text import checked_line

MOST_FOUND, LONGEST_QUERY = 50, 200


class AlbumTrackShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()
    disc = serializers.IntegerField()
    number = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)


class AlbumWithTracksShape(AlbumShape):
    tracks = AlbumTrackShape(many=True)


class AlbumOfTrackShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)


class TrackShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    artist = serializers.CharField()
    artists = Named(many=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    spotify_id = serializers.CharField(allow_null=True)
    musicbrainz_id = serializers.CharField(allow_null=True)
    isrc = serializers.CharField(allow_null=True)
    external_ids = serializers.DictField(child=serializers.CharField())
    albums = AlbumOfTrackShape(many=True)


class SourceShape(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=["ok", "failed", "too_slow", "unavailable"])
    detail = serializers.CharField(help_text="What happened, for people; empty where all went well.")


class SearchShape(serializers.Serializer[Any]):
    """`results` are Albums, or Tracks for type=track; `sources` say how the others that were asked did.

    With remote=1 the albums of this site come first, then those that only others know: their `id` is null and their
    `sources` names who knows them. Sent as they are to POST /music/albums, or as the `album` of a nomination, they
    are added.
    """

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())
    sources = SourceShape(many=True)


class RefreshShape(serializers.Serializer[Any]):
    album_id = serializers.IntegerField()
    state = serializers.CharField()
    run_id = serializers.IntegerField()


def _must_see(request: Request) -> None:
    if not has_scope_of(request, {*NAMING, "catalogue:write"}) and not may_see_club(viewer(request)):
        raise NotFound()


def _writer(request: Request) -> Actor:
    must_have_scope(request, "catalogue:write")
    actor = session_actor(request)
    if actor.token is None:
        _must_see(request)
        actor.must_be_member()
    return actor


class MusicSearch(APIView):
    throttle_classes = [PerSearch]

    @extend_schema(
        operation_id="music_search",
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, required=True, description="Words of title and artist."),
            OpenApiParameter("type", OpenApiTypes.STR, enum=["album", "track"], default="album"),
            OpenApiParameter(
                "remote",
                OpenApiTypes.STR,
                enum=["0", "1"],
                default="0",
                description="1: also asks other catalogues for albums, for two seconds at the most. Nothing is stored.",
            ),
            OpenApiParameter(
                "limit",
                OpenApiTypes.INT,
                description="1 to 50, 20 unless given; with remote=1 of each, ours and theirs.",
            ),
        ],
        responses=SearchShape,
    )
    def get(self, request: Request) -> Response:
        """Albums or tracks of our catalogue, best first; where asked, albums of other catalogues behind them."""
        _must_see(request)
        q = checked_line(request.query_params.get("q", ""), "q", LONGEST_QUERY)
        kind = _choice(request, "type", ["album", "track"])
        remote = _choice(request, "remote", ["0", "1"]) == "1"
        limit = _limit(request)
        found, said = _tracks(q, limit, remote) if kind == "track" else _albums(q, limit, remote)
        sources = [one.as_json() for one in said]
        return Response({"next": None, "previous": None, "results": found, "sources": sources})


Rows = list[dict[str, Any]]


def _albums(q: str, limit: int, remote: bool) -> tuple[Rows, list[SourceSaid]]:
    if not remote:
        return [card.as_json() for card in search_albums(q, limit)], []
    further = look_further(q, limit)
    ours, theirs = [card.as_json() for card in further.here], [row.as_json() for row in further.elsewhere]
    return ours + theirs, further.sources


def _tracks(q: str, limit: int, remote: bool) -> tuple[Rows, list[SourceSaid]]:
    why = "Elsewhere we look for albums only."
    return search_tracks(q, limit), unasked(why) if remote else []


class Albums(APIView):
    @extend_schema(
        operation_id="music_albums_ensure",
        request=AlbumRefSerializer,
        responses={200: AlbumShape, 201: AlbumShape},
    )
    def post(self, request: Request) -> Response:
        """Finds or adds an album by its ids, else by title and artist: 201 when it is new, 200 when it was known."""
        actor = _writer(request)
        body = AlbumRefSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        album, added = ensure_album(body.to_ref(body.validated_data), by=actor, source="api", attr="")
        return Response(album_card(album.pk).as_json(), status=201 if added else 200)


class OneAlbum(APIView):
    @extend_schema(operation_id="music_album", responses=AlbumWithTracksShape)
    def get(self, request: Request, pk: str) -> Response:
        """One album with the tracks we know of it."""
        _must_see(request)
        card = album_card(int(pk))
        return Response({**card.as_json(), "tracks": album_tracks(card.id)})


class OneTrack(APIView):
    @extend_schema(operation_id="music_track", responses=TrackShape)
    def get(self, request: Request, pk: str) -> Response:
        """One track with the albums it stands on."""
        _must_see(request)
        return Response(track_card(int(pk)))


class AlbumRefresh(APIView):
    @extend_schema(operation_id="music_album_refresh", request=None, responses={202: RefreshShape})
    def post(self, request: Request, pk: str) -> Response:
        """Queues a refresh: the album is looked up in other catalogues, and what is missing is filled (year, artists,
        tracks, cover, ids; genres and country with who says so). Asked again while it waits, it is queued once."""
        actor = _writer(request)
        album_id = album_card(int(pk)).id
        run = ask_for_refresh(album_id, by=actor)
        return Response({"album_id": album_id, "state": run.state, "run_id": run.pk}, status=202)


def _choice(request: Request, name: str, allowed: list[str]) -> str:
    given = checked_line(request.query_params.get(name, ""), name, 20, required=False) or allowed[0]
    if given not in allowed:
        raise Invalid(f"Choose one of {', '.join(allowed)}.", attr=name, code="invalid_choice")
    return given


def _limit(request: Request) -> int:
    given = checked_line(request.query_params.get("limit", ""), "limit", 20, required=False) or "20"
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_FOUND):
        raise Invalid(f"Give a number from 1 to {MOST_FOUND}.", attr="limit", code="out_of_range")
    return int(given)
