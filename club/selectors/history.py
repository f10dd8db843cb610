"""What an album and what a person did in the club, as far as the viewer may read it."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from club.halves import shown
from club.histogram import average
from club.models import Nomination, Rating, Week
from club.selectors.lists import counted
from club.selectors.names import nominator
from listening.models import Album
from listening.selectors.albums import album_cards
from sidetrack.gate import may_see_club
from sidetrack.models import User

Json = dict[str, Any]

_WEEK = ("week_id", "week__number", "week__label", "week__date_discussion")
LIMIT = 200


def album_history(album: Album | int, viewer: User | None) -> Json:
    """Where an album was nominated and what it won, the newest first. Two queries.

    `{"nominations": [{"id", "week": {"id", "number", "label", "date_discussion"}, "nominator", "pitch",
    "won"}], "wins": [{"week", "average", "count"}], "average": "3.87"|None, "count"}`; the last two
    over all weeks it won. Everything is empty where the viewer may not see the club.
    """
    pk = album if isinstance(album, int) else album.pk
    if not may_see_club(viewer):
        return {"nominations": [], "wins": [], "average": None, "count": 0}
    won: list[Any] = list(counted(Week.objects.filter(winner_album=pk)).order_by("-number")[:LIMIT])
    count = sum(week.ratings_count for week in won)
    return {
        "nominations": [
            _nomination_of_album(row, {week.winner_nomination_id for week in won}) for row in _of_album(pk)
        ],
        "wins": [
            {
                "week": _week(week),
                "average": average(week.ratings_sum, week.ratings_count),
                "count": week.ratings_count,
            }
            for week in won
        ],
        "average": average(sum(week.ratings_sum for week in won), count),
        "count": count,
    }


def club_history(person: User, viewer: User | None) -> Json:
    """What a person nominated, won and rated, the newest first. Three queries.

    `{"nominations": [{"id", "week", "album", "pitch", "won", "created_at"}], "nominations_count", "wins",
    "ratings": [{"id", "week", "album", "rating", "favorite_track", "review", "hidden", "created_at"}],
    "ratings_shown"}`. Ratings are for members, unless the person keeps their name off their reviews:
    listed under it they would tell whose the nameless ones are. One's own are always there.
    """
    if not may_see_club(viewer):
        return {"nominations": [], "nominations_count": 0, "wins": 0, "ratings": [], "ratings_shown": False}
    nominations, ratings = _nominations_by(person), _ratings_by(person, viewer)
    cards = {pk: card.as_json() for pk, card in album_cards({row["album_id"] for row in nominations + ratings}).items()}
    return {
        "nominations": [_nomination_of_person(row, cards) for row in nominations],
        "nominations_count": len(nominations),
        "wins": sum(_won(row) for row in nominations),
        "ratings": [_rating_of_person(row, cards) for row in ratings],
        "ratings_shown": may_see_ratings_of(person, viewer),
    }


def may_see_ratings_of(person: User, viewer: User | None) -> bool:
    """May the viewer read this person's ratings under their name, all in one place?"""
    if viewer is None or viewer.pk == person.pk:
        return viewer is not None
    return viewer.is_member and not person.hide_name_on_reviews


def _of_album(pk: int) -> list[Json]:
    rows = Nomination.objects.filter(album=pk).order_by("-week__number", "created_at", "pk")
    people = ("user_id", "user__display_name", "user__username", "user__status", "user__is_active")
    return [dict(row) for row in rows.values("pk", "pitch", *people, *_WEEK)[:LIMIT]]


def _nominations_by(person: User) -> list[Json]:
    rows = Nomination.objects.filter(user=person).order_by("-week__number", "-created_at", "pk")
    fields = ("pk", "album_id", "pitch", "created_at", "week__winner_nomination_id", *_WEEK)
    return [dict(row) for row in rows.values(*fields)[:LIMIT]]


def _ratings_by(person: User, viewer: User | None) -> list[Json]:
    if not may_see_ratings_of(person, viewer):
        return []
    rows: QuerySet[Rating] = Rating.objects.filter(user=person, album=F("week__winner_album"))
    if viewer is None or viewer.pk != person.pk:
        rows = rows.filter(hidden_at__isnull=True)
    fields = ("pk", "album_id", "halves", "favorite_track", "review", "hidden_at", "created_at", *_WEEK)
    return [dict(row) for row in rows.order_by("-week__number", "pk").values(*fields)[:LIMIT]]


def _week(week: Week) -> Json:
    return {"id": week.pk, "number": week.number, "label": week.label, "date_discussion": week.date_discussion}


def _week_of(row: Json) -> Json:
    return {
        "id": row["week_id"],
        "number": row["week__number"],
        "label": row["week__label"],
        "date_discussion": row["week__date_discussion"],
    }


def _won(row: Json) -> bool:
    return bool(row["pk"] == row["week__winner_nomination_id"])


def _nomination_of_album(row: Json, winners: set[int | None]) -> Json:
    return {
        "id": row["pk"],
        "week": _week_of(row),
        "nominator": nominator(row),
        "pitch": row["pitch"],
        "won": row["pk"] in winners,
    }


def _nomination_of_person(row: Json, cards: dict[int, Json]) -> Json:
    return {
        "id": row["pk"],
        "week": _week_of(row),
        "album": cards[row["album_id"]],
        "pitch": row["pitch"],
        "won": _won(row),
        "created_at": row["created_at"],
    }


def _rating_of_person(row: Json, cards: dict[int, Json]) -> Json:
    return {
        "id": row["pk"],
        "week": _week_of(row),
        "album": cards[row["album_id"]],
        "rating": shown(row["halves"]),
        "favorite_track": row["favorite_track"],
        "review": row["review"],
        "hidden": row["hidden_at"] is not None,
        "created_at": row["created_at"],
    }
