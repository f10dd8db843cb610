"""A week read in one query: its row, its poll and ratings as small numbers, and a fingerprint of all it shows.

The one query is the gate, the base of the week page and of the API's answers, and what cached answers
are keyed by (club/cache.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from club.models import Week
from club.phases import Phase, phase, poll_is_open
from club.tally import Ballot
from sidetrack.errors import NotFound
from sidetrack.gate import LARGEST_ID, may_see_club
from sidetrack.models import User


@dataclass(frozen=True)
class WeekState:
    """A week at one moment. `fingerprint` changes with everything `week_detail` and the reviews show,
    the phase included. `_row` holds what the query read beside the week.
    """

    week: Week
    now: datetime
    phase: Phase
    poll_open: bool
    fingerprint: str
    _row: dict[str, Any]

    @cached_property
    def ballots(self) -> list[Ballot]:
        """All votes; they leave the selectors only as totals and as the voter's own."""
        return [Ballot(*map(int, vote.split(":"))) for vote in _split(self._row["votes_given"])]

    @cached_property
    def marks(self) -> dict[int, int]:
        """The ratings of the current winner, in halves, by user id."""
        pairs = (mark.split(":") for mark in _split(self._row["ratings_given"]))
        return {int(user): int(halves) for user, halves in pairs}

    @cached_property
    def external(self) -> dict[str, str]:
        """The week's place on the chat platform: `{"thread_id": "..."}`."""
        return dict(ref.split(":", 1) for ref in _split(self._row["places"]))


def must_see_club(viewer: User | None, *, client: bool = False) -> None:
    """NotFound where the owner closed the site to members. `client`: a service client of the club asks."""
    if not client and not may_see_club(viewer):
        raise NotFound


def week_or_404(viewer: User | None, pk: int | None = None, *, number: int | None = None, client: bool = False) -> Week:
    """The week with this id or number, if `viewer` may see the club. One query."""
    return read_week(viewer, pk, number=number, client=client).week


def read_week(
    viewer: User | None,
    pk: int | None = None,
    *,
    number: int | None = None,
    client: bool = False,
    now: datetime | None = None,
) -> WeekState:
    """The week with this id or number and all its small numbers, if `viewer` may see the club. One query."""
    must_see_club(viewer, client=client)
    column, value = ("id", pk) if number is None else ("number", number)
    if value is None or not 0 < value <= LARGEST_ID:
        raise NotFound("There is no such week.")
    rows = list(Week.objects.raw(_sql(column), [value]))
    if not rows:
        raise NotFound("There is no such week.")
    return _state(rows[0], now or timezone.now())


def _state(week: Week, now: datetime) -> WeekState:
    row = vars(week)  # the further columns of the query below
    at = phase(
        now=now,
        date_discussion=week.date_discussion,
        nominations_close_at=week.nominations_close_at,
        votes_close_at=week.votes_close_at,
        poll_closed_at=week.poll_closed_at,
        has_nominations=row["nominations_print"] is not None,
        has_votes=row["votes_given"] is not None,
        has_winner=week.winner_album_id is not None,
        discussion_days=settings.CLUB_DISCUSSION_DAYS,
    )
    return WeekState(
        week=week,
        now=now,
        phase=at,
        poll_open=poll_is_open(now=now, votes_close_at=week.votes_close_at, poll_closed_at=week.poll_closed_at),
        fingerprint=_fingerprint(row, at),
        _row=row,
    )


def _split(joined: str | None) -> list[str]:
    return joined.split("\n") if joined else []


def _fingerprint(row: dict[str, Any], at: Phase) -> str:
    seen = [row[name] for name in _SEEN]
    # Keyed: it goes out as an ETag, and whoever knows all else could try out who gave which vote.
    return salted_hmac("club.week", f"{settings.VERSION} {at} {seen}", algorithm="sha256").hexdigest()[:32]


