"""Who acts: a person in a session, or a service token that names a person.

A token never borrows the staff rights of the person it names; it may moderate only with its own
`moderate` scope.
"""

from __future__ import annotations

from dataclasses import dataclass

from sidetrack.errors import NotAllowed
from sidetrack.models import ServiceToken, User


@dataclass(frozen=True)
class Actor:
    """The `by=` of every service. `user` is None for a job, a command or a token that names nobody."""

    user: User | None = None
    token: ServiceToken | None = None

    @property
    def is_member(self) -> bool:
        return self.user is not None and self.user.is_member

    @property
    def is_moderator(self) -> bool:
        if self.token is not None:
            return "moderate" in self.token.scopes
        return self.user is not None and self.user.is_moderator

    def must_be_member(self) -> User:
        """The acting member, or NotAllowed with what to do about it."""
        if self.user is None:
            raise NotAllowed("Sign in first.", code="not_authenticated")
        if not self.user.is_member:
            raise NotAllowed("Only members of the club may do this. A moderator can admit you.")
        return self.user

    def must_moderate(self) -> None:
        if not self.is_moderator:
            raise NotAllowed("Only a moderator may do this.")


SITE = Actor()
"""The site itself: jobs and commands."""
