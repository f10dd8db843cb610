"""Deezer: errors come with 200, tempo 0 is none, lists go by index."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import BadAnswer, ComeBackLater, NotThere, ProviderError, Rejected, Unavailable
from integrations.providers import deezer
from integrations.types import TagData
from tests.integrations.fake_provider import Reply


def track(n: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": 3135553 + n,
        "title": f"One More Time {n}",
        "isrc": "GBDUW0000053",
        "duration": 320,
        "track_position": n,
        "disk_number": 1,
        "bpm": 122.7,
        "gain": -7.7,
        "preview": "https://cdnt-preview.dzcdn.net/x.mp3?hdnea=exp=1",
        "artist": {"id": 27, "name": "Daft Punk"},
        "album": {"id": 302127, "title": "Discovery"},
        **changes,
    }


def album(**changes: Any) -> dict[str, Any]:
    return {
        "id": 302127,
        "title": "Discovery",
        "upc": "724384960650",
        "cover_xl": "https://cdn-images.dzcdn.net/images/cover/x/1000x1000-000000-80-0-0.jpg",
        "genres": {"data": [{"id": 113, "name": "Dance"}]},
        "nb_tracks": 14,
        "release_date": "2001-03-07",
        "record_type": "album",
        "artist": {"id": 27, "name": "Daft Punk"},
        "tracks": {"data": [track(1), track(2)]},
        **changes,
    }


def test_an_isrc_gives_a_track(there):
    there.on("/track/isrc:GBDUW0000053", Reply(200, track()))
    found = deezer.track_by_isrc("gb-duw-00-00053")
    assert (found.title, found.artist_credit, found.duration_ms, found.album) == (
        "One More Time 1",
        "Daft Punk",
        320_000,
        "Discovery",
    )
    assert found.external_ids == {"deezer": "3135554", "isrc": "GBDUW0000053"}
    assert deezer.tempo_by_isrc("GBDUW0000053").tempo == 122.7


@pytest.mark.parametrize("bpm", [0, 0.0, None, "", -1, "fast", 1e9])
def test_a_tempo_of_0_is_unknown(bpm):
    assert deezer.parse_tempo(track(bpm=bpm)) is None


def test_a_upc_or_id_gives_an_album(there):
    there.on("/album/upc:724384960650", Reply(200, album()))
    there.on(
        "/album/302127",
        Reply(200, album(record_type="compile", release_date="0000-00-00", cover_xl="https://evil.example/x.jpg")),
    )
    found = deezer.album_by_upc("724384960650")
    assert (found.title, found.released, found.kind, found.tracks_total) == ("Discovery", "2001-03-07", "album", 14)
    assert found.external_ids == {"deezer": "302127", "upc": "724384960650"}
    assert found.tags == (TagData("Dance", is_genre=True),)
    assert found.cover_url.startswith("https://cdn-images.dzcdn.net/")
    assert [one.number for one in found.tracks] == [1, 2]
    other = deezer.album("302127")
    assert (other.kind, other.released, other.cover_url) == ("compilation", "", "")


def test_tracks_of_a_long_album_are_paged_by_index(there):
    first = {"data": [track(n) for n in range(1, 101)], "total": 101, "next": "https://evil.example/?index=100"}
    there.on("/album/302127/tracks", Reply(200, first), Reply(200, {"data": [track(101)], "total": 101}))
    page = deezer.album_tracks("302127")
    assert (len(page.items), page.next_cursor, page.total) == (100, "100", 101)
    last = deezer.album_tracks("302127", cursor=page.next_cursor)
    assert (len(last.items), last.next_cursor) == (1, "")
    assert [seen.param("index") for seen in there.requests] == ["0", "100"]


def test_a_search_quotes_both_names(there):
    there.on("/search/album", Reply(200, {"data": [album(tracks=None), {"id": 1}], "total": 2}))
    page = deezer.search('Daft "Punk"', "Discovery")
    assert [one.title for one in page.items] == ["Discovery"]
    assert there.requests[0].param("q") == 'artist:"Daft  Punk " album:"Discovery"'
    with pytest.raises(Rejected):
        deezer.search("", "")


def test_words_in_any_order_find_albums(there):
    there.on("/search/album", Reply(200, {"data": [album()]}))
    assert [one.title for one in deezer.find('discovery "daft')] == ["Discovery"]
    assert there.requests[0].param("q") == "discovery  daft"
    with pytest.raises(Rejected):
        deezer.find('" "')


def test_an_isrc_gives_the_album_it_is_filed_under(there):
    there.on("/track/isrc:GBDUW0000053", Reply(200, track()), Reply(200, track(album=None)))
    found = deezer.album_by_isrc("GBDUW0000053")
    assert (found.title, found.artist_credit, found.external_ids) == ("Discovery", "Daft Punk", {"deezer": "302127"})
    with pytest.raises(BadAnswer):
        deezer.album_by_isrc("GBDUW0000053")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "outcome"), [(4, ComeBackLater), (700, Unavailable), (800, NotThere), (100, Rejected), (501, Rejected)]
)
def test_errors_are_read_from_the_body_whatever_the_status(there, status, code, outcome):
    error = {"type": "Exception", "message": "...", "code": code}
    there.on("*", Reply(status, {"error": error}))
    with pytest.raises(ProviderError) as caught:
        deezer.album("302127")
    assert type(caught.value) is outcome


@pytest.mark.parametrize("body", [{"error": "odd"}, {"error": {"code": "x"}}, {"title": "Discovery"}, {}])
def test_a_body_of_another_shape_is_an_error_of_ours(there, body):
    there.on("*", Reply(200, body))
    with pytest.raises((Rejected, BadAnswer)):
        deezer.album("302127")


def test_what_is_no_id_is_not_sent(there):
    for ask in (deezer.album, deezer.album_tracks, deezer.album_by_upc, deezer.track_by_isrc, deezer.tempo_by_isrc):
        for value in ("", "x/y", "../1"):
            with pytest.raises(Rejected):
                ask(value)
    assert there.requests == []