_SEEN = [
    *(field.attname for field in Week._meta.concrete_fields),
    "votes_given",
    "ratings_given",
    "places",
    "nominations_print",
    "raters_print",
    "winner_print",
    "artists_print",
    "ids_print",
    "tags_print",
]

# Raw, because it is the whole cost of a warm answer: composed by the ORM it took longer to write than
# to run. What is shown is read itself and not only when it was changed, so that an update that forgot
# `updated_at` or the week's version is noticed too. Both engines know md5 (Django teaches it to SQLite).
_PERSON = """u.display_name || ' ' || u.username || ' ' || u.status || u.is_active || u.hide_name_on_reviews"""
_ALBUM = (
    """l.title || ' ' || l.artist_credit || ' ' || COALESCE(l.year, 0) || ' ' || l.cover_url || ' ' || l.updated_at"""
)
_SQL = """
WITH w AS (SELECT * FROM club_week WHERE {column} = %s),
shown AS (
    SELECT n.album_id AS id FROM club_nomination n WHERE n.week_id = (SELECT id FROM w)
    UNION SELECT w.winner_album_id FROM w WHERE w.winner_album_id IS NOT NULL
),
rated AS (
    SELECT {join} AS ratings_given, md5({join_people}) AS raters_print FROM (
        SELECT r.user_id || ':' || r.halves AS x, {person} AS y
        FROM club_rating r JOIN sidetrack_user u ON u.id = r.user_id
        WHERE r.week_id = (SELECT id FROM w) AND r.album_id = (SELECT winner_album_id FROM w) ORDER BY r.id) a
)
SELECT w.*, rated.ratings_given, rated.raters_print,
(SELECT {join} FROM (
    SELECT v.nomination_id || ':' || v.user_id || ':' || v.rank AS x
    FROM club_vote v WHERE v.week_id = (SELECT id FROM w) ORDER BY v.id) a) AS votes_given,
(SELECT {join} FROM (
    SELECT e.kind || '_id:' || e.external_id AS x
    FROM club_externalmessageref e WHERE e.week_id = (SELECT id FROM w) ORDER BY e.id) a) AS places,
(SELECT md5({join}) FROM (
    SELECT n.id || ' ' || n.user_id || ' ' || n.album_id || ' ' || n.updated_at || ' ' || {person} || ' ' || {album}
        AS x
    FROM club_nomination n JOIN sidetrack_user u ON u.id = n.user_id JOIN listening_album l ON l.id = n.album_id
    WHERE n.week_id = (SELECT id FROM w) ORDER BY n.id) a) AS nominations_print,
(SELECT {album} FROM listening_album l WHERE l.id = w.winner_album_id) AS winner_print,
(SELECT md5({join}) FROM (
    SELECT b.album_id || ' ' || b.position || ' ' || b.artist_id || ' ' || c.name AS x
    FROM listening_albumartist b JOIN shown s ON s.id = b.album_id JOIN listening_artist c ON c.id = b.artist_id
    ORDER BY b.id) a) AS artists_print,
(SELECT md5({join}) FROM (
    SELECT i.album_id || ' ' || i.scheme || ' ' || i.value AS x
    FROM listening_externalid i JOIN shown s ON s.id = i.album_id ORDER BY i.id) a) AS ids_print,
(SELECT md5({join}) FROM (
    SELECT g.album_id || ' ' || g.source || ' ' || g.weight || ' ' || t.kind || ' ' || t.name AS x
    FROM listening_albumtag g JOIN shown s ON s.id = g.album_id JOIN listening_tag t ON t.id = g.tag_id
    ORDER BY g.id) a) AS tags_print
FROM w CROSS JOIN rated
"""


def _sql(column: str) -> str:
    # One row a line: no name holds a line end. SQLite got its own string_agg after Debian 12.
    join = "string_agg({}, chr(10))" if connection.vendor == "postgresql" else "group_concat({}, char(10))"
    return _SQL.format(column=column, join=join.format("x"), join_people=join.format("y"), person=_PERSON, album=_ALBUM)
