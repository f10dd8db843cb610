"""The `"user"` of a request body, and who therefore acts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from integrations.services.people import PersonRef, person_for
from sidetrack.actors import Actor
from sidetrack.api.auth import must_have_scope, session_actor
from sidetrack.errors import Invalid, NotAllowed


class PersonRefSerializer(serializers.Serializer[PersonRef]):
    """`{"id": 7}` or `{"discord_id": "123", "display_name": "Ann"}`."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    discord_id = serializers.RegexField(r"^[0-9]{1,20}\Z", required=False)
    display_name = serializers.CharField(required=False, max_length=80, allow_blank=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("id" in attrs) == ("discord_id" in attrs):
            raise serializers.ValidationError("Name the person by id or by discord_id.")
        return {name: value for name, value in attrs.items() if value is not None}  # bots send null for "no nickname"


def must_sign_in(request: Request, scope: str) -> None:
    """Refuse nobody (401) and a token without the scope (403) before their body is looked at."""
    must_have_scope(request, scope)
    session_actor(request)


def acting(request: Request, named: dict[str, Any] | None, scope: str) -> Actor:
    """Who acts in this request.

    A service client needs `scope` and names the person in the body; a session acts for itself and
    may name nobody else.
    """
    must_have_scope(request, scope)
    actor = session_actor(request)
    if actor.token is not None:
        if named is None:
            raise Invalid("Say whom you act for.", attr="user", code="required")
        return Actor(user=person_for(PersonRef(**named)), token=actor.token)
    if named is not None and named.get("id") != getattr(actor.user, "pk", None):
        raise NotAllowed("You may act for yourself only.", code="not_allowed")
    return actor
