"""What the week is measured against: an empty view, a tiny JSON answer, and the same payload built by
nested DRF serializers over prefetched objects, the usual way to write it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from club.api.weeks import OneWeek
from club.histogram import ratings_summary
from club.models import Nomination, Week
from club.phases import phase
from club.tally import Ballot, tally
from listening.models import Album


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def tiny(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ok": True})


class Cold(OneWeek):
    """The week's answer with nothing kept from before."""

    def get(self, request: Request, pk: str) -> HttpResponse:
        caches["local"].clear()
        return super().get(request, pk)


class ArtistOf(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="artist_id")
    name = serializers.CharField(source="artist.name")


class AlbumOf(serializers.ModelSerializer[Album]):
    artist = serializers.CharField(source="artist_credit")
    artists = ArtistOf(source="album_artists", many=True)
    spotify_id = serializers.SerializerMethodField()
    musicbrainz_id = serializers.SerializerMethodField()
    external_ids = serializers.SerializerMethodField()
    cover_url = serializers.SerializerMethodField()
    genres = serializers.SerializerMethodField()

    class Meta:
        model = Album
        fields = [
            "id",
            "title",
            "artist",
            "artists",
            "year",
            "spotify_id",
            "musicbrainz_id",
            "external_ids",
            "cover_url",
            "genres",
        ]

    def get_external_ids(self, album: Album) -> dict[str, str]:
        return {known.scheme: known.value for known in album.external_ids.all()}

    def get_spotify_id(self, album: Album) -> str | None:
        return self.get_external_ids(album).get("spotify")

    def get_musicbrainz_id(self, album: Album) -> str | None:
        return self.get_external_ids(album).get("musicbrainz")

    def get_cover_url(self, album: Album) -> str | None:
        return album.cover_url or None

    def get_genres(self, album: Album) -> list[str]:
        return [link.tag.name for link in album.album_tags.all() if link.tag.kind == "genre"]


class NominatorOf(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class NominationOf(serializers.ModelSerializer[Nomination]):
    album = AlbumOf()
    nominator = NominatorOf(source="user")
    message = serializers.SerializerMethodField()
    points = serializers.IntegerField(source="standing.points")
    first_place_votes = serializers.IntegerField(source="standing.firsts")
    second_place_votes = serializers.IntegerField(source="standing.seconds")
    position = serializers.IntegerField(source="standing.position")
    tied = serializers.BooleanField(source="standing.tied")
    is_winner = serializers.BooleanField()

    class Meta:
        model = Nomination
        fields = [
            "id",
            "week_id",
            "album",
            "nominator",
            "pitch",
            "pitch_track_url",
            "tags",
            "message",
            "points",
            "first_place_votes",
            "second_place_votes",
            "position",
            "tied",
            "is_winner",
            "created_at",
            "updated_at",
        ]

    def get_message(self, nomination: Nomination) -> dict[str, str] | None:
        refs = list(nomination.refs.all())
        return {"channel_id": refs[0].channel_id, "message_id": refs[0].external_id} if refs else None


class RankOf(serializers.Serializer[Any]):
    nomination_id = serializers.IntegerField(source="pk")
    album = AlbumOf()
    nominator = NominatorOf(source="user")
    points = serializers.IntegerField(source="standing.points")
    first_place_votes = serializers.IntegerField(source="standing.firsts")
    second_place_votes = serializers.IntegerField(source="standing.seconds")
    position = serializers.IntegerField(source="standing.position")
    tied = serializers.BooleanField(source="standing.tied")


class WeekOf(serializers.ModelSerializer[Week]):
    phase = serializers.SerializerMethodField()
    winner = AlbumOf(source="winner_album")
    decided_by = serializers.CharField()
    external = serializers.SerializerMethodField()
    nominations = NominationOf(many=True, source="shown")
    poll = serializers.SerializerMethodField()
    ratings_summary = serializers.SerializerMethodField()

    class Meta:
        model = Week
        fields = [
            "id",
            "number",
            "label",
            "date_discussion",
            "phase",
            "nominations_close_at",
            "votes_close_at",
            "poll_closed_at",
            "winner",
            "winner_nomination_id",
            "decided_at",
            "decided_by",
            "external",
            "created_at",
            "updated_at",
            "nominations",
            "poll",
            "ratings_summary",
        ]

    def get_phase(self, week: Week) -> str:
        return phase(
            now=timezone.now(),
            date_discussion=week.date_discussion,
            nominations_close_at=week.nominations_close_at,
            votes_close_at=week.votes_close_at,
            poll_closed_at=week.poll_closed_at,
            has_nominations=True,
            has_votes=True,
            has_winner=True,
            discussion_days=settings.CLUB_DISCUSSION_DAYS,
        )

    def get_external(self, week: Week) -> dict[str, str]:
        return {f"{ref.kind}_id": ref.external_id for ref in week.refs.all()}

    def get_poll(self, week: Any) -> dict[str, Any]:
        counted = week.counted
        by_id = {nomination.pk: nomination for nomination in week.shown}
        return {
            "week_id": week.pk,
            "total_voters": counted.total_voters,
            "total_points": counted.total_points,
            "closed": week.poll_closed_at is not None,
            "ranking": RankOf([by_id[standing.nomination_id] for standing in counted.ranking], many=True).data,
            "winner_nomination_id": week.winner_nomination_id,
            "tie_break": counted.tie_break if counted.winner_id == week.winner_nomination_id else None,
        }

    def get_ratings_summary(self, week: Week) -> dict[str, Any]:
        return ratings_summary(
            rating.halves for rating in week.ratings.all() if rating.album_id == week.winner_album_id
        )


class Nested(APIView):
    def get(self, request: Request, pk: int) -> Response:
        whole = Week.objects.select_related("winner_album").prefetch_related(
            "winner_album__album_artists__artist",
            "winner_album__external_ids",
            "winner_album__album_tags__tag",
            "nominations__user",
            "nominations__refs",
            "nominations__album__album_artists__artist",
            "nominations__album__external_ids",
            "nominations__album__album_tags__tag",
            "votes",
            "ratings",
            "refs",
        )
        week: Any = get_object_or_404(whole, pk=pk)
        week.shown = list(week.nominations.all())
        ballots = [Ballot(vote.nomination_id, vote.user_id, vote.rank) for vote in week.votes.all()]
        week.counted = tally([nomination.pk for nomination in week.shown], ballots)
        standings = {standing.nomination_id: standing for standing in week.counted.ranking}
        for nomination in week.shown:
            nomination.standing = standings[nomination.pk]
            nomination.is_winner = nomination.pk == week.winner_nomination_id
        return Response(WeekOf(week).data)
