"""Who of the club has played this week's album, or the albums that are up for the vote.

It depends on who looks: members whose listening the viewer may not see are in no number here. So it stands
outside of the answer that all viewers share (club/cache.py), in two queries at most.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from club.models import Week
from club.phases import Phase
from club.selectors.state import WeekState
from listening.models import AlbumTrack, ListenEvent
from sidetrack.gate import listeners_seen_by
from sidetrack.models import User

Json = dict[str, Any]

NAMED, TRACKS = 8, 5


def week_listening(viewer: User | None, state: WeekState, detail: Json) -> Json | None:
    """What members played of the winner, or of each nominee while the poll is open, since the week began.

    None for visitors, and where there is neither. `detail` is the week's detail (club/selectors/week.py).
    `{"since", "until", "albums": [{"album", "members", "plays"}]}`, most members first, and of a winner
    `"members", "plays", "names": [{"name", "username", "plays"}], "unnamed", "own_plays", "own_tracks", "tracks",
    "top_tracks": [{"title", "plays"}]`. Members are counted once, however often they played.
    """
    if viewer is None or not viewer.is_member:
        return None
    won = detail["winner"]
    albums = [won] if won else [row["album"] for row in detail["nominations"]] if state.poll_open else []
    if not albums:
        return None
    since, until = _window(state)
    plays = ListenEvent.objects.filter(
        duplicate_of=None,
        album__in={album["id"] for album in albums},
        started_at__gte=since,
        user__in=listeners_seen_by(viewer),
    )
    if until is not None:
        plays = plays.filter(started_at__lt=until)
    people = _people(plays)
    found: Json = {"since": since, "until": until, "albums": _by_album(albums, people)}
    return found | _of_winner(viewer, plays, people) if won else found


def _window(state: WeekState) -> tuple[datetime, datetime | None]:
    """A week begins when it is opened; one brought along from the past, seven days before its discussion."""
    week: Week = state.week
    since = min(week.created_at, week.date_discussion - timedelta(days=7))
    if state.phase != Phase.CLOSED:
        return since, None
    closed_at = week.poll_closed_at or week.votes_close_at or week.date_discussion
    return since, max(week.date_discussion, closed_at) + timedelta(days=settings.CLUB_DISCUSSION_DAYS)


def _people(plays: QuerySet[ListenEvent]) -> list[Json]:
    """One row for each album and member, most plays first."""
    rows = plays.order_by().values("album_id", "user_id", "user__display_name", "user__username")
    found = [dict(row) for row in rows.annotate(plays=Count("id"))]
    return sorted(found, key=lambda row: (-row["plays"], row["user__username"]))


def _by_album(albums: list[Json], people: list[Json]) -> list[Json]:
    counts: dict[int, list[int]] = {}
    for row in people:
        counts.setdefault(row["album_id"], []).append(row["plays"])
    found = {
        album["id"]: {
            "album": album,
            "members": len(counts.get(album["id"], [])),
            "plays": sum(counts.get(album["id"], [])),
        }
        for album in albums
    }
    return sorted(found.values(), key=lambda row: (-row["members"], -row["plays"]))


def _of_winner(viewer: User, plays: QuerySet[ListenEvent], people: list[Json]) -> Json:
    tracks = _tracks(viewer, plays) if people else []
    names = [
        {
            "name": row["user__display_name"] or row["user__username"],
            "username": row["user__username"],
            "plays": row["plays"],
        }
        for row in people
    ]
    return {
        "members": len(people),
        "plays": sum(row["plays"] for row in people),
        "names": names[:NAMED],
        "unnamed": max(0, len(names) - NAMED),
        "own_plays": sum(row["plays"] for row in people if row["user_id"] == viewer.pk),
        "own_tracks": sum(1 for row in tracks if row["own"] and row["listed"]),
        "tracks": tracks[0]["total"] or 0 if tracks else 0,
        "top_tracks": [{"title": row["track__title"], "plays": row["plays"]} for row in tracks[:TRACKS]],
    }


def _tracks(viewer: User, plays: QuerySet[ListenEvent]) -> list[Json]:
    """What was played of it, most played first, with whether it is `listed` on the album and how many are."""
    on_album = AlbumTrack.objects.filter(album=OuterRef("album"))
    total = on_album.order_by().values("album").annotate(n=Count("track", distinct=True)).values("n")
    rows = plays.order_by().annotate(total=Subquery(total), listed=Exists(on_album.filter(track=OuterRef("track"))))
    counted = rows.values("track_id", "track__title", "total", "listed").annotate(
        plays=Count("id"), own=Count("id", filter=Q(user=viewer))
    )
    return sorted((dict(row) for row in counted), key=lambda row: (-row["plays"], row["track__title"]))
