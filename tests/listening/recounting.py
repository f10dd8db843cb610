"""Every statistic of a member counted from scratch, in plain Python over their rows: what the site must say.

Written against what the statistics mean, not against how they are made: nothing here is shared with them.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from listening.duplicates import Record, match
from listening.models import Album, AlbumTag, Artist, ListenEvent, Track
from listening.periods import ALL, CALENDAR, LENGTHS, period_of
from listening.selectors.clock import clock
from listening.selectors.days import days
from listening.selectors.firsts import first_albums, first_artists, new_share
from listening.selectors.heard import Heard
from listening.selectors.plays import first_play, recent
from listening.selectors.stats import summary_of
from listening.selectors.streaks import streaks
from sidetrack.models import User

MANY = 1000


class Row(NamedTuple):
    id: int
    at: datetime
    artist: int
    album: int | None
    track: int
    ms: int | None


def counted_rows(user: User) -> list[Row]:
    """Canonical rows, newest first."""
    listens = ListenEvent.objects.filter(user=user)
    fields = ("id", "started_at", "artist_id", "album_id", "track_id", "ms_played", "duplicate_of_id")
    rows = [Row(*values) for *values, duplicate_of in listens.values_list(*fields) if duplicate_of is None]
    return sorted(rows, key=lambda row: (row.at, row.id), reverse=True)


def duplicates_from_scratch(user: User) -> dict[int, int]:
    """What the rule says of all rows at once."""
    listens = ListenEvent.objects.filter(user=user, kept_apart=False).select_related("track")
    return match(
        Record(
            row.pk,
            row.source,
            row.source_key,
            int(row.started_at.timestamp() * 1000),
            row.ms_played,
            row.duration_ms,
            row.artist_id,
            row.track.folded_artist,
            row.track.folded_title,
        )
        for row in listens
    )


def periods(zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """{key: does a row belong to it}."""
    today = now.astimezone(zone).date()

    def local(row: Row) -> date:
        return row.at.astimezone(zone).date()

    tests: dict[str, Any] = {key: (lambda row, n=n: row.at >= now - timedelta(days=n)) for key, n in LENGTHS.items()}
    tests["all"] = bool
    tests["today"] = lambda row: local(row) == today
    tests["week"] = lambda row: local(row).isocalendar()[:2] == today.isocalendar()[:2]
    tests["month"] = lambda row: (local(row).year, local(row).month) == (today.year, today.month)
    tests["year"] = lambda row: local(row).year == today.year
    assert tests.keys() == {*LENGTHS, *CALENDAR, ALL}
    return tests


def ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def expected(user: User, now: datetime) -> dict[str, Any]:
    """All statistics of a member, counted from scratch."""
    zone, rows = ZoneInfo(user.time_zone), counted_rows(user)
    genres: dict[int, set[str]] = {}
    for album, name in AlbumTag.objects.filter(tag__kind="genre").values_list("album_id", "tag__name"):
        genres.setdefault(album, set()).add(name)
    firsts: dict[str, dict[int, datetime]] = {"artist": {}, "album": {}}
    for row in reversed(rows):
        firsts["artist"].setdefault(row.artist, row.at)
        if row.album:
            firsts["album"].setdefault(row.album, row.at)
    said: dict[str, Any] = {}
    for key, inside in periods(zone, now).items():
        within = [row for row in rows if inside(row)]
        said[key] = {
            "sums": (len(within), sum(row.ms or 0 for row in within), sum(row.ms is not None for row in within)),
            "artists": ranked(Counter(row.artist for row in within)),
            "albums": ranked(Counter(row.album for row in within if row.album)),
            "tracks": ranked(Counter(row.track for row in within)),
            "genres": ranked(Counter(name for row in within if row.album for name in genres.get(row.album, ()))),
            "days": dict(Counter(row.at.astimezone(zone).date() for row in within)),
            "clock": dict(Counter(_hour(row.at.astimezone(zone)) for row in within)),
            "recent": [row.id for row in within],
        }
        new = {what: [(item, at) for item, at in known.items() if inside(_at(at))] for what, known in firsts.items()}
        for what, found in new.items():
            said[key][f"first {what}s"] = sorted(found, key=lambda each: (-each[1].timestamp(), each[0]))
        newcomers = {item for item, _ in new["artist"]}
        said[key]["new"] = None if key == "all" else (sum(row.artist in newcomers for row in within), len(within))
        if key in LENGTHS:
            length = timedelta(days=LENGTHS[key])
            before = [row for row in rows if now - 2 * length <= row.at < now - length]
            said[key]["before"] = (len(before), sum(row.ms or 0 for row in before))
    said["streaks"] = _streaks({row.at.astimezone(zone).date() for row in rows}, now.astimezone(zone).date())
    said["first play"] = rows[-1].id if rows else None
    return said


def told(user: User, now: datetime) -> dict[str, Any]:
    """The same as the site tells it."""
    zone = ZoneInfo(user.time_zone)
    said: dict[str, Any] = {}
    for key in periods(zone, now):
        period = Heard(user, period_of(key, zone, now))
        short = summary_of(period, MANY)
        share = new_share(period)
        said[key] = {
            "sums": (short.listens, short.ms_played, short.sums.timed),
            "artists": [(row.id, row.listens) for row in short.top_artists],
            "albums": [(row.album.id, row.listens) for row in short.top_albums],
            "tracks": [(row.id, row.listens) for row in short.top_tracks],
            "genres": [(row.name, row.listens) for row in short.top_genres],
            "days": days(period),
            "clock": clock(period),
            "recent": [row.id for row in recent(user, 200, period=period.period).listens],
            "first artists": [(row.id, row.first_at) for row in first_artists(period, MANY)],
            "first albums": [(row.album.id, row.first_at) for row in first_albums(period, MANY)],
            "new": share and (share.new, share.plays),
        }
        if key in LENGTHS and short.previous is not None:
            said[key]["before"] = (short.previous.listens, short.previous.ms_played)
    run = streaks(Heard(user, period_of("all", zone, now)))
    said["streaks"] = tuple(each.days if each else 0 for each in (run.current, run.longest))
    first = first_play(user)
    said["first play"] = first and first.id
    return said


def orphans() -> list[str]:
    """Listens that name what is only an alias."""
    found = []
    for name, model in (("artist", Artist), ("album", Album), ("track", Track)):
        aliases = model._default_manager.exclude(merged_into=None).values("pk")
        stray = ListenEvent.objects.filter(**{f"{name}__in": aliases}).count()
        found += [f"{stray} listens of an alias of a {name}"] if stray else []
    return found


def _at(moment: datetime) -> Row:
    return Row(0, moment, 0, None, 0, None)


def _hour(local: datetime) -> tuple[int, int]:
    return local.weekday(), local.hour


def _streaks(heard: set[date], today: date) -> tuple[int, int]:
    """Current and longest, for zones in which no day is left out."""
    ordered, runs, length = sorted(heard), [], 0
    for day, following in pairwise([*ordered, date.max]):
        length += 1
        if following - day != timedelta(days=1):
            runs.append((length, day))
            length = 0
    current = runs[-1][0] if runs and today - runs[-1][1] <= timedelta(days=1) else 0
    return current, max((length for length, _ in runs), default=0)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
