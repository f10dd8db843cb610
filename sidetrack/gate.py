"""Who may see whom and what: every object is fetched through a gate that takes the viewer.

A viewer is a signed-in person or None. Somebody signed in but not admitted sees what a visitor sees,
and themselves. What one may not see answers 404, what one may see but not do answers 403.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.db.models import Q

from sidetrack.errors import NotFound
from sidetrack.models import User
from sidetrack.models.people import PeopleQuerySet, username_rule

LARGEST_ID = 2**63 - 1


def may_see_club(viewer: User | None) -> bool:
    """Weeks, winners and poll totals: for everybody, or for members where the owner closed the site."""
    return bool(settings.CLUB_PUBLIC) or (viewer is not None and viewer.is_member)


def people_seen_by(viewer: User | None) -> PeopleQuerySet:
    """Members see members; visitors see those who chose to be public, while the site is open.

    Who waits to be admitted or was banned is seen by moderators, and by themselves.
    """
    active = User.objects.get_queryset().filter(is_active=True)
    if viewer is not None and viewer.is_moderator:
        return active
    seen = Q(status=User.Status.MEMBER)
    if viewer is None or not viewer.is_member:
        seen &= Q(visibility=User.Visibility.PUBLIC) if settings.CLUB_PUBLIC else Q(pk__in=())
    if viewer is not None:
        seen |= Q(pk=viewer.pk)
    return active.filter(seen)


def may_see_person(viewer: User | None, person: User) -> bool:
    return people_seen_by(viewer).filter(pk=person.pk).exists()


def person_or_404(viewer: User | None, pk_or_username: int | str) -> User:
    """The person with this id (int) or username (str, any case), if `viewer` may see them."""
    return pick_or_404(people_seen_by(viewer), pk_or_username)


def pick_or_404(people: PeopleQuerySet, pk_or_username: int | str) -> User:
    """The one of `people` with this id (int) or username (str); NotFound where there is none."""
    if isinstance(pk_or_username, int):
        wanted = Q(pk=pk_or_username) if 0 < pk_or_username <= LARGEST_ID else None
    else:
        username = pk_or_username.lower()
        wanted = Q(username=username) if re.match(username_rule.regex, username) else None
    person = people.filter(wanted).first() if wanted is not None else None
    if person is None:
        raise NotFound("There is no such person here.")
    return person


def may_see_listening(viewer: User | None, owner: User) -> bool:
    """Listens, statistics and taste, by the owner's setting; a moderator sees no more than a member."""
    if viewer is not None and viewer.pk == owner.pk:
        return owner.is_active
    if not owner.is_member:
        return False
    if owner.visibility == User.Visibility.PUBLIC and settings.CLUB_PUBLIC:
        return True
    return owner.visibility != User.Visibility.NOBODY and viewer is not None and viewer.is_member


def listeners_seen_by(viewer: User | None) -> PeopleQuerySet:
    """Everybody whose listening the viewer may see: `may_see_listening` for many at once."""
    shown = Q(status=User.Status.MEMBER)
    if viewer is not None and viewer.is_member:
        shown &= ~Q(visibility=User.Visibility.NOBODY)
    else:
        shown &= Q(visibility=User.Visibility.PUBLIC) if settings.CLUB_PUBLIC else Q(pk__in=())
    if viewer is not None:
        shown |= Q(pk=viewer.pk)
    return User.objects.get_queryset().filter(shown, is_active=True)
