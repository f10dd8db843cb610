import re
from xml.etree import ElementTree

from sidetrack.artwork import sleeve

TITLES = [f"Title {n}" for n in range(200)]


def test_the_same_album_always_gets_the_same_cover() -> None:
    assert sleeve("Blue", "Joni Mitchell") == sleeve("BLUE", "joni mitchell")


def test_two_albums_rarely_share_one() -> None:
    assert len({sleeve(title, "Somebody") for title in TITLES}) > 150


def test_every_cover_is_sound_xml_without_style_or_script() -> None:
    for title in TITLES:
        drawn = sleeve(title, '<script>"&')
        ElementTree.fromstring(f"<svg>{drawn}</svg>")  # noqa: S314
        assert not re.search(r"style|script|nan|inf", drawn)


def test_a_name_that_is_no_proper_text_is_drawn_too() -> None:
    assert sleeve("\ud800", "") != ""
