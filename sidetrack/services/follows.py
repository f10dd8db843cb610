"""Who follows whom."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from sidetrack.actors import Actor
from sidetrack.errors import Invalid
from sidetrack.gate import person_or_404
from sidetrack.models import Follow


def follow(person_id: int, *, by: Actor) -> bool:
    """The acting member follows a person they can see. Returns whether that is new."""
    follower = by.must_be_member()
    person = person_or_404(follower, person_id)
    if person.pk == follower.pk:
        raise Invalid("You cannot follow yourself.", code="oneself")
    if not person.is_member:
        raise Invalid("Only members can be followed.", code="not_a_member")
    try:
        with transaction.atomic():
            return Follow.objects.get_or_create(follower=follower, followed=person)[1]
    except IntegrityError:  # a double click was quicker
        return False


def unfollow(person_id: int, *, by: Actor) -> bool:
    """Stop following. Returns whether there was anything to stop; 404 as for `follow`."""
    follower = by.must_be_member()
    person = person_or_404(follower, person_id)
    return Follow.objects.filter(follower=follower, followed=person).delete()[0] > 0
