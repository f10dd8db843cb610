"""Looking further from the pages: an album of another catalogue is put on our shelves or put forward."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client

from club.models import Nomination
from integrations.sandbox.server import Sandbox
from listening.models import Album
from sidetrack.models import JobRun
from tests.club.test_pages import body
from tests.jobs import drain
from tests.listening.outside import ensure, ids_of, sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(db: None, settings: Any) -> Iterator[Sandbox]:
    with sandbox(settings, hang=5.0) as box:
        yield box


def found(page: str, field: str = "found") -> str:
    """The first value that a page offers for an album from elsewhere."""
    return unescape(re.findall(rf'name="{field}" value="([^"]*)"', page[page.index("In other catalogues") :])[0])


def test_search_offers_to_look_further_by_a_plain_link(web, ann, box):
    page = body(web(ann).get("/search/", {"q": "kind of blue"}))
    assert 'href="?q=kind%20of%20blue&amp;further=1"' in page
    assert "In other catalogues" not in page
    assert box.box.counts == {}


def test_a_member_puts_an_album_from_elsewhere_on_the_shelves(web, ann, box):
    client = web(ann)
    page = body(client.get("/search/", {"q": "kind of blue", "further": "1"}))
    assert "Put on our shelves" in page
    assert "MusicBrainz, Spotify, Deezer" in page
    answer = client.post("/albums/add/", {"found": found(page)})
    album = Album.objects.get()
    assert answer["Location"] == f"/albums/{album.pk}/"
    assert (str(album), album.year) == ("Kind of Blue by Miles Davis", 1959)
    assert {"spotify", "musicbrainz", "deezer"} <= ids_of(album).keys()
    waiting = body(client.get(answer["Location"]))
    assert "It is being looked up" in waiting
    assert "is on our shelves now" in waiting
    drain()
    assert "Looked up <time" in body(client.get(answer["Location"]))
    again = client.post("/albums/add/", {"found": found(page)})
    assert again["Location"] == f"/albums/{album.pk}/"
    assert Album.objects.count() == JobRun.objects.count() == 1


@pytest.mark.parametrize("found", ["", "nonsense", "a:b:c", "found:1", "\x00", "x" * 5000])
def test_what_no_search_handed_out_is_refused(web, ann, box, found):
    assert web(ann).post("/albums/add/", {"found": found}).status_code == 400
    assert not Album.objects.exists()


def test_visitors_and_strangers_look_further_but_add_nothing(web, ann, carl, box):
    handed = found(body(web(ann).get("/search/", {"q": "kind of blue", "further": "1"})))
    for who in (None, carl):
        page = body(web(who).get("/search/", {"q": "kind of blue", "further": "1"}))
        assert "Kind of Blue" in page
        assert "Put on our shelves" not in page
        assert web(who).post("/albums/add/", {"found": handed}).status_code in (302, 403)
    assert not Album.objects.exists()


def test_what_did_not_answer_is_said_in_words(web, ann, box):
    box.box.faults.ask("all", "500", 1)
    ensure("Blue", "Joni Mitchell")
    page = body(web(ann).get("/search/", {"q": "joni mitchell", "further": "1"}))
    assert "Blue" in page
    assert "Spotify stopped answering." in page
    assert "Nobody answered." in page


def test_that_others_know_no_more_is_said_too(web, ann, box):
    ensure("Kind of Blue", "Miles Davis")
    page = body(web(ann).get("/search/", {"q": "kind of blue", "further": "1"}))
    assert "They know nothing that is not on our shelves." in page
    assert "like “no such thing” either" in body(web(ann).get("/search/", {"q": "no such thing", "further": "1"}))


def test_a_nominator_chooses_from_other_catalogues(web, week, ann, box):
    client = web(ann)
    assert "further=1" in body(client.get("/weeks/3/nominate/", {"q": "kind of blue"}))
    page = body(client.get("/weeks/3/nominate/", {"q": "kind of blue", "further": "1"}))
    answer = client.post("/weeks/3/nominate/", {"album": found(page, "album"), "pitch": "Modal."})
    nomination = Nomination.objects.get()
    assert answer["Location"] == f"/weeks/3/#nomination-{nomination.pk}"
    assert str(nomination.album) == "Kind of Blue by Miles Davis"
    assert "musicbrainz" in ids_of(nomination.album)
    drain()
    nomination.album.refresh_from_db()
    assert nomination.album.tracks.count() > 3


def test_the_fragment_of_choices_looks_further_too(web, week, ann, carl, box):
    address = "/weeks/3/nominate/albums/"
    fragment = body(web(ann).get(address, {"q": "kind of blue", "further": "1"}))
    assert 'value="found:' in fragment
    assert "<html" not in fragment
    assert web(carl).get(address, {"q": "blue", "further": "1"}).status_code == 403


def test_a_refused_nomination_keeps_the_album_from_elsewhere(web, week, ann, box):
    client = web(ann)
    value = found(body(client.get("/weeks/3/nominate/", {"q": "kind of blue", "further": "1"})), "album")
    page = body(client.post("/weeks/3/nominate/", {"album": value, "pitch_track_url": "nope"}), 400)
    assert f'value="{value}" checked' in page
    assert "Kind of Blue" in page
    client.post("/weeks/3/nominate/", {"album": value})
    assert Nomination.objects.get().album.title == "Kind of Blue"


def test_a_made_up_value_of_the_form_is_refused(web, week, ann):
    page = body(web(ann).post("/weeks/3/nominate/", {"album": "found:made-up"}), 400)
    assert "Choose an album from the list" in page


# --- the page of an album


def looked_up(client: Client, album: Album) -> str:
    client.post(f"/albums/{album.pk}/look-up/")
    drain()
    return body(client.get(f"/albums/{album.pk}/"))


def test_an_album_shows_what_was_found_and_who_says_so(web, ann, box):
    album = ensure("Blue", "Joni Mitchell")
    client = web(ann)
    assert "It has not been looked up" in body(client.get(f"/albums/{album.pk}/"))
    page = looked_up(client, album)
    assert "Joni Mitchell, 1971" in page
    assert 'folk<span class="from">Last.fm, MusicBrainz</span>' in page
    assert "We do not know its tracks" not in page
    for words in ("MusicBrainz</strong> knows it", "Last.fm</strong> knows it", "Look it up again"):
        assert words in page


def test_an_album_shows_who_did_not_answer_and_when_they_are_asked_again(web, ann, box):
    box.box.faults.ask("deezer", "500", 1)
    page = looked_up(web(ann), ensure("Blue", "Joni Mitchell"))
    assert "not everybody answered" in page
    assert "Deezer</strong> could not be asked" in page
    assert "is asked again" in page


def test_asked_for_twice_it_is_queued_once(web, ann, bea, box):
    album = ensure("Blue", "Joni Mitchell")
    for who in (ann, bea, ann):
        assert web(who).post(f"/albums/{album.pk}/look-up/").status_code == 302
    assert JobRun.objects.get().asked_by == ann


def test_only_members_have_it_looked_up(web, carl, box):
    album = ensure("Blue", "Joni Mitchell")
    assert "Look it up" not in body(web(None).get(f"/albums/{album.pk}/"))
    assert web(carl).post(f"/albums/{album.pk}/look-up/").status_code == 403
    assert "/login/" in web(None).post(f"/albums/{album.pk}/look-up/")["Location"]
    assert web(carl).get(f"/albums/{album.pk}/look-up/").status_code == 405
    assert not JobRun.objects.exists()


def test_an_album_that_is_not_there_is_not_looked_up(web, ann):
    assert web(ann).post("/albums/999/look-up/").status_code == 404
