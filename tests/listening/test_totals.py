"""Totals of all time: made, kept equal to a recount by every write, moved to another zone, put right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.types import Play
from listening.models import Album, ListenEvent, ListenTotal, TotalsState
from listening.selectors.totals import Totals, totals_of
from listening.services import totals
from listening.services.deleting import take_out
from listening.services.listens import record_plays
from listening.services.removing import remove_source
from listening.services.tags import tag_album
from sidetrack.actors import SITE, Actor
from sidetrack.models import JobRun, User
from tests.jobs import drain

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _low_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "LINE", 4)


def heard(user: User, *names: str, start: datetime = NOON, ms: int | None = 60_000, source: str = "lastfm") -> None:
    """Plays of "artist/album/track", a minute apart."""
    plays = []
    for n, name in enumerate(names):
        artist, album, track = name.split("/")
        at = start + timedelta(minutes=n)
        plays.append(Play(track, artist, album or None, at, f"{source} {at.isoformat()}", ms_played=ms))
    record_plays(user, plays, source=source)


def standing(user: User) -> Totals:
    """The totals of a member, who must have them, and right."""
    found = totals_of(user)
    assert found is not None
    assert totals.differences(user.pk) == []
    return found


def ids(user: User, kind: str, *titles: str) -> list[int]:
    names = {"artist": "artist__name", "album": "album__title", "track": "track__title"}
    known = dict(ListenEvent.objects.filter(user=user).values_list(names[kind], f"{kind}_id"))
    return [known[title] for title in titles]


SIX = ("A/X/1", "A/X/2", "B/Y/3", "A/Z/1", "C//4", "B/Y/3")


def test_totals_are_made_from_what_was_heard(ann: User) -> None:
    heard(ann, *SIX)
    assert totals_of(ann) is None
    assert totals.build_totals(ann.pk)
    made = standing(ann)
    assert (made.plays, made.ms, made.timed) == (6, 360_000, 6)
    a, b, c = ids(ann, "artist", "A", "B", "C")
    x, y, z = ids(ann, "album", "X", "Y", "Z")
    assert made.top("artist", 10) == [(a, 3), (b, 2), (c, 1)]
    assert made.top("artist", 1, 1) == [(b, 2)]
    assert made.top("album", 10) == [(x, 2), (y, 2), (z, 1)]
    assert made.different("track") == 4
    assert made.days() == {NOON.date(): 6}
    assert made.hours() == {(6, 12): 6}
    assert made.firsts("artist") == [(c, NOON + timedelta(minutes=4)), (b, NOON + timedelta(minutes=2)), (a, NOON)]
    assert made.firsts("artist", NOON + timedelta(minutes=1), NOON + timedelta(minutes=4)) == [
        (b, NOON + timedelta(minutes=2))
    ]


def test_who_heard_little_has_no_totals(ann: User) -> None:
    heard(ann, *SIX[:3])
    assert not totals.build_totals(ann.pk)
    assert totals_of(ann) is None
    assert not ListenTotal.objects.exists()


def test_new_plays_are_counted_in_the_same_moment(ann: User, bea: User) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    heard(ann, "A/X/1", "D/W/5", start=NOON - timedelta(days=400), ms=None)  # found late, and of no told length
    heard(bea, "A/X/1")
    made = standing(ann)
    assert (made.plays, made.ms, made.timed) == (8, 360_000, 6)
    assert made.top("artist", 1) == [(ids(ann, "artist", "A")[0], 4)]
    assert made.firsts("artist", limit=10)[-1] == (ids(ann, "artist", "A")[0], NOON - timedelta(days=400))
    assert not ListenTotal.objects.filter(user=bea).exists()


def test_plays_that_go_leave_no_trace_and_the_next_is_the_first(ann: User) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    a, c = ids(ann, "artist", "A", "C")
    going = ListenEvent.objects.filter(user=ann, artist=c) | ListenEvent.objects.filter(user=ann, started_at=NOON)
    take_out(ann.pk, list(going.values_list("pk", flat=True)))
    made = standing(ann)
    assert (made.plays, made.ms) == (4, 240_000)
    assert dict(made.top("artist", 10))[a] == 2
    assert dict(made.firsts("artist"))[a] == NOON + timedelta(minutes=1)
    assert not ListenTotal.objects.filter(kind="artist", item=c).exists()


def test_duplicates_do_not_count(ann: User) -> None:
    heard(ann, *SIX)
    first = ListenEvent.objects.get(started_at=NOON)
    heard(ann, "A/X/1", start=NOON, source="spotify")
    ListenEvent.objects.filter(source="spotify").update(duplicate_of=first)
    totals.build_totals(ann.pk)
    assert standing(ann).plays == 6


def test_genres_count_each_play_once_whoever_says_so(ann: User) -> None:
    heard(ann, *SIX)
    for title, genres in (("X", ["Trip Hop", "Electronic"]), ("Y", ["Electronic"])):
        for source in ("nomination", "moderator"):
            tag_album(Album.objects.get(title=title), genres=genres, source=source, by=SITE)
    totals.build_totals(ann.pk)
    assert standing(ann).genres(10) == [("Electronic", 4), ("Trip Hop", 2)]
    assert standing(ann).genres(1, 1) == [("Trip Hop", 2)]


@pytest.mark.parametrize(
    ("zone", "at", "place"),
    [
        ("UTC", datetime(2025, 6, 3, 23, 59, 59, 999_999, tzinfo=UTC), (date(2025, 6, 3), 1, 23)),
        ("Asia/Kolkata", datetime(2025, 6, 1, 18, 30, tzinfo=UTC), (date(2025, 6, 2), 0, 0)),
        ("America/St_Johns", datetime(2025, 6, 1, 2, 29, tzinfo=UTC), (date(2025, 5, 31), 5, 23)),
        ("America/St_Johns", datetime(2010, 3, 14, 3, 30, 59, tzinfo=UTC), (date(2010, 3, 14), 6, 0)),
        ("America/St_Johns", datetime(2010, 3, 14, 3, 31, tzinfo=UTC), (date(2010, 3, 14), 6, 1)),  # changed at 0:01
        ("Australia/Lord_Howe", datetime(2025, 4, 5, 14, 59, tzinfo=UTC), (date(2025, 4, 6), 6, 1)),
        ("Australia/Lord_Howe", datetime(2025, 4, 5, 15, 29, tzinfo=UTC), (date(2025, 4, 6), 6, 1)),  # half an hour
        ("Europe/Berlin", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), (date(2025, 10, 26), 6, 2)),
        ("Europe/Berlin", datetime(2025, 10, 26, 1, 30, tzinfo=UTC), (date(2025, 10, 26), 6, 2)),  # 2:30 comes twice
        ("Pacific/Apia", datetime(2011, 12, 31, 9, 59, tzinfo=UTC), (date(2011, 12, 29), 3, 23)),
        ("Pacific/Apia", datetime(2011, 12, 31, 10, 0, tzinfo=UTC), (date(2011, 12, 31), 5, 0)),  # no 30th there
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_days_and_hours_are_the_listeners(ann: User, zone: str, at: datetime, place: Any, late: bool) -> None:
    """Whether they are counted by the building or one by one."""
    if zone == "Pacific/Apia":
        at -= timedelta(days=1)
    User.objects.filter(pk=ann.pk).update(time_zone=zone)
    ann.refresh_from_db()
    heard(ann, *SIX)
    if not late:
        heard(ann, "A/X/1", start=at)
    totals.build_totals(ann.pk)
    if late:
        heard(ann, "A/X/1", start=at)
    made = standing(ann)
    day, weekday, hour = place
    assert (made.days() or {})[day] == 1
    assert (made.hours() or {}).get((weekday, hour), 0) >= 1


def test_another_zone_never_shows_wrong_days(ann: User) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    User.objects.filter(pk=ann.pk).update(time_zone="Pacific/Auckland")
    ann.refresh_from_db()
    moving = standing(ann)
    assert (moving.days(), moving.hours()) == (None, None)
    assert moving.top("artist", 1)
    heard(ann, "A/X/1", start=NOON + timedelta(hours=1))  # still counted in the zone they stand in
    assert standing(ann).plays == 7
    assert totals.ask_for_changed() == 1
    assert [run.state for run in drain()] == ["done"]
    assert standing(ann).days() == {date(2025, 6, 2): 7}
    assert totals.ask_for_changed() == 0


def test_the_nightly_search_finds_who_crossed_the_line(ann: User, bea: User) -> None:
    heard(ann, *SIX)
    heard(bea, *SIX[:3])
    assert totals.ask_for_all() == 1
    drain()
    assert standing(ann).plays == 6
    assert totals_of(bea) is None
    assert totals.ask_for_all() == 0


def test_the_end_of_a_long_import_asks_for_totals(ann: User) -> None:
    heard(ann, *SIX[:3])
    totals.ask_for_totals(ann.pk)
    assert not JobRun.objects.filter(job__name="build_totals").exists()
    heard(ann, *SIX[3:], start=NOON + timedelta(days=1))
    totals.ask_for_totals(ann.pk)
    drain()
    assert standing(ann).plays == 6
    totals.ask_for_totals(ann.pk)
    assert JobRun.objects.filter(job__name="build_totals").count() == 1


def test_totals_go_when_few_listens_are_left(ann: User) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    pks = list(ListenEvent.objects.values_list("pk", flat=True))
    take_out(ann.pk, pks[:4])
    assert standing(ann).plays == 2  # not by turns around the line
    assert totals.ask_for_changed() == 0
    take_out(ann.pk, pks[4:5])
    assert totals.ask_for_changed() == 1
    drain()
    assert totals_of(ann) is None
    assert not ListenTotal.objects.exists()


def test_totals_that_never_held_a_play_are_made_anew(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    ListenTotal.objects.filter(kind="track").update(plays=0)
    first = ListenEvent.objects.get(started_at=NOON)
    take_out(ann.pk, [first.pk])
    assert totals_of(ann) is None
    assert "were wrong" in caplog.text
    drain()
    assert standing(ann).plays == 5


def test_who_has_no_totals_pays_one_query(ann: User, django_assert_num_queries: Any) -> None:
    row = totals.Counted(1, None, 1, NOON, None)
    with django_assert_num_queries(1):
        totals.count_in(ann.pk, [row])
    with django_assert_num_queries(0):
        totals.count_in(ann.pk, [])


def test_many_plays_are_counted_in_few_queries(ann: User, django_assert_max_num_queries: Any) -> None:
    heard(ann, *(f"A{n}/X{n}/T{n}" for n in range(50)))
    totals.build_totals(ann.pk)
    rows = [totals.Counted(*row) for row in ListenEvent.objects.values_list(*totals.Counted._fields)]
    with django_assert_max_num_queries(6):
        totals.count_in(ann.pk, rows)
    with django_assert_max_num_queries(10):
        totals.count_out(ann.pk, rows)
    standing(ann)


def test_totals_step_aside_while_a_great_part_goes(ann: User) -> None:
    heard(ann, *SIX)
    heard(ann, *(f"A/X/{n}" for n in range(300)), start=NOON + timedelta(days=1), source="spotify")
    totals.build_totals(ann.pk)
    totals.set_aside_totals(ann.pk, 15)
    assert totals_of(ann) is not None
    remove_source("spotify", by=Actor(user=ann))
    assert totals_of(ann) is None
    drain()
    assert standing(ann).plays == 6


def command(*args: str) -> str:
    out = StringIO()
    call_command("rebuild_totals", *args, stdout=out)
    return out.getvalue()


def test_the_command_finds_and_mends_differences(ann: User, bea: User) -> None:
    heard(ann, *SIX)
    assert "1 members: ann" in command()
    assert "1 members are right" in command("--check")
    ListenTotal.objects.filter(kind="day").update(plays=7)
    artist = ids(ann, "artist", "A")[0]
    ListenTotal.objects.filter(kind="artist", item=artist).delete()
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("rebuild_totals", "--check", "--user", "ann", stdout=out)
    assert f"ann: artist {artist}: nothing kept, 3 plays of 180000 ms" in out.getvalue()
    assert "ann: day 739403: 7 plays of 360000 ms kept, 6 plays of 360000 ms counted" in out.getvalue()
    command("--user", "ann")
    assert "right" in command("--check")
    assert "nobody needs them" in command("--user", "bea")
    with pytest.raises(CommandError, match="nobody named"):
        command("--user", "zoe")


def test_a_deleted_member_has_no_totals(ann: User) -> None:
    heard(ann, *SIX)
    totals.build_totals(ann.pk)
    pk = ann.pk
    ListenEvent.objects.filter(user=ann).delete()
    User.objects.filter(pk=pk).delete()
    assert not TotalsState.objects.exists()
    assert not ListenTotal.objects.exists()
    assert not totals.build_totals(pk)
