"""Folding: what counts as the same name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listening.folding import (
    ARTIST_BYTES,
    TITLE_BYTES,
    credited,
    fold_artist,
    fold_text,
    fold_title,
    fold_track,
    has_edition,
    main_artist,
)

SAME = [
    ("Björk", "bjork"),
    ("Beyoncé", "BEYONCE"),
    ("Sigur Rós", "sigur ros"),
    ("Mø", "MO"),
    ("Ægir", "aegir"),
    ("Die Ärzte: Weiße Weihnacht", "die arzte weisse weihnacht"),
    ("Łona", "lona"),
    ("Beyonce\u0301", "Beyonc\u00e9"),
    ("The Wall", "Wall"),
    ("Wall, The", "wall"),
    ("Simon & Garfunkel", "Simon and Garfunkel"),
    ("Florence + The Machine", "Florence and the Machine"),
    ("Rock ’n’ Roll", "Rock 'n' Roll"),
    ("Guns N' Roses", "Guns N’ Roses"),
    ("R.E.M.", "REM"),
    ("N*E*R*D", "The N.E.R.D."),
    ("Don’t Look Back", "Dont Look Back"),
    ("Don´t Look Back", "Don`t Look Back"),
    ("Hip-Hop", "hip hop"),
    ("Song - Remastered 2011", "Song"),
    ("Song (2011 Remaster)", "Song"),
    ("Song - 2011 - Remaster", "Song - 2011"),
    ("Song (2009 Digital Remaster)", "Song"),
    ("Song - Remastered Version", "Song"),
    ("Nevermind (Deluxe Edition)", "Nevermind"),
    ("Nevermind (30th Anniversary Super Deluxe)", "Nevermind"),
    ("Rumours [Expanded]", "Rumours"),
    ("Song (Album Version)", "song"),
    ("Song - Mono", "Song - Stereo"),
    ("Song - Mono / Remastered", "Song"),
    ("Sgt. Pepper's (2017 Stereo Mix)", "Sgt Peppers"),
    ("Blue (Deluxe Edition) [2015 Remaster]", "Blue"),
    ("Song (feat. Somebody)", "Song"),
    ("Song [ft. Somebody & Other]", "Song"),
    ("Song (with Somebody)", "Song"),
    ("Song feat. Somebody", "Song"),
    ("Song ft Somebody", "Song"),
    ("Song (feat. Somebody) - Remastered", "Song"),
    ("Song (Live / Remastered)", "Song (Live)"),
    ("Song - Live - Remastered 2011", "Song (Live)"),
    ("Black Sabbath, Vol. 4", "Black Sabbath Volume 4"),
    ("Song, Pt. 2", "Song (Part 2)"),
    ("( )", "()"),
    ("†", "† (Deluxe Edition)"),
    ("A$AP Rocky", "ASAP Rocky"),
    ("The Thelonious Monk", "Thelonious Monk"),
    ("ＡＢＢＡ", "abba"),
    ("Zoé\ufe0f", "Zoe"),
]

DIFFERENT = [
    ("Song", "Song (Live)"),
    ("Song", "Song (Live at Wembley)"),
    ("Song", "Song - Remix"),
    ("Song", "Song (Somebody Remix)"),
    ("Song", "Song (Instrumental)"),
    ("Song", "Song - Acoustic"),
    ("Song", "Song (Acoustic Version)"),
    ("Song", "Song (Demo)"),
    ("Song", "Song (Radio Edit)"),
    ("Song", "Song, Part 2"),
    ("Song 1", "Song 2"),
    ("Vol. 1", "Vol. 2"),
    ("19", "21"),
    ("1989", "1989 (Taylor's Version)"),
    ("Led Zeppelin II", "Led Zeppelin III"),
    ("!!!", "†††"),
    ("( )", "!!!"),
    ("÷", "×"),
    ("+", "="),
    ("?", "???"),
    ("❤️", "⭐️"),
    ("Σ", "S"),
    ("ただ君に晴れ", "たた君に晴れ"),
    ("कि", "की"),
    ("Little Feat Live", "Little"),
    ("Man With a Mission", "Man"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_name_fold_alike(one, other):
    assert fold_title(one) == fold_title(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_things_do_not(one, other):
    assert fold_title(one) != fold_title(other)


@pytest.mark.parametrize(
    "name",
    [
        "!!!",
        "†††",
        "( )",
        "()",
        "Σ",
        "ただ君に晴れ",
        "÷",
        "+",
        "★",
        "...",
        "The",
        "The The",
        "(Deluxe Edition)",
        "—",
        "¥$",
    ],
)
def test_no_name_folds_to_nothing(name):
    assert fold_artist(name)
    assert fold_title(name)


@pytest.mark.parametrize("name", ["Earth, Wind & Fire", "Tyler, The Creator", "AC/DC", "HUNTR/X", "Polo & Pan"])
def test_joiners_inside_names_stay_in_the_key(name):
    words = name.lower().replace("&", "and").replace("/", " ").replace(",", "").split()
    assert fold_artist(name).split() == words


def test_a_guest_is_not_the_artist():
    assert fold_artist("Drake feat. Rihanna") == fold_artist("Drake (ft. Rihanna)") == "drake"
    assert main_artist("Drake Feat. Rihanna") == main_artist("Drake (featuring Rihanna)") == "Drake"
    assert main_artist("Little Feat") == "Little Feat"


def test_a_credit_names_its_possible_parts():
    assert credited("Metro Boomin, Swae Lee & Offset") == ["Metro Boomin", "Swae Lee", "Offset"]
    assert credited("HUNTR/X") == ["HUNTR/X"]


def test_editions_are_seen():
    assert has_edition("Nevermind (Deluxe Edition)")
    assert has_edition("Song - Remastered 2011")
    assert not has_edition("1989 (Taylor's Version)")
    assert not has_edition("Live at Leeds")


@given(st.text(max_size=60))
@example("The The The")
@example("song -ft artist")
@example("a (b ft. c) ft d")
@example("ﷺ" * 200)
@example("& n & n")
@example("x - mono - ft y")
def test_the_key_of_a_key_is_the_key(text):
    for fold in (fold_artist, fold_title, fold_track, fold_text):
        assert fold(fold(text)) == fold(text)


_PIECES = st.one_of(
    st.sampled_from(["the", "the ", ", the", "a", "song", " ft. ", " feat ", "(feat. ", "with", " - ", "–", "mono"]),
    st.sampled_from(["remaster", "2011", " n ", "'n'", "r.e.m.", "pt. ", "vol. ", "2", "ii"]),
    st.sampled_from("()[]&+!$./;éßﬁİΐ♥\ufe0f\u0345Ⅷ㎏„_ーが´"),
)


@given(st.lists(_PIECES, max_size=14).map("".join))
def test_so_it_is_with_odd_pieces(text):
    for fold in (fold_artist, fold_title, fold_track, fold_text):
        assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=700))
def test_keys_fit_their_columns(text):
    for fold, characters, most in (
        (fold_artist, 300, ARTIST_BYTES),
        (fold_title, 300, TITLE_BYTES),
        (fold_track, 500, TITLE_BYTES),
        (fold_text, 300, 1200),
    ):
        key = fold(text)
        assert len(key) <= characters
        assert len(key.encode()) <= most
        assert key or not text.strip()


_LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz ", min_size=1, max_size=30).filter(str.strip)


@given(_LETTERS, st.sampled_from("\u0300\u0301\u0308\u030a\u0327"))
def test_case_and_accents_make_no_difference(text, accent):
    accented = "".join(char + accent if char != " " else char for char in text)
    assert fold_title(text.upper()) == fold_title(text) == fold_title(accented)
