"""People over HTTP: who they are, whom they follow. E-mail, zone, visibility and links are for oneself."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api.links import LinkSerializer
from integrations.api.person import PersonRefSerializer, acting, must_sign_in
from integrations.selectors.links import links_of
from sidetrack.actors import Actor
from sidetrack.api.auth import NAMING, has_scope_of, myself, viewer
from sidetrack.api.paging import page_of
from sidetrack.api.schema import PAGE_PARAMETERS
from sidetrack.gate import people_seen_by, pick_or_404
from sidetrack.models import User
from sidetrack.models.people import PeopleQuerySet
from sidetrack.selectors.people import followed_by, followers_of, person_card
from sidetrack.services import follows
from sidetrack.services.erasing import leave
from sidetrack.services.limits import limit_leaving

FOLLOW_SCOPE = "club:write"


class PersonSerializer(serializers.Serializer[Any]):
    """What others read of a person; the fields that may be missing are for oneself."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    status = serializers.ChoiceField(choices=User.Status.choices)
    role = serializers.ChoiceField(choices=User.Role.choices)
    email = serializers.EmailField(required=False, allow_blank=True)
    time_zone = serializers.CharField(required=False)
    visibility = serializers.ChoiceField(choices=User.Visibility.choices, required=False)
    hide_name_on_reviews = serializers.BooleanField(required=False)
    links = LinkSerializer(many=True, required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PersonCardSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()


class PeoplePageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PersonCardSerializer(many=True)


class FollowSerializer(serializers.Serializer[Any]):
    """A service client says who follows; a session is itself."""

    user = PersonRefSerializer(required=False)


class LeaveSerializer(serializers.Serializer[Any]):
    """The end of one's account."""

    confirm = serializers.CharField(max_length=40, help_text="One's username.")
    password = serializers.CharField(
        required=False, max_length=1000, trim_whitespace=False, help_text="Of who has one."
    )
    keep_words = serializers.BooleanField(
        default=True, help_text="Whether ratings, reviews and pitches stay, under “Former member”."
    )


class LeavingSerializer(serializers.Serializer[Any]):
    state = serializers.CharField()
    keep_words = serializers.BooleanField()


class FollowingSerializer(serializers.Serializer[Any]):
    following = serializers.BooleanField()


def person_as_json(person: User, viewer: User | None) -> dict[str, Any]:
    """The person as `viewer` reads them."""
    shown: dict[str, Any] = {**person_card(person), "status": person.status, "role": person.role}
    if viewer is not None and viewer.pk == person.pk:
        shown |= {
            "email": person.email,
            "time_zone": person.time_zone,
            "visibility": person.visibility,
            "hide_name_on_reviews": person.hide_name_on_reviews,
            "links": links_of(person),
        }
    return shown | {"created_at": person.created_at, "updated_at": person.updated_at}


def people_of(request: Request) -> PeopleQuerySet:
    """Whom this client may see: one that acts for people all members, else as the gate says of the viewer."""
    if has_scope_of(request, NAMING):
        return User.objects.members().filter(is_active=True)
    return people_seen_by(viewer(request))


class MeView(APIView):
    @extend_schema(operation_id="users_me", responses=PersonSerializer)
    def get(self, request: Request) -> Response:
        """The signed-in person."""
        person = myself(request)
        return Response(person_as_json(person, person))

    @extend_schema(
        operation_id="users_me_delete",
        summary="Delete one's account",
        request=LeaveSerializer,
        responses={202: LeavingSerializer},
    )
    def delete(self, request: Request) -> Response:
        """It ends at once and cannot be undone; what is kept is removed by a job. Sessions only."""
        person = myself(request)
        limit_leaving(request._request)
        asked = LeaveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        erasure = leave(by=Actor(user=person), **asked.validated_data)
        logout(request._request)
        return Response({"state": erasure.state, "keep_words": erasure.keep_words}, status=202)


class PersonView(APIView):
    @extend_schema(operation_id="users_retrieve", responses=PersonSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """A person, if the viewer may see them."""
        return Response(person_as_json(pick_or_404(people_of(request), int(pk)), viewer(request)))


class FollowView(APIView):
    @extend_schema(
        operation_id="users_follow",
        request=FollowSerializer,
        responses={200: FollowingSerializer, 201: FollowingSerializer},
    )
    def post(self, request: Request, pk: str) -> Response:
        """Follow; 201 when that is new, 200 when it was so already."""
        new = follows.follow(int(pk), by=self._actor(request))
        return Response({"following": True}, status=201 if new else 200)

    @extend_schema(
        operation_id="users_unfollow",
        request=None,
        responses={204: OpenApiResponse(description="Not followed any more.")},
    )
    def delete(self, request: Request, pk: str) -> Response:
        """Stop following; a service client names the person in the body as for POST."""
        follows.unfollow(int(pk), by=self._actor(request))
        return Response(status=204)

    def _actor(self, request: Request) -> Any:
        must_sign_in(request, FOLLOW_SCOPE)
        asked = FollowSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return acting(request, asked.validated_data.get("user"), FOLLOW_SCOPE)


class FollowersView(APIView):
    @extend_schema(operation_id="users_followers", parameters=PAGE_PARAMETERS, responses=PeoplePageSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Who follows this person, as far as the viewer may see them."""
        seen = people_of(request)
        return page_of(request, followers_of(pick_or_404(seen, int(pk)), seen), person_card)


class FollowedView(APIView):
    @extend_schema(operation_id="users_following", parameters=PAGE_PARAMETERS, responses=PeoplePageSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Whom this person follows, as far as the viewer may see them."""
        seen = people_of(request)
        return page_of(request, followed_by(pick_or_404(seen, int(pk)), seen), person_card)
