"""Which records are of the same play: the rule by itself."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.duplicates import END_REACH, MEANINGS, RANK, Record, match, related
from listening.folding import fold_artist, fold_track
from listening.models import ListenEvent

NOON = 1_700_000_000_000 // 60_000 * 60_000
LENGTH = 180_000
LOOP = [at * LENGTH for at in range(5)]
EXACT = ["lastfm", "listenbrainz", "spotify_history", "librefm", "koito", "maloja", "scrobbler_log", "other", "manual"]


def heard(source, at=0, *, title="Hyperballad", artist="Björk", ms=None, duration=LENGTH, key="", artist_id=None):
    """A record; `at` in milliseconds from noon. Its id says what it is, so that results can be compared."""
    folded = fold_artist(artist)
    return Record(
        id=f"{source} {title} {at} {key}",  # type: ignore[arg-type]  # only handed back
        source=source,
        source_key=f"{key}{at}",
        start=NOON + at,
        ms_played=ms,
        duration=duration,
        artist_id=hash(folded) if artist_id is None else artist_id,
        artist=folded,
        title=fold_track(title),
    )


def loop(source, *starts, **fields):
    return [heard(source, at, **fields) for at in starts]


def plays(*records):
    """How many plays are counted."""
    return len(records) - len(match(records))


def test_every_source_has_a_meaning():
    assert set(MEANINGS) == set(ListenEvent.Source.values)


@pytest.mark.parametrize("source", sorted(set(MEANINGS) - {"lastfm"}))
@pytest.mark.parametrize("off", [0, 1_000, -20_000, 45_000])
def test_two_sources_tell_of_one_play(source, off):
    start = 60_000 * (off // 60_000) if MEANINGS[source].late else off
    assert plays(heard("lastfm"), heard(source, start)) == 1


def test_one_source_never_repeats_itself():
    assert plays(heard("lastfm", key="a"), heard("lastfm", 1_000, key="b")) == 2


def test_a_group_holds_one_record_of_each_source():
    three = [heard("lastfm"), heard("listenbrainz", 2_000), heard("spotify_history", 4_000, ms=LENGTH)]
    found = match(three)
    assert found == {three[0].id: three[2].id, three[1].id: three[2].id}
    assert plays(*three, heard("lastfm", 6_000, key="again")) == 2


@pytest.mark.parametrize("other", EXACT[1:])
def test_a_track_on_repeat_stays_as_many_plays(other):
    """Each source tells of five; in both orders, and with seconds between them."""
    first, second = loop("lastfm", *LOOP), loop(other, *(at + 5_000 for at in LOOP))
    assert plays(*first, *second) == 5
    found = match([*second, *first])
    assert {frozenset((one, two)) for one, two in found.items()} == {
        frozenset((one.id, two.id)) for one, two in zip(first, second, strict=True)
    }


@pytest.mark.parametrize("missed", range(5))
@pytest.mark.parametrize("lost", range(5))
def test_a_repeat_that_one_source_missed_is_not_lost(missed, lost):
    first = [at for place, at in enumerate(LOOP) if place != missed]
    second = [at for place, at in enumerate(LOOP) if place != lost]
    together = len({*first, *second})
    assert plays(*loop("lastfm", *first), *loop("listenbrainz", *second)) == together


def test_the_play_before_or_after_is_another():
    assert plays(heard("lastfm"), heard("listenbrainz", LENGTH)) == 2
    assert plays(heard("lastfm"), heard("listenbrainz", -LENGTH)) == 2


def test_short_tracks_back_to_back_stay_apart():
    """Intros of 40 seconds on repeat; a tolerance of a minute would eat them."""
    first = loop("lastfm", 0, 40_000, 80_000, duration=40_000)
    second = loop("listenbrainz", 0, 80_000, duration=40_000)
    assert plays(*first, *second) == 3
    assert plays(heard("lastfm", duration=40_000), heard("listenbrainz", 40_000, duration=40_000)) == 2


def test_two_tracks_in_one_second_are_two():
    assert plays(heard("lastfm", title="Hunter"), heard("listenbrainz", title="Jóga")) == 2


@pytest.mark.parametrize("at", [0, LENGTH, LENGTH + 9_000])
def test_spotify_tells_starts_or_ends(at):
    assert plays(heard("lastfm"), heard("spotify", at)) == 1


def test_five_ends_are_the_ends_of_five_starts():
    assert plays(*loop("spotify_history", *LOOP, ms=LENGTH), *loop("spotify", *(at + LENGTH for at in LOOP))) == 5


def test_an_end_is_doubted_where_starts_agree():
    """Three starts and two stamps that fit both ways: what agrees by itself is matched."""
    starts, stamps = loop("lastfm", 0, LENGTH, 2 * LENGTH), loop("spotify", LENGTH, 2 * LENGTH)
    assert match([*starts, *stamps]) == {stamps[0].id: starts[1].id, stamps[1].id: starts[2].id}


@pytest.mark.parametrize("told", ["starts", "ends"])
@pytest.mark.parametrize("missed", range(7))
def test_on_one_repeat_all_are_starts_or_all_are_ends(told, missed):
    """The one missed a play and the other the next: what is between them is no end among starts, nor the reverse."""
    every = [at * LENGTH for at in range(8)]
    first = [at for place, at in enumerate(every) if place != missed + (told == "starts")]
    second = [at for place, at in enumerate(every) if place != missed + (told == "ends")]
    stamps = [at + (LENGTH if told == "ends" else 0) for at in second]
    assert plays(*loop("spotify_history", *first, ms=LENGTH), *loop("spotify", *stamps)) == 8


@pytest.mark.parametrize("second", [0, 1, 30, 59])
@pytest.mark.parametrize("source", ["lastfm_minutes", "spotify_account"])
def test_an_end_may_be_the_end_of_a_minute(source, second):
    assert plays(heard(source), heard("spotify", second * 1000 + LENGTH)) == 1


def test_only_spotify_is_believed_to_tell_ends():
    assert plays(heard("spotify_history", ms=LENGTH), heard("lastfm", LENGTH)) == 2


@pytest.mark.parametrize("second", [0, 1, 30, 59])
@pytest.mark.parametrize("source", ["lastfm_minutes", "spotify_account"])
def test_minutes_hold_any_of_their_seconds(source, second):
    assert plays(heard("listenbrainz", second * 1000), heard(source)) == 1


def test_a_pause_makes_the_file_late():
    """Two minutes of silence in a song of six: the file's end less the time played is two minutes too late."""
    assert plays(heard("lastfm", duration=360_000), heard("spotify_history", 120_000, ms=360_000)) == 1


