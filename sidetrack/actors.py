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
    """The `by=` of every service. `user` is None for the site itself and for a token that names nobody.

    `site` is true of jobs and commands only (SITE), never of anything that came through a request.
    """

    user: User | None = None
    token: ServiceToken | None = None
    site: bool = False

    @property
    def is_member(self) -> bool:
        return self.user is not None and self.user.is_member

    @property
    def is_moderator(self) -> bool:
        if self.site:
            return True
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

    def must_own(self) -> None:
        if self.site:
            return
        if self.token is not None or self.user is None or not self.user.is_owner:
            raise NotAllowed("Only an owner of the site may do this.")


SITE = Actor(site=True)
"""The site itself: jobs and commands."""
