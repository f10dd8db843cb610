"""What every write to the club does at the door: who asks, may they see the week, what do they say."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from club.cache import week_detail_bytes
from club.models import Week
from club.selectors.state import must_see_club, read_week, week_or_404
from integrations.api.person import acting
from sidetrack.actors import Actor
from sidetrack.api.auth import must_have_scope, session_actor, viewer


def client(request: Request, scope: str = "club:write") -> Actor:
    """The token (which must hold `scope`) or the person of the session; a person must be a member.

    401 for nobody, 404 for who may not see the club, 403 for who may see it and not write.
    """
    must_have_scope(request, scope)
    actor = session_actor(request)
    if actor.token is None:
        must_see_club(viewer(request))
        actor.must_be_member()
    return actor


def named(request: Request, actor: Actor, user: dict[str, Any] | None, scope: str) -> Actor:
    """Whom the body names; a token may also act in nobody's name, and the audit log then names the token."""
    return acting(request, user, scope) if user is not None else actor


def week_of(request: Request, pk: str) -> Week:
    """The week of the address, for a client that has passed `client`."""
    return week_or_404(viewer(request), int(pk), client=request.auth is not None)


def said(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked body; ValidationError names what is wrong with it."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    checked: dict[str, Any] = body.validated_data
    return checked


def week_answer(request: Request, week: Week, status: int = 200) -> HttpResponse:
    """The week as `GET /club/weeks/{id}` shows it."""
    state = read_week(viewer(request), week.pk, client=request.auth is not None)
    return HttpResponse(week_detail_bytes(state), content_type="application/json", status=status)
