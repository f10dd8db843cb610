"""How rows of the demo are told from real ones."""

from __future__ import annotations

from django.db.models import QuerySet

from club.models import Week
from listening.models import Album
from sidetrack.models import User

DEMO = "demo"
"""The platform of the message reference on every demo week, and the source of the tags on demo albums."""


def demo_people() -> QuerySet[User]:
    return User.objects.filter(is_demo=True)


def demo_weeks() -> QuerySet[Week]:
    return Week.objects.filter(refs__platform=DEMO)


def demo_albums() -> QuerySet[Album]:
    """Albums that the demo added to the catalogue."""
    return Album.objects.filter(pk__in=Album.objects.filter(album_tags__source=DEMO).values("pk"))
