"""Search finds what people mean, however they type it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.selectors.albums import search_albums, search_tracks
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.resolving import resolve_plays
from sidetrack.actors import SITE
from tests.listening.plays import play

pytestmark = pytest.mark.django_db

SHELF = [
    ("Homogenic", "Björk", 1997),
    ("Lemonade", "Beyoncé", 2016),
    ("Ágætis byrjun", "Sigur Rós", 1999),
    ("OK Computer", "Radiohead", 1997),
    ("In Rainbows", "Radiohead", 2007),
    ("Back in Black", "AC/DC", 1980),
    ("The Wall", "Pink Floyd", 1979),
    ("Wall of Eyes", "The Smile", 2024),
    ("Pink", "Boris", 2005),
    ("Nevermind", "Nirvana", 1991),
    ("ただ君に晴れ", "ヨルシカ", 2018),
    ("( )", "Sigur Rós", 2002),
    ("Graduation (Deluxe Edition)", "Kanye West", 2007),
]


@pytest.fixture(autouse=True)
def _shelf(db):
    for title, artist, year in SHELF:
        ensure_album(AlbumRef(title=title, artist=artist, year=year), by=SITE, source="test")


def titles(q: str) -> list[str]:
    return [card.title for card in search_albums(q, 10)]


@pytest.mark.parametrize(
    ("q", "title"),
    [
        ("bjork", "Homogenic"),
        ("BJÖRK", "Homogenic"),
        ("beyonce", "Lemonade"),
        ("agaetis", "Ágætis byrjun"),
        ("radiohead ok computer", "OK Computer"),
        ("ok computer radiohead", "OK Computer"),
        ("computer", "OK Computer"),
        ("rainb", "In Rainbows"),
        ("the wall", "The Wall"),
        ("ac/dc", "Back in Black"),
        ("acdc", "Back in Black"),
        ("okcomputer", "OK Computer"),
        ("in rainbos", "In Rainbows"),
        ("radiohaed ok compter", "OK Computer"),
        ("nirvanna", "Nevermind"),
        ("byork", "Homogenic"),
        ("君に晴れ", "ただ君に晴れ"),
        ("ヨルシカ", "ただ君に晴れ"),
        ("( )", "( )"),
        ("graduation deluxe edition", "Graduation (Deluxe Edition)"),
        ("graduation (deluxe edition)", "Graduation (Deluxe Edition)"),
    ],
)
def test_the_album_meant_comes_first(q, title):
    assert titles(q)[0] == title


def test_all_albums_of_an_artist_are_found():
    assert set(titles("sigur ros")) == {"Ágætis byrjun", "( )"}
    assert set(titles("radiohed")) == {"OK Computer", "In Rainbows"}


def test_an_exact_title_comes_before_an_artist_and_a_part():
    assert titles("pink") == ["Pink", "The Wall"]
    assert titles("wall") == ["The Wall", "Wall of Eyes"]


@pytest.mark.parametrize("q", ["zzzzzz", "%", "_", "\\", "'", "a" * 200, "x y z " * 30, "🎵🎵", "-", "the"])
def test_odd_questions_are_answered(q):
    assert isinstance(titles(q), list)


def test_wildcards_of_the_database_are_plain_letters():
    assert titles("%omputer") == titles("omputer")
    assert titles("%%%") == titles("__") == []


def test_an_album_is_found_by_its_address():
    address = "https://open.spotify.com/intl-de/album/6dVIqQ8qmQ5GBnJ9shOYGE?si=abc"
    ensure_album(AlbumRef(title="OK Computer", artist="Radiohead", url=address), by=SITE, source="test")
    assert titles(address) == ["OK Computer"]
    assert titles("https://open.spotify.com/album/6dVIqQ8qmQ5GBnJ9shOYGF") == []


def test_a_new_name_is_known_at_once():
    assert titles("spiderlnad") == []
    ensure_album(AlbumRef(title="Spiderland", artist="Slint", year=1991), by=SITE, source="test")
    assert titles("spiderlnad") == ["Spiderland"]


def test_tracks_are_found_by_the_same_rules():
    resolve_plays([play("Jóga", "Björk", "Homogenic"), play("Paranoid Android", "Radiohead", "OK Computer")])
    assert [track["title"] for track in search_tracks("joga bjork", 5)] == ["Jóga"]
    assert [track["title"] for track in search_tracks("paranoid andriod", 5)] == ["Paranoid Android"]


def test_the_number_of_queries_does_not_grow():
    def queries(q: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            search_albums(q, 50)
        return len(seen)

    few = queries("radiohead")
    for number in range(30):
        ensure_album(AlbumRef(title=f"Radiohead Bootleg {number}", artist="Radiohead"), by=SITE, source="test")
    assert queries("radiohead") == few == 2
