"""One's own accounts elsewhere over HTTP: for sessions only, never a token of theirs in an answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.models import LinkedAccount
from integrations.scopes import ASK_NAMES, LISTENING
from integrations.selectors.links import link_json, links_of
from integrations.selectors.ways import is_set_up
from integrations.services.linking import link_lastfm_name, link_listenbrainz
from integrations.services.unlinking import unlink
from integrations.signin.lastfm import begin_lastfm
from integrations.signin.oauth import begin_linking
from integrations.signin.refusing import is_at_home, label_of
from sidetrack.actors import Actor
from sidetrack.api.auth import myself
from sidetrack.errors import Conflict
from sidetrack.services.limits import limit_linking


class LinkSerializer(serializers.Serializer[Any]):
    provider = serializers.ChoiceField(choices=LinkedAccount.Provider.choices)
    external_id = serializers.CharField()
    external_name = serializers.CharField(allow_blank=True)
    verified = serializers.BooleanField(help_text="False: only named, nothing proves that it is theirs.")
    state = serializers.ChoiceField(choices=LinkedAccount.Health.choices)
    grants = serializers.ListField(
        child=serializers.ChoiceField(choices=ASK_NAMES), help_text="What was allowed, of what can be."
    )
    last_good_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    consent_ends_at = serializers.DateTimeField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True, help_text="Until the consent must be given anew.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LinksSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = LinkSerializer(many=True)


class AuthorizeSerializer(serializers.Serializer[Any]):
    authorize_url = serializers.URLField(help_text="Open it in the browser that holds this session.")


class SpotifyLinkSerializer(serializers.Serializer[Any]):
    ask = serializers.ListField(
        child=serializers.ChoiceField(choices=ASK_NAMES),
        default=[LISTENING],
        max_length=2,
        help_text="What to ask the member for, beside what they allowed already.",
    )


class LastfmLinkSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(
        required=False, max_length=120, help_text="Link by name alone, for reading, unverified."
    )


class ListenBrainzLinkSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200, write_only=True, help_text="The user token.")


class UnlinkSerializer(serializers.Serializer[Any]):
    delete_listens = serializers.BooleanField(default=False, help_text="Also delete what it brought.")


class UnlinkedSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    deletes_listens = serializers.BooleanField()


class LinksView(APIView):
    @extend_schema(operation_id="auth_links", summary="One's own accounts elsewhere", responses=LinksSerializer)
    def get(self, request: Request) -> Response:
        """How each fares and what was allowed; never a token."""
        return Response({"next": None, "previous": None, "results": links_of(myself(request))})


def _asked(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _begins(request: Request, provider: str) -> HttpRequest:
    """The request whose session the state is bound to, where a linking can begin."""
    if not is_set_up(provider):
        raise Conflict(f"{label_of(provider)} is not set up on this site.", code="not_set_up")
    if not is_at_home(request._request):
        raise Conflict("Ask for this under the site's own address: providers send people back there.", code="elsewhere")
    return request._request


def _address(answer: Any) -> Response:
    assert isinstance(answer, HttpResponseRedirect)  # noqa: S101 - of both libraries
    return Response({"authorize_url": answer.url})


class LinkView(APIView):
    """What all have: ending it."""

    provider: str

    def _unlink(self, request: Request) -> Response:
        person = myself(request)
        limit_linking(request._request)
        asked = _asked(request, UnlinkSerializer)
        done = unlink(self.provider, by=Actor(user=person), delete_listens=asked["delete_listens"])
        return Response({"provider": done.provider, "deletes_listens": done.deletes})


class DiscordLinkView(LinkView):
    provider = "discord"

    @extend_schema(operation_id="auth_discord_link", request=None, responses=AuthorizeSerializer)
    def post(self, request: Request) -> Response:
        """Begin to connect Discord: an address to open."""
        myself(request)
        limit_linking(request._request)
        return _address(begin_linking(_begins(request, "discord"), "discord", []))

    @extend_schema(operation_id="auth_discord_unlink", request=UnlinkSerializer, responses=UnlinkedSerializer)
    def delete(self, request: Request) -> Response:
        """Disconnect it; 409 where it is one's only way in."""
        return self._unlink(request)


class SpotifyLinkView(LinkView):
    provider = "spotify"

    @extend_schema(operation_id="auth_spotify_link", request=SpotifyLinkSerializer, responses=AuthorizeSerializer)
    def post(self, request: Request) -> Response:
        """Begin to connect Spotify: an address to open, which ends on the connections page."""
        myself(request)
        limit_linking(request._request)
        asked = _asked(request, SpotifyLinkSerializer)
        return _address(begin_linking(_begins(request, "spotify"), "spotify", asked["ask"]))

    @extend_schema(operation_id="auth_spotify_unlink", request=UnlinkSerializer, responses=UnlinkedSerializer)
    def delete(self, request: Request) -> Response:
        """Disconnect it. Its plays go too where the site's owner decided so; 409 where it is one's only way in."""
        return self._unlink(request)


class LastfmLinkView(LinkView):
    provider = "lastfm"

    @extend_schema(
        operation_id="auth_lastfm_link",
        request=LastfmLinkSerializer,
        responses={200: AuthorizeSerializer, 201: LinkSerializer},
    )
    def post(self, request: Request) -> Response:
        """With a username: linked at once for reading, unverified (201). Without: an address to open (200)."""
        person = myself(request)
        limit_linking(request._request)
        username = _asked(request, LastfmLinkSerializer).get("username")
        if username is None:
            return _address(begin_lastfm(_begins(request, "lastfm")))
        return Response(link_json(link_lastfm_name(username, by=Actor(user=person))), status=201)

    @extend_schema(operation_id="auth_lastfm_unlink", request=UnlinkSerializer, responses=UnlinkedSerializer)
    def delete(self, request: Request) -> Response:
        """Disconnect it."""
        return self._unlink(request)


class ListenBrainzLinkView(LinkView):
    provider = "listenbrainz"

    @extend_schema(
        operation_id="auth_listenbrainz_link", request=ListenBrainzLinkSerializer, responses={201: LinkSerializer}
    )
    def post(self, request: Request) -> Response:
        """Link the account that a user token opens."""
        person = myself(request)
        limit_linking(request._request)
        token = _asked(request, ListenBrainzLinkSerializer)["token"]
        return Response(link_json(link_listenbrainz(token, by=Actor(user=person))), status=201)

    @extend_schema(operation_id="auth_listenbrainz_unlink", request=UnlinkSerializer, responses=UnlinkedSerializer)
    def delete(self, request: Request) -> Response:
        """Disconnect it."""
        return self._unlink(request)
