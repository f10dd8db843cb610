"""The shapes of what the club answers, for the OpenAPI document; the answers are rendered without them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from club.phases import Phase
from club.selectors.week import Json
from listening.api.albums import AlbumShape

_NULL: Any = {"allow_null": True}


class NominatorShown(serializers.Serializer[Json]):
    id = serializers.IntegerField(help_text="null: a former member", **_NULL)
    name = serializers.CharField()


class TagsShown(serializers.Serializer[Json]):
    genres = serializers.ListField(child=serializers.CharField(), required=False)
    decade = serializers.CharField(required=False, allow_blank=True, **_NULL)
    country = serializers.CharField(required=False, allow_blank=True, **_NULL)


class MessageShown(serializers.Serializer[Json]):
    channel_id = serializers.CharField(allow_blank=True)
    message_id = serializers.CharField()


class NominationShown(serializers.Serializer[Json]):
    id = serializers.IntegerField()
    week_id = serializers.IntegerField()
    album = AlbumShape()
    nominator = NominatorShown()
    pitch = serializers.CharField(allow_blank=True)
    pitch_track_url = serializers.CharField(allow_blank=True)
    tags = TagsShown()
    message = MessageShown(**_NULL)
    points = serializers.IntegerField()
    first_place_votes = serializers.IntegerField()
    second_place_votes = serializers.IntegerField()
    position = serializers.IntegerField()
    tied = serializers.BooleanField()
    is_winner = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RankShown(serializers.Serializer[Json]):
    nomination_id = serializers.IntegerField()
    album = AlbumShape()
    nominator = NominatorShown()
    points = serializers.IntegerField()
    first_place_votes = serializers.IntegerField()
    second_place_votes = serializers.IntegerField()
    position = serializers.IntegerField(help_text="Shared where points and first places are equal: 1, 1, 3.")
    tied = serializers.BooleanField()


class VotesSummary(serializers.Serializer[Json]):
    week_id = serializers.IntegerField()
    total_voters = serializers.IntegerField()
    total_points = serializers.IntegerField()
    closed = serializers.BooleanField()
    ranking = RankShown(many=True)
    winner_nomination_id = serializers.IntegerField(help_text="While the poll is open: who leads.", **_NULL)
    tie_break = serializers.ChoiceField(choices=["first_place_votes", "earliest_nomination"], **_NULL)


class Distribution(serializers.Serializer[Json]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {f"{halves / 2:.1f}": serializers.IntegerField() for halves in range(2, 11)}


class RatingsSummary(serializers.Serializer[Json]):
    average = serializers.CharField(help_text="Half up to two places, like 3.87.", **_NULL)
    count = serializers.IntegerField()
    distribution = Distribution()


class WeekShown(serializers.Serializer[Json]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    date_discussion = serializers.DateTimeField()
    phase = serializers.ChoiceField(choices=[str(phase) for phase in Phase])
    nominations_close_at = serializers.DateTimeField(**_NULL)
    votes_close_at = serializers.DateTimeField(**_NULL)
    poll_closed_at = serializers.DateTimeField(**_NULL)
    winner = AlbumShape(**_NULL)
    winner_nomination_id = serializers.IntegerField(**_NULL)
    decided_at = serializers.DateTimeField(**_NULL)
    decided_by = serializers.ChoiceField(choices=["votes", "override"], **_NULL)
    external = serializers.DictField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WeekRow(WeekShown):
    nominations_count = serializers.IntegerField()
    ratings_count = serializers.IntegerField()
    average_rating = serializers.CharField(**_NULL)


class OwnPart(serializers.Serializer[Json]):
    """What the signed-in member gave; for nobody else."""

    first_choice = serializers.IntegerField(help_text="Id of the nomination.", **_NULL)
    second_choice = serializers.IntegerField(help_text="Id of the nomination.", **_NULL)
    rating = serializers.CharField(**_NULL)


class WeekDetail(WeekShown):
    own = OwnPart(required=False)
    nominations = NominationShown(many=True)
    poll = VotesSummary()
    ratings_summary = RatingsSummary()


class ReviewerShown(serializers.Serializer[Json]):
    id = serializers.IntegerField(**_NULL)
    name = serializers.CharField()


class RatingShown(serializers.Serializer[Json]):
    id = serializers.IntegerField(help_text="null where the name is kept hidden", **_NULL)
    user = ReviewerShown()
    anonymous = serializers.BooleanField()
    rating = serializers.CharField()
    favorite_track = serializers.CharField(allow_blank=True)
    review = serializers.CharField(allow_blank=True)
    review_cut = serializers.BooleanField(help_text="The review goes on; members read all of it.")
    own = serializers.BooleanField()
    hidden = serializers.BooleanField(help_text="Hidden by a moderator; only its author gets it.")
    created_at = serializers.DateTimeField(**_NULL)
    updated_at = serializers.DateTimeField(**_NULL)


class _Page(serializers.Serializer[Json]):
    count = serializers.IntegerField()
    next = serializers.URLField(**_NULL)
    previous = serializers.URLField(**_NULL)


class WeekPage(_Page):
    results = WeekRow(many=True)


class NominationPage(_Page):
    results = NominationShown(many=True)


class RatingPage(_Page):
    results = RatingShown(many=True)
