"""Search beyond our own shelves: in two seconds, and never without our own results."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.sandbox.server import Sandbox
from listening.models import Album
from listening.services import looking_further
from listening.services.crew import Crew
from tests.integrations.fake_provider import FakeProvider, Reply
from tests.listening.merging import merge
from tests.listening.outside import catalogue, ensure, fake, ids_of, sandbox

pytestmark = pytest.mark.django_db(transaction=True)
SEARCH = "/api/v1/music/search"
EVERYBODY = ("musicbrainz", "spotify", "deezer")


@pytest.fixture
def box(db: None, settings: Any) -> Iterator[Sandbox]:
    with sandbox(settings, hang=5.0, drip=0.3) as box:
        yield box


@pytest.fixture
def there(db: None, settings: Any) -> Iterator[FakeProvider]:
    with fake(settings) as there:
        there.on("*", Reply(200, {"data": [], "total": 0, "count": 0, "release-groups": [], "results": []}))
        yield there


def search(client: Any, q: str, **more: Any) -> dict[str, Any]:
    answer = client.get(SEARCH, {"q": q, "remote": "1", **more})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def states(told: dict[str, Any]) -> dict[str, str]:
    return {one["source"]: one["state"] for one in told["sources"]}


# --- finding


def test_one_album_that_several_know_is_one_row_with_all_its_ids(api, ann, box):
    told = search(api(ann), "kind of blue")
    assert states(told) == dict.fromkeys(EVERYBODY, "ok")
    assert all(one["detail"] == "" for one in told["sources"])
    (row,) = [row for row in told["results"] if row["title"] == "Kind of Blue"]
    assert (row["id"], row["artist"], row["year"]) == (None, "Miles Davis", 1959)
    assert row["artists"] == [{"id": None, "name": "Miles Davis"}]
    assert set(row["sources"]) == set(EVERYBODY)
    assert {"spotify", "musicbrainz", "deezer"} <= row["external_ids"].keys()
    assert (row["spotify_id"], row["musicbrainz_id"]) == (
        row["external_ids"]["spotify"],
        row["external_ids"]["musicbrainz"],
    )


def test_words_of_title_and_artist_go_in_any_order(api, ann, box):
    assert search(api(ann), "mitchell blue")["results"][0]["title"] == "Blue"


def test_nothing_is_stored_by_searching(api, ann, box):
    ensure("Blue", "Joni Mitchell")
    before = catalogue()
    search(api(ann), "joni mitchell")
    assert catalogue() == before


def test_our_own_album_is_found_once_and_first(api, ann, box):
    album = ensure("Low", "David Bowie")
    rows = search(api(ann), "david bowie")["results"]
    assert rows[0]["id"] == album.pk
    assert [row["title"] for row in rows].count("Low") == 1
    assert len(rows) > 1
    assert {row["id"] for row in rows[1:]} == {None}


def test_our_own_album_is_recognised_by_an_id_under_another_name(api, ann, box):
    known = next(one for one in box.box.catalogue.albums if one.title == "Future Days")
    album = ensure("Flight", "The Cans", external_ids={"spotify": known.spotify})
    rows = search(api(ann), "future days")["results"]
    assert rows[0]["id"] == album.pk
    assert "Future Days" not in {row["title"] for row in rows}


def test_our_own_album_is_recognised_by_the_name_of_what_became_part_of_it(api, ann, box):
    album = ensure("Tage der Zukunft", "Can")
    merge(ensure("Future Days", "Can"), album)
    rows = search(api(ann), "future days")["results"]
    assert rows[0]["id"] == album.pk
    assert "Future Days" not in {row["title"] for row in rows}


def test_a_row_from_elsewhere_can_be_sent_back_as_it_is(api, ann, box):
    row = search(api(ann), "kind of blue")["results"][0]
    made = api(ann).post("/api/v1/music/albums", row)
    assert made.status_code == 201
    assert ids_of(Album.objects.get()) == row["external_ids"]
    assert search(api(ann), "kind of blue")["results"][0]["id"] == made.json()["id"]


def test_the_limit_holds_for_ours_and_for_theirs(api, ann, box):
    for title in ("Blue", "Blue Velvet", "Blues"):
        ensure(title, "Somebody")
    rows = search(api(ann), "blue", limit="2")["results"]
    assert [row["id"] is None for row in rows] == [False, False, True, True]


def test_an_answer_is_kept_and_not_asked_for_twice(api, ann, bea, box):
    search(api(ann), "Kind of Blue")
    before = {name: counts["requests"] for name, counts in box.box.counts.items()}
    assert states(search(api(bea), "kind of  BLUE")) == dict.fromkeys(EVERYBODY, "ok")
    assert {name: counts["requests"] for name, counts in box.box.counts.items()} == before


def test_of_tracks_only_ours_are_searched(api, ann, box):
    told = search(api(ann), "blue", type="track")
    assert states(told) == dict.fromkeys(EVERYBODY, "unavailable")
    assert "albums only" in told["sources"][0]["detail"]
    assert box.box.counts == {}


def test_without_spotify_apple_is_asked_in_its_place(api, ann, box, settings):
    settings.SPOTIFY_CLIENT_ID = ""
    told = search(api(ann), "kind of blue")
    assert states(told) == {"musicbrainz": "ok", "spotify": "unavailable", "deezer": "ok", "itunes": "ok"}
    assert "not connected" in told["sources"][1]["detail"]


# --- failing


@pytest.mark.parametrize("fault", ["500", "503", "reset", "truncated", "html", "401", "429", "429-long"])
@pytest.mark.parametrize("down", EVERYBODY)
def test_one_that_fails_is_named_and_the_rest_is_there(api, ann, box, down, fault):
    album = ensure("Blue", "Joni Mitchell")
    box.box.faults.ask(down, fault, 1)
    told = search(api(ann), "joni mitchell")
    assert told["results"][0]["id"] == album.pk
    (one,) = [one for one in told["sources"] if one["source"] == down]
    assert one["state"] in ("failed", "unavailable", "too_slow")
    assert one["detail"].endswith(".")
    assert fault not in one["detail"]
    others = {name: state for name, state in states(told).items() if name != down}
    assert set(others.values()) == {"ok"}


@pytest.mark.parametrize("fault", ["timeout", "slow"])
def test_whoever_hangs_is_not_waited_for(api, ann, box, fault):
    album = ensure("Blue", "Joni Mitchell")
    box.box.faults.ask("all", fault, 1)
    began = time.monotonic()
    told = search(api(ann), "joni mitchell")
    assert time.monotonic() - began < 3
    assert [row["id"] for row in told["results"]] == [album.pk]
    assert states(told) == dict.fromkeys(EVERYBODY, "too_slow")
    assert told["sources"][0]["detail"] == "MusicBrainz took too long to answer."


def test_one_that_hangs_does_not_hide_what_the_others_found(api, ann, box):
    box.box.faults.ask("musicbrainz", "timeout", 1)
    told = search(api(ann), "kind of blue")
    assert states(told) == {"musicbrainz": "too_slow", "spotify": "ok", "deezer": "ok"}
    assert told["results"][0]["title"] == "Kind of Blue"


def test_where_nobody_can_be_reached_there_are_our_own(api, ann, settings, box):
    box.stop()
    album = ensure("Blue", "Joni Mitchell")
    told = search(api(ann), "joni mitchell")
    assert [row["id"] for row in told["results"]] == [album.pk]
    assert "ok" not in states(told).values()


def test_a_used_up_budget_is_said_and_not_waited_for(api, ann, box, settings):
    settings.PROVIDER_RATES = [rate for rate in settings.PROVIDER_RATES if "deezer" not in rate] + ["deezer=1/3600"]
    assert states(search(api(ann), "kind of blue"))["deezer"] == "ok"
    began = time.monotonic()
    told = search(api(ann), "another green world")
    assert states(told)["deezer"] == "unavailable"
    assert time.monotonic() - began < 2


def test_with_too_many_at_once_some_are_told_so(api, ann, box, monkeypatch):
    monkeypatch.setattr(looking_further, "_crew", Crew(1))
    told = search(api(ann), "kind of blue")
    assert sorted(states(told).values()) == ["ok", "unavailable", "unavailable"]


def test_a_fault_of_ours_in_reading_an_answer_hides_nothing(api, ann, box, monkeypatch):
    def broken(q: str) -> list[Any]:
        raise ZeroDivisionError

    monkeypatch.setitem(looking_further._SEARCHES, "deezer", broken)
    told = search(api(ann), "kind of blue")
    assert states(told)["deezer"] == "failed"
    assert told["results"]


HOSTILE = "<script>alert(1)</script> \u202e@everyone"


def test_hostile_names_come_out_as_text(web, ann, there):
    row = {"id": 5, "title": HOSTILE, "artist": {"id": 1, "name": "X"}, "cover_xl": "javascript:alert(1)"}
    there.on("/deezer/search/album", Reply(200, {"data": [row], "total": 1}))
    page = web(ann).get("/search/", {"q": "everyone", "further": "1"}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; @everyone" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "javascript:alert" not in page


# --- who may, and what it costs


def test_a_closed_club_searches_for_members_only(api, ann, carl, bot, box, settings):
    settings.CLUB_PUBLIC = False
    for client, status in ((api(None), 404), (api(carl), 404), (api(ann), 200), (bot, 200)):
        assert client.get(SEARCH, {"q": "blue", "remote": "1"}).status_code == status
    assert api(carl).get("/search/?q=blue&further=1").status_code == 403


def test_searches_elsewhere_are_limited_like_all(api, ann, box, settings):
    settings.RATE_LIMIT_SEARCHES = 2
    assert [api(ann).get(SEARCH, {"q": "blue", "remote": "1"}).status_code for _ in range(3)] == [200, 200, 429]


def test_it_takes_as_many_queries_for_ten_hits_as_for_one(api, ann, there):
    def queries(count: int) -> int:
        rows = [{"id": at, "title": f"Blue {at}", "artist": {"id": 1, "name": "X"}} for at in range(1, count + 1)]
        there.on("/deezer/search/album", Reply(200, {"data": rows, "total": count}))
        client = api(ann)
        with CaptureQueriesContext(connection) as asked:
            assert len(search(client, f"blue {count}")["results"]) == count
        return len(asked)

    ensure("Unlike", "Anything")
    queries(2)
    assert queries(10) <= queries(1) + 1


def test_no_thread_and_no_connection_is_left_behind(api, ann, box):
    import threading

    before = threading.active_count()
    search(api(ann), "kind of blue")
    ends = time.monotonic() + 2
    while looking_further._crew._room._value < 16 and time.monotonic() < ends:
        time.sleep(0.01)
    assert looking_further._crew._room._value == 16
    assert threading.active_count() <= before + 4  # the sandbox has one for each connection that is kept
