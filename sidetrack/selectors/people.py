"""Reads about people, always as somebody sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from sidetrack.gate import people_seen_by
from sidetrack.models import AuditEvent, Invite, User
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


DEEDS = {
    "person.admit": "You were admitted to the club",
    "person.ban": "You were banned",
    "person.unban": "Your ban was lifted",
    "person.role": "Your role was changed",
    "person.owner": "You were made an owner",
    "person.rename": "Your name was changed",
    "review.hide": "Your review was hidden",
    "review.restore": "Your review is shown again",
    "nomination.withdraw": "Your nomination was withdrawn",
}
"""What was done to somebody, said to them."""


@dataclass(frozen=True)
class Deed:
    at: datetime
    what: str
    about: str
    reason: str


def done_to(person: User, limit: int = 20) -> list[Deed]:
    """What others did to this person and their content, newest first; not who did it."""
    events = AuditEvent.objects.filter(subject=person, verb__in=DEEDS).exclude(actor=person, token=None)[:limit]
    return [
        Deed(
            event.at,
            DEEDS[event.verb],
            event.object_name if event.object_type == "club.nomination" else "",
            event.reason,
        )
        for event in events
    ]


def open_invite(code: str) -> Invite | None:
    """The invite with this code, if it still admits somebody."""
    found = Invite.objects.select_related("created_by").filter(code=code).first() if "\x00" not in code else None
    return found if found is not None and found.is_open else None


def person_card(person: User) -> dict[str, Any]:
    """What others read of a person in lists: id, username, display_name."""
    return {"id": person.pk, "username": person.username, "display_name": person.name}