def test_two_hours_off_stays_two():
    """A clock in another zone looks like hearing it again."""
    for source in MEANINGS:
        if source != "lastfm":
            assert plays(heard("lastfm"), heard(source, 7_200_000)) == 2


def test_of_unknown_length_only_half_a_minute_is_believed():
    assert plays(heard("lastfm", duration=None), heard("listenbrainz", 29_000, duration=None)) == 1
    assert plays(heard("lastfm", duration=None), heard("listenbrainz", 31_000, duration=None)) == 2


SAME = [
    ("Under Pressure", "Queen", "Under Pressure", "Queen & David Bowie"),
    ("Under Pressure", "Queen", "Under Pressure - Remastered 2011", "Queen"),
    ("Under Pressure", "Queen & David Bowie", "Under Pressure", "David Bowie and Queen"),
    ("Karma Police", "Radiohead", "karma police (Album Version)", "RADIOHEAD"),
    ("Umbrella", "Rihanna", "Umbrella (feat. JAY-Z)", "Rihanna feat. JAY-Z"),
    ("Don't Stop", "Fleetwood Mac", "Dont Stop", "Fleetwood Mac"),
    ("Take On Me", "a-ha", "Take on Me - Single Version", "A-Ha"),
    ("Blue Monday", "New Order", "Blue Monday - Radio Edit", "New Order"),
    ("Army of Me", "Björk", "Army Of Me", "Bjork"),
    ("September", "Earth, Wind & Fire", "September", "Earth Wind & Fire"),
]
OTHERS = [
    ("Under Pressure", "Queen", "Under Pressure (Live)", "Queen"),
    ("Under Pressure", "Queen", "Under Pressure", "My Chemical Romance"),
    ("Shine On You Crazy Diamond (Parts 1-5)", "Pink Floyd", "Shine On You Crazy Diamond (Parts 6-9)", "Pink Floyd"),
    ("Idioteque", "Radiohead", "Idioteque (Remix)", "Radiohead"),
    ("Intro", "The xx", "Intro", "Alt-J"),
]


