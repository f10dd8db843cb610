"""The person in an address whose listening is asked for."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from sidetrack.api.auth import session_actor, viewer
from sidetrack.errors import NotFound
from sidetrack.gate import may_see_listening, person_or_404
from sidetrack.models import User

PERSON = OpenApiParameter("id", str, "path", pattern=r"^(me|[0-9]{1,19})$", description="Id of the person, or `me`.")


def listener_or_404(request: Request, pk: str) -> User:
    """The person whose listening the client may see; for others it is not there."""
    if pk == "me":
        person = session_actor(request).user
        if person is None:
            raise NotFound("A service client is nobody; name a person by id.")
        return person
    owner = person_or_404(viewer(request), int(pk))
    if not may_see_listening(viewer(request), owner):
        raise NotFound("There is no such person here.")
    return owner
