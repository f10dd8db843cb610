"""Choosing among what a catalogue offers, which of its words are genres, and one list of tracks from several."""

from __future__ import annotations

import pytest

from integrations.types import AlbumData, ArtistData, TagData, TrackData
from listening.choosing import Unsure, choose
from listening.elsewhere import gathered
from listening.genres import genres
from listening.matching import Described
from listening.tracklists import combined


def offer(title: str, released: str = "", kind: str = "album", artist: str = "Weezer", **ids: str) -> AlbumData:
    return AlbumData(title, (ArtistData(artist),), artist, released, kind, external_ids=ids)


BLUE, GREEN = offer("Weezer", "1994-05-10", musicbrainz="1"), offer("Weezer", "2001-05-15", musicbrainz="2")


@pytest.mark.parametrize(
    ("year", "offered", "chosen"),
    [
        (1994, [BLUE, GREEN], BLUE),
        (2001, [BLUE, GREEN], GREEN),
        (1995, [BLUE, GREEN], BLUE),
        (None, [BLUE], BLUE),
        (None, [], None),
        (1994, [offer("Pinkerton", "1994")], None),
        (1994, [offer("Weezer", "1994", kind="single"), BLUE], BLUE),
        (1994, [offer("Weezer", "1994", kind="live"), BLUE], BLUE),
        (1994, [offer("Weezer (Deluxe Edition)", "1994"), BLUE], BLUE),
        (1994, [offer("Weezer", "1994", artist="Weeser Tribute Band"), BLUE], BLUE),
        (1994, [offer("Weezer", ""), BLUE], BLUE),
        (1994, [BLUE, BLUE], BLUE),
        (2016, [BLUE, GREEN], None),
    ],
)
def test_the_one_that_is_meant_is_chosen(year, offered, chosen):
    assert choose(Described("Weezer", "Weezer", year), offered) == chosen


@pytest.mark.parametrize(
    ("year", "offered"),
    [
        (None, [BLUE, GREEN]),
        (1994, [BLUE, offer("Weezer", "1994", musicbrainz="3")]),
        (None, [offer("Weezers", "1994")]),
    ],
)
def test_where_it_is_not_clear_nobody_guesses(year, offered):
    with pytest.raises(Unsure, match="It has"):
        choose(Described("Weezer", "Weezer", year), offered)


def test_the_order_of_what_is_offered_does_not_matter():
    wanted = Described("Weezer", "Weezer", 2001)
    assert choose(wanted, [BLUE, GREEN]) == choose(wanted, [GREEN, BLUE]) == GREEN


def test_in_a_shop_editions_of_one_album_are_no_riddle():
    clean, dirty = offer("Blue", "1971", deezer="1"), offer("Blue", "1971", deezer="2")
    assert choose(Described("Blue", "Weezer"), [clean, dirty], editions=True) == clean
    remaster = offer("Blue (2021 Remaster)", "2021", deezer="3")
    assert choose(Described("Blue", "Weezer"), [remaster, clean], editions=True) == clean


def test_in_a_shop_albums_of_one_name_and_other_years_are_one():
    with pytest.raises(Unsure):
        choose(Described("Weezer", "Weezer"), [offer("Weezer", "1994"), offer("Weezer", "2001")], editions=True)


# --- genres


def named(*tags: TagData, allow_listed: bool = False) -> list[str]:
    return [name for name, _ in genres(tags, title="Blue", artist="Joni Mitchell", allow_listed=allow_listed)]


@pytest.mark.parametrize(
    "noise",
    [
        "seen live", "Joni Mitchell", "joni-mitchell", "Blue", "albums I own", "1971", "70s", "1970s", "favourites",
        "best of 1971", "top 100", "5 stars", "female vocalists", "", "???", "x" * 41,
    ],
)  # fmt: skip
def test_noise_is_no_genre(noise):
    assert named(TagData(noise, 100), TagData("folk", 50)) == ["folk"]


def test_what_few_say_is_left_out_and_the_weightiest_comes_first():
    assert named(TagData("joke", 3), TagData("folk", 60), TagData("singer-songwriter", 100)) == [
        "singer-songwriter",
        "folk",
    ]


def test_of_a_list_of_their_own_only_what_stands_on_it_is_taken():
    assert named(TagData("folk", 1, is_genre=True), TagData("confessional", 9), allow_listed=True) == ["folk"]


def test_two_spellings_are_one_genre_and_ten_are_enough():
    tags = [TagData(name, 50) for name in ("Trip-Hop", "trip hop")]
    assert named(*tags) == ["Trip-Hop"]
    assert len(named(*(TagData(f"genre {chr(97 + at)}", 50) for at in range(20)))) == 10


# --- tracks


def track(title: str, number: int | None, ms: int | None = None, disc: int = 1, **ids: str) -> TrackData:
    return TrackData(title, (ArtistData("X"),), "X", ms, disc, number, ids)


def test_the_first_list_counts_and_the_others_add_what_they_know():
    first = [track("One", 1, musicbrainz="m1"), track("Two", 2, 2000)]
    second = [track("One", 1, 1000, isrc="i1"), track("Two (Remastered)", 2, 2500, isrc="i2"), track("Bonus", 3)]
    got = combined([(), first, second])
    assert [(one.title, one.duration_ms) for one in got] == [("One", 1000), ("Two", 2000)]
    assert [one.external_ids for one in got] == [{"musicbrainz": "m1", "isrc": "i1"}, {"isrc": "i2"}]


def test_another_length_is_another_recording():
    got = combined([[track("One", 1, 100_000)], [track("One", 1, 200_000, isrc="i1")]])
    assert got[0].external_ids == {}


def test_of_two_of_one_name_the_place_tells():
    first = [track("Intro", 1), track("Intro", 1, disc=2)]
    second = [track("Intro", 1, isrc="a"), track("Intro", 1, disc=2, isrc="b")]
    assert [one.external_ids["isrc"] for one in combined([first, second])] == ["a", "b"]


def test_where_no_numbers_are_told_the_order_gives_them():
    assert [one.number for one in combined([[track("One", None), track("Two", None)]])] == [1, 2]
    assert combined([]) == []


# --- from several sources


def test_hits_of_one_album_become_one_row():
    found = {"musicbrainz": [BLUE, GREEN], "deezer": [offer("WEEZER", "2001", deezer="7")]}
    rows = gathered(found)
    assert [(row.year, row.sources) for row in rows] == [(1994, ["musicbrainz"]), (2001, ["deezer", "musicbrainz"])]