@pytest.mark.parametrize(("title", "artist", "other", "by"), SAME)
def test_sources_write_names_differently(title, artist, other, by):
    records = heard("lastfm", title=title, artist=artist), heard("spotify", title=other, artist=by)
    assert plays(*records) == 1


@pytest.mark.parametrize(("title", "artist", "other", "by"), OTHERS)
def test_other_recordings_are_other_plays(title, artist, other, by):
    records = heard("lastfm", title=title, artist=artist), heard("spotify", title=other, artist=by)
    assert plays(*records) == 2


def test_credits_are_related_word_by_word():
    assert related("queen", "queen and david bowie")
    assert not related("queen", "queensryche")


def test_an_artist_under_two_names_is_one():
    one, other = heard("lastfm", artist="Prince", artist_id=7), heard("spotify", artist="TAFKAP", artist_id=7)
    assert plays(one, other) == 1


def test_the_source_that_knows_more_stands_for_the_play():
    for one, other in permutations(["spotify_history", "lastfm", "spotify", "lastfm_minutes"], 2):
        first, second = heard(one, ms=LENGTH), heard(other)
        assert match([first, second]) == ({second.id: first.id} if RANK[one] < RANK[other] else {first.id: second.id})


def test_a_thousand_records_in_a_second_take_no_minute():
    crowd = [heard(source, at, key=f"{at}") for source in ("lastfm", "koito") for at in range(1000)]
    assert plays(*crowd) >= 1000


histories = st.lists(
    st.builds(
        heard,
        st.sampled_from(sorted(MEANINGS)),
        st.integers(-40, 40).map(lambda at: at * 15_000),
        title=st.sampled_from(["Hunter", "Jóga"]),
        artist=st.sampled_from(["Björk", "Björk & Thom Yorke"]),
        ms=st.sampled_from([None, 30_000, LENGTH]),
        key=st.sampled_from("ab"),
    ),
    max_size=24,
    unique_by=lambda record: record.id,
)


@given(histories, st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(records, chance):
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert match(shuffled) == match(records)


@given(histories)
def test_duplicates_point_at_plays_of_other_sources_one_each(records):
    by_id = {record.id: record for record in records}
    found = match(records)
    assert not set(found) & set(found.values())
    groups = {}
    for one, canonical in found.items():
        groups.setdefault(canonical, [by_id[canonical].source]).append(by_id[one].source)
        assert abs(by_id[one].start - by_id[canonical].start) <= END_REACH
    assert all(len(sources) == len(set(sources)) for sources in groups.values())


@given(histories, histories)
def test_what_lies_out_of_reach_changes_nothing(records, others):
    later = [other._replace(id=f"later {other.id}", start=other.start + 10 * END_REACH) for other in others]
    found = match([*records, *later])
    assert {one: two for one, two in found.items() if not str(one).startswith("later")} == match(records)


@given(histories, st.randoms(use_true_random=False))
def test_other_titles_change_nothing(records, chance):
    others = [other._replace(id=f"else {other.id}", title="declare independence") for other in records]
    mixed = [*records, *others]
    chance.shuffle(mixed)
    found = match(mixed)
    assert {one: two for one, two in found.items() if not str(one).startswith("else")} == match(records)
