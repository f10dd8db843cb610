"""The same play from two sources, through the services and the database."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.keys import play_key
from integrations.types import Play
from listening.duplicates import match
from listening.models import ListenEvent, Track
from listening.services.deleting import take_out
from listening.services.duplicates import match_around
from listening.services.listens import record_plays
from listening.services.stretches import record_of, rows_within, tracks_of
from sidetrack.models import User
from tests.conftest import make_person
from tests.listening.merging import merge, undo

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
LENGTH = 180


def play(at=0, track="Hyperballad", artist="Björk", *, ms=None, length=LENGTH):
    """A play `at` seconds after noon."""
    start = NOON + timedelta(seconds=at)
    return Play(track, artist, None, start, play_key(start, artist, track), ms, length * 1000 if length else None)


def loop(*starts, **fields):
    return [play(at, **fields) for at in starts]


def store(user, source, *plays):
    record_plays(user, plays, source=source)


def counted(user):
    """(source, seconds after noon) of what is counted."""
    rows = ListenEvent.objects.filter(user=user, duplicate_of=None).order_by("started_at", "source")
    return [(row.source, round((row.started_at - NOON).total_seconds())) for row in rows]


def pairs(user):
    """What the table says, by content."""
    rows = ListenEvent.objects.filter(user=user).exclude(duplicate_of=None).select_related("duplicate_of")
    return {
        (row.source, row.source_key, row.duplicate_of.source, row.duplicate_of.source_key)
        for row in rows
        if row.duplicate_of
    }


def from_scratch(user):
    """What the rule says of all rows at once."""
    whole = [(datetime(1990, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))]
    rows = rows_within(user.pk, whole)
    by_id = {row.id: row for row in rows}
    apart = {row.id for row in rows if row.kept_apart}
    tracks = tracks_of(rows)
    found = match(record_of(row, *tracks[row.track_id]) for row in rows if row.id not in apart)
    return {
        (by_id[one].source, by_id[one].source_key, by_id[two].source, by_id[two].source_key)
        for one, two in found.items()
    }


@pytest.mark.parametrize("first", ["lastfm", "spotify_history"])
def test_a_play_told_by_two_sources_counts_once_whichever_comes_first(ann, first):
    told = {"lastfm": play(2), "spotify_history": play(0, ms=180_000)}
    for source in sorted(told, key=lambda name: name != first):
        store(ann, source, told[source])
    assert counted(ann) == [("spotify_history", 0)]
    assert ListenEvent.objects.filter(user=ann).count() == 2


def test_a_record_out_of_the_window_is_a_play_of_its_own(ann):
    store(ann, "lastfm", play(0))
    store(ann, "listenbrainz", play(100))
    assert len(counted(ann)) == 2


def test_five_on_repeat_are_five(ann):
    store(ann, "lastfm", *loop(*range(0, 900, LENGTH)))
    store(ann, "listenbrainz", *loop(*range(4, 904, LENGTH)))
    assert len(counted(ann)) == 5


@pytest.mark.parametrize("off", [0, LENGTH])
def test_spotify_may_tell_the_end(ann, off):
    store(ann, "lastfm", play(0))
    store(ann, "spotify", play(off))
    assert counted(ann) == [("lastfm", 0)]


def test_two_hours_later_is_later(ann):
    store(ann, "lastfm", play(0))
    store(ann, "spotify", play(7200))
    assert len(counted(ann)) == 2


def test_two_tracks_in_one_second_both_count(ann):
    store(ann, "lastfm", play(0, "Hunter"), play(0, "Jóga"))
    store(ann, "listenbrainz", play(0, "Hunter"), play(0, "Unravel"))
    assert len(counted(ann)) == 3


def test_titles_may_be_edited(ann):
    store(ann, "lastfm", play(0, "Under Pressure", "Queen"))
    store(ann, "spotify", play(0, "Under Pressure - Remastered 2011", "Queen & David Bowie"))
    assert len(counted(ann)) == 1


def test_a_backlog_after_a_restart_doubles_nothing(ann):
    day = [play(at * 200, f"Song {at}") for at in range(120)]
    store(ann, "lastfm", *day)
    store(ann, "lastfm", *day)
    store(ann, "listenbrainz", *(play(at * 200 + 3, f"Song {at}") for at in range(120)))
    assert len(counted(ann)) == 120
    assert {source for source, _ in counted(ann)} == {"listenbrainz"}


def test_of_other_members_nothing_is_known(ann, bea):
    store(ann, "lastfm", play(0))
    store(bea, "listenbrainz", play(0))
    assert len(counted(ann)) == len(counted(bea)) == 1


def test_a_loop_of_a_whole_day_is_matched_to_its_ends(ann):
    day = range(0, 86_400, LENGTH)
    store(ann, "lastfm", *loop(*day))
    store(ann, "spotify", *loop(*(at + LENGTH for at in day[:-1])))
    store(ann, "spotify", play(day[-1] + LENGTH))
    assert pairs(ann) == from_scratch(ann)
    assert len(counted(ann)) == len(day)


def test_a_record_is_read_with_the_play_it_repeats_wherever_that_begins(ann):
    """One more play at the end of a chain, and each record belongs to the play after the one it repeated: also that
    in reach of what is read of which the play it repeats is not."""
    for at in (-360, 0, 340):
        store(ann, "spotify_history", play(at, length=400))
    store(ann, "lastfm", *loop(-560, -240, 110, 450, length=400))
    assert len(pairs(ann)) == 3
    store(ann, "spotify_history", play(570, length=400))
    assert pairs(ann) == from_scratch(ann)
    assert len(pairs(ann)) == 4


def test_after_a_deletion_the_stretch_is_matched_anew(ann):
    store(ann, "spotify_history", play(0, ms=180_000))
    store(ann, "lastfm", play(2))
    store(ann, "listenbrainz", play(4))
    with transaction.atomic():
        ListenEvent.objects.get(source="spotify_history").delete()
        match_around(ann.pk, [NOON])
    assert counted(ann) == [("listenbrainz", 4)]


def test_with_the_last_that_may_be_ends_as_much_is_matched_anew_as_they_reached(ann):
    """Two ends of long plays stand between two records of one play until they go, the last of their source."""
    store(ann, "listenbrainz", play(575, length=600))
    store(ann, "spotify", *loop(1200, 1210, length=1200))
    store(ann, "manual", *loop(0, 10, length=1200), play(595, length=600))
    assert len(pairs(ann)) == 2
    with transaction.atomic():
        take_out(ann.pk, list(ListenEvent.objects.filter(source="spotify").values_list("pk", flat=True)))
    assert pairs(ann) == from_scratch(ann)
    assert len(pairs(ann)) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_tracks_that_are_two_again_are_two_plays_again(ann, turned):
    store(ann, "lastfm", play(0, "Hunter"))
    store(ann, "listenbrainz", play(2, "Jóga"))
    one, other = Track.objects.order_by("-title" if turned else "title")
    merged = merge(one, other)
    assert len(counted(ann)) == 1
    undo(merged)
    assert len(counted(ann)) == 2


def test_a_member_with_one_source_costs_one_query(ann, django_assert_num_queries):
    store(ann, "lastfm", play(0))
    with django_assert_num_queries(1):
        assert match_around(ann.pk, [NOON]) == 0


@pytest.mark.parametrize("size", [5, 300])
def test_a_batch_costs_as_many_queries_as_a_play(ann, size, django_assert_num_queries):
    store(ann, "lastfm", *(play(at * 200, f"Song {at}") for at in range(size)))
    store(ann, "listenbrainz", *(play(at * 200, f"Song {at}") for at in range(size)))
    ListenEvent.objects.update(duplicate_of=None)
    # Sources, canonical rows, their duplicates, tracks, one update, has totals? And two are told to keep to an index.
    with django_assert_num_queries(10 if connection.vendor == "postgresql" else 6):
        assert match_around(ann.pk, [NOON + timedelta(seconds=at * 200) for at in range(size)]) == size


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL may choose to read a whole table")
def test_what_was_told_to_keep_to_an_index_holds_no_longer_than_that(ann):
    store(ann, "lastfm", play(0))
    store(ann, "listenbrainz", play(0))
    with transaction.atomic(), connection.cursor() as cursor:
        match_around(ann.pk, [NOON])
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


records = st.tuples(
    st.sampled_from(["lastfm", "listenbrainz", "spotify_history", "spotify", "lastfm_minutes"]),
    st.integers(0, 40),
    st.sampled_from(["Hunter", "Jóga"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records, min_size=1, max_size=25, unique=True), st.integers(1, 6), st.randoms(use_true_random=False))
def test_however_records_arrive_and_go_the_table_says_what_the_rule_says_of_all(told, size, chance):
    told = sorted(told)
    chance.shuffle(told)
    with transaction.atomic():
        user = make_person(f"x{random.getrandbits(60)}")
        for at in range(0, len(told), size):
            batch = told[at : at + size]
            for source in sorted({source for source, _, _ in batch}):
                store(user, source, *(_play(*each) for each in batch if each[0] == source))
            assert pairs(user) == from_scratch(user)
        gone = list(ListenEvent.objects.filter(user=user).order_by("source_key"))[::3]
        ListenEvent.objects.filter(pk__in=[row.pk for row in gone]).delete()
        match_around(user.pk, [row.started_at for row in gone])
        assert pairs(user) == from_scratch(user)
        User.objects.filter(pk=user.pk).delete()


def _play(source, at, title):
    step = 60 if source == "lastfm_minutes" else 45
    return play(at * step, title, ms=180_000 if source == "spotify_history" else None)
