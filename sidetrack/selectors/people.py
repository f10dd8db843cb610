"""Reads about people, always as somebody sees them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from sidetrack.gate import people_seen_by
from sidetrack.models import Invite, User
from sidetrack.models.people import PeopleQuerySet


def member_cards(viewer: User | None, query: str = "") -> PeopleQuerySet:
    """Members the viewer may see, by username; `query` is part of a name."""
    people = people_seen_by(viewer).members().order_by("username")
    if query:
        people = people.filter(Q(username__icontains=query) | Q(display_name__icontains=query))
    return people


def followers_of(person: User, among: PeopleQuerySet) -> PeopleQuerySet:
    """Those `among` people (whom the viewer may see) who follow `person`."""
    return among.members().filter(follows__followed=person).order_by("username")


def followed_by(person: User, among: PeopleQuerySet) -> PeopleQuerySet:
    """Those `among` people (whom the viewer may see) whom `person` follows."""
    return among.members().filter(followed_by__follower=person).order_by("username")


def is_following(viewer: User | None, person: User) -> bool:
    return viewer is not None and viewer.follows.filter(followed=person).exists()


def open_invite(code: str) -> Invite | None:
    """The invite with this code, if it still admits somebody."""
    found = Invite.objects.select_related("created_by").filter(code=code).first() if "\x00" not in code else None
    return found if found is not None and found.is_open else None


def person_card(person: User) -> dict[str, Any]:
    """What others read of a person in lists: id, username, display_name."""
    return {"id": person.pk, "username": person.username, "display_name": person.name}
