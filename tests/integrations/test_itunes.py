"""Apple's look-up: JSON called a script, 403 for too many, artwork of any size."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import BadAnswer, ComeBackLater, NotThere, Rejected
from integrations.providers import itunes
from integrations.types import TagData
from tests.integrations.fake_provider import Reply

ART = "https://is1-ssl.mzstatic.com/image/thumb/Music/v4/aa/bb/source/100x100bb.jpg"
SCRIPT = "text/javascript; charset=utf-8"


def collection(**changes: Any) -> dict[str, Any]:
    return {
        "wrapperType": "collection",
        "collectionType": "Album",
        "collectionId": 697194953,
        "collectionName": "Discovery",
        "artistId": 5468295,
        "artistName": "Daft Punk",
        "artworkUrl100": ART,
        "trackCount": 14,
        "country": "USA",
        "releaseDate": "2001-03-07T08:00:00Z",
        "primaryGenreName": "Electronic",
        **changes,
    }


def song(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "wrapperType": "track",
        "kind": "song",
        "collectionId": 697194953,
        "trackId": 697195000 + n,
        "trackName": f"Track {n}",
        "artistName": "Daft Punk",
        "artistId": 5468295,
        "trackTimeMillis": 320_357,
        "discNumber": 1,
        "trackNumber": n,
        **changes,
    }


def results(*rows: Any) -> Reply:
    return Reply(200, {"resultCount": len(rows), "results": list(rows)}, type=SCRIPT)


def test_an_album_has_its_songs_and_a_large_cover(there):
    there.on("/lookup", results(collection(), song(1), song(2), song(3, kind="music-video"), song(4, collectionId=1)))
    album = itunes.album("697194953")
    assert (album.title, album.artist_credit, album.released, album.tracks_total) == (
        "Discovery",
        "Daft Punk",
        "2001-03-07",
        14,
    )
    assert album.cover_url == "https://is1-ssl.mzstatic.com/image/thumb/Music/v4/aa/bb/source/1200x1200bb.jpg"
    assert album.external_ids == {"apple": "697194953"}
    assert album.tags == (TagData("Electronic", is_genre=True),)
    assert [(one.number, one.duration_ms, one.external_ids) for one in album.tracks] == [
        (1, 320_357, {"apple": "697195001"}),
        (2, 320_357, {"apple": "697195002"}),
    ]
    assert album.country == "", "USA is the store that was asked"
    asked = there.requests[0]
    assert (asked.param("id"), asked.param("entity"), asked.param("country")) == ("697194953", "song", "us")


@pytest.mark.parametrize(
    ("name", "title", "kind"),
    [
        ("Elephant - Single", "Elephant", "single"),
        ("Tame Impala - EP", "Tame Impala", "ep"),
        ("1989 - Live", "1989 - Live", ""),
    ],
)
def test_the_kind_stands_at_the_end_of_the_name(name, title, kind):
    (album,) = itunes.parse_albums([collection(collectionName=name)])
    assert (album.title, album.kind) == (title, kind)


def test_a_upc_is_kept_with_what_it_gave(there):
    there.on("/lookup", results(collection()))
    assert itunes.album_by_upc("724384960650").external_ids == {"apple": "697194953", "upc": "724384960650"}
    assert there.requests[0].param("upc") == "724384960650"


def test_an_unknown_id_is_an_empty_list(there):
    there.on("/lookup", results())
    with pytest.raises(NotThere):
        itunes.album("1")


def test_a_search_gives_albums(there):
    there.on("/search", results(collection(), collection(collectionName=None), song(1), None))
    assert [album.title for album in itunes.search("Daft Punk", "Discovery")] == ["Discovery"]
    asked = there.requests[0]
    assert (asked.param("term"), asked.param("entity"), asked.param("media")) == (
        "Daft Punk Discovery",
        "album",
        "music",
    )


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(403, "<html>", type="text/html"), ComeBackLater),
        (Reply(404, ""), NotThere),
        (Reply(200, "<html>", type="text/html"), BadAnswer),
        (Reply(200, {"resultCount": 0}, type=SCRIPT), BadAnswer),
    ],
)
def test_refusals_have_their_meaning(there, reply, outcome):
    there.on("/lookup", reply)
    with pytest.raises(outcome):
        itunes.album("697194953")


@pytest.mark.parametrize("url", ["https://evil.example/100x100bb.jpg", "http://localhost/100x100bb.jpg", None, 7, ""])
def test_artwork_from_elsewhere_is_none(url):
    assert itunes.cover(url) == ""


def test_what_is_no_id_is_not_sent(there):
    for ask in (itunes.album, itunes.album_by_upc):
        for value in ("", "x", "1&country=xx"):
            with pytest.raises(Rejected):
                ask(value)
    with pytest.raises(Rejected):
        itunes.search(" ", "")
    assert there.requests == []
