"""How a request says who it is: a service token in the header, or a member's session.

Must not import DRF's views or generics: DRF resolves this module while importing them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from sidetrack.actors import Actor
from sidetrack.models import ServiceToken, User
from sidetrack.models.tokens import digest

_LAST_USED_STEP = timedelta(minutes=1)


class ServiceTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <service token>`: request.auth is the token, request.user nobody."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the header as: Authorization: Bearer <token>.")
        try:
            secret = parts[1].decode("ascii")
        except UnicodeDecodeError:
            raise AuthenticationFailed("This token is not known, or no longer valid.") from None
        token = ServiceToken.objects.filter(secret_hash=digest(secret)).first()
        if token is None or not token.is_live:
            raise AuthenticationFailed("This token is not known, or no longer valid.")
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > _LAST_USED_STEP:
            ServiceToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class MemberSessionAuthentication(SessionAuthentication):
    """The session of the web; writes need the CSRF token."""


def viewer(request: Request) -> User | None:
    """The signed-in person who looks, or None for a visitor or a service client."""
    user = request.user
    return user if isinstance(user, User) else None


def session_actor(request: Request) -> Actor:
    """The signed-in person as actor; a service token as itself, naming nobody."""
    if request.auth is not None:
        return Actor(token=cast(ServiceToken, request.auth))
    user = viewer(request)
    if user is None:
        raise NotAuthenticated("Sign in, or send a service token.")
    return Actor(user=user)


def myself(request: Request) -> User:
    """The signed-in person, of what only they do and read."""
    if isinstance(request.auth, ServiceToken):
        raise PermissionDenied("A service token is nobody in particular.")
    person = viewer(request)
    if person is None:
        raise NotAuthenticated("Sign in first.")
    return person


NAMING = frozenset({"club:write", "listens:write", "taste:write", "moderate"})
"""Scopes whose holders act for people, and may therefore look them up as a member would."""


def has_scope_of(request: Request, scopes: Collection[str]) -> bool:
    """Is this a service client that holds one of `scopes`?"""
    token = request.auth
    return isinstance(token, ServiceToken) and not set(scopes).isdisjoint(token.scopes)


def must_have_scope(request: Request, scope: str) -> None:
    """A service client must hold the scope; a session passes (services check the person)."""
    token = request.auth
    if isinstance(token, ServiceToken) and scope not in token.scopes:
        raise PermissionDenied(f"This token lacks the scope {scope}.")
