"""What a member did in the club, in their export and when they leave.

When they leave, votes in open polls are withdrawn at once and those of closed polls stay as numbers. Nominations stay
as history; ratings, reviews and pitches stay under "former member" unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from club import phases
from club.halves import shown
from club.models import Nomination, Rating, Vote, Week
from club.services.merging import forget_set_aside, set_aside
from club.services.rules import locked, touch
from listening.models import Album
from sidetrack.models import User
from sidetrack.rights import Handler, Section, in_pieces

COVERS = ("club.nomination", "club.rating", "club.vote")
_WEEK = {"week": "the week's number", "week_label": "its name", "album_id": "the album's number", "album": "its title"}
_WHEN = {"created_at": "when", "updated_at": "when it last changed"}
_NOMINATIONS = (
    _WEEK | {"pitch": "what you wrote", "pitch_track_url": "the track you linked", "tags": "tags you gave it"} | _WHEN
)
_VOTES = _WEEK | {"rank": "1 is your first choice, 2 your second"} | _WHEN
_RATINGS = (
    _WEEK
    | {
        "rating": "1.0 to 5.0",
        "favorite_track": "your favourite track",
        "review": "what you wrote",
        "hidden_at": "when a moderator hid it",
    }
    | _WHEN
)


def export(person: User) -> list[Section]:
    return [
        Section(
            "nominations.jsonl",
            "Albums you nominated.",
            _NOMINATIONS,
            lambda: _rows(Nomination.objects.filter(user=person), "album", _NOMINATIONS),
        ),
        Section(
            "votes.jsonl",
            "Your votes.",
            _VOTES,
            lambda: _rows(Vote.objects.filter(user=person), "nomination__album", _VOTES),
        ),
        Section(
            "ratings.jsonl",
            "Your ratings and reviews.",
            _RATINGS,
            lambda: _rows(Rating.objects.filter(user=person), "album", _RATINGS),
        ),
        Section(
            "ratings_set_aside.jsonl",
            "Ratings and reviews of yours that are kept aside since two albums were made one; another of yours counts.",
            _RATINGS,
            lambda: _set_aside(person),
        ),
    ]


def _rows(rows: QuerySet[Any], album: str, fields: dict[str, str]) -> Iterator[dict[str, Any]]:
    paths = {"week": "week__number", "week_label": "week__label", "album_id": f"{album}_id", "album": f"{album}__title"}
    paths |= {"rating": "halves"}
    wanted = {name: paths.get(name, name) for name in fields}
    for row in in_pieces(rows.values("pk", *wanted.values()), "pk"):
        yield {name: str(shown(row[path])) if name == "rating" else row[path] for name, path in wanted.items()}


def _set_aside(person: User) -> Iterator[dict[str, Any]]:
    """Of the journals of merges; a line that was undone stands among the ratings again."""
    for line in in_pieces(set_aside(person).filter(undone=False)):
        kept: dict[str, Any] = line.dropped
        row = {name: kept[name] for name in _RATINGS if name in kept}
        week = Week.objects.filter(pk=kept["week_id"]).first()
        album = Album.objects.filter(pk=kept["album_id"]).first()
        row |= {"week": week.number if week else None, "week_label": week.label if week else ""}
        row |= {"album": album.title if album else "", "rating": str(shown(kept["halves"]))}
        yield {name: row[name] for name in _RATINGS}


def leave(person: User) -> None:
    """Polls that are open count them no more from this moment on."""
    _withdraw_votes(person)


def erase(person: User, keep_words: bool) -> int:
    return _withdraw_votes(person) or (0 if keep_words else _drop_words(person) or forget_set_aside(person))


@transaction.atomic
def _withdraw_votes(person: User) -> int:
    """Their votes in polls that are open; a week at a time is locked as every write to it does."""
    gone = 0
    voted = Week.objects.filter(votes__user=person, poll_closed_at=None).distinct().order_by("pk")
    for week in map(locked, voted):
        open_ = phases.poll_is_open(
            now=timezone.now(), votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at
        )
        withdrawn = Vote.objects.filter(week=week, user=person).delete()[0] if open_ else 0
        if withdrawn:
            touch(week)
        gone += withdrawn
    return gone


@transaction.atomic
def _drop_words(person: User) -> int:
    """Ratings, reviews and pitches of one week."""
    said = Nomination.objects.filter(user=person).exclude(Q(pitch="") & Q(pitch_track_url=""))
    about = Rating.objects.filter(user=person)
    number = about.values_list("week_id", flat=True).first() or said.values_list("week_id", flat=True).first()
    if number is None:
        return 0
    week = locked(Week(pk=number))
    gone = about.filter(week=week).delete()[0]
    gone += said.filter(week=week).update(pitch="", pitch_track_url="", updated_at=timezone.now())
    touch(week)
    return gone


HANDLER = Handler("club", COVERS, export, erase, leave)
