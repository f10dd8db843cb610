"""Playlists at Spotify: through the addresses that new apps have, whole, in hundreds, and mendable when half done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.errors import BadAnswer, Forbidden, Unavailable
from integrations.http import Patience, patience
from integrations.providers import spotify
from integrations.secret import Secret
from integrations.types import Access, PlaylistItem
from tests.integrations.fake_provider import FakeProvider, Reply, Seen

pytestmark = pytest.mark.django_db

ACCESS = Access(token=Secret("member-token"))
HASTE = Patience(attempts=2, total=10.0, pause=0.6, connect=2.0, read=5.0, waits_for_budget=5.0)
LIST = "37i9dQZF1DX4sWSpwq3LiO"
PATH = f"/v1/playlists/{LIST}"
SERVER_ERROR = Reply(500, {"error": {"status": 500, "message": "Server error"}})


class Shelf:
    """One playlist, as Spotify keeps it; `fails` counts the writes until one fails."""

    def __init__(self, *uris: str) -> None:
        self.uris = list(uris)
        self.writes = 0
        self.fails_at: int | None = None

    def __call__(self, seen: Seen) -> Reply:
        if seen.method == "GET":
            return self._page(seen)
        self.writes += 1
        if self.fails_at is not None and self.writes >= self.fails_at:
            return SERVER_ERROR
        if seen.method == "DELETE":
            gone = {row["uri"] for row in seen.json["items"]}
            self.uris = [uri for uri in self.uris if uri not in gone]
        else:
            assert len(seen.json["uris"]) <= 100
            self.uris = (self.uris if seen.method == "POST" else []) + seen.json["uris"]
        return Reply(201 if seen.method == "POST" else 200, {"snapshot_id": f"s{self.writes}"})

    def _page(self, seen: Seen) -> Reply:
        offset, limit = int(seen.param("offset")), int(seen.param("limit"))
        rows = [{"item": {"uri": uri, "name": uri[-3:], "type": "track"}} for uri in self.uris[offset : offset + limit]]
        following = f"https://elsewhere/?offset={offset + limit}" if offset + limit < len(self.uris) else None
        return Reply(200, {"items": rows, "next": following, "total": len(self.uris)})


@pytest.fixture
def there(settings: Any) -> Iterator[FakeProvider]:
    with FakeProvider() as provider, patience(HASTE):
        settings.SPOTIFY_API_URL = f"{provider.url}/v1"
        settings.PROVIDER_RATES = ["spotify=1000/1", "spotify.playlists=1000/1"]
        settings.REDIS_URL = ""
        yield provider


@pytest.fixture
def shelf(there: FakeProvider) -> Shelf:
    kept = Shelf()
    there.on(f"{PATH}/items", kept)
    return kept


def uris(count: int, start: int = 0) -> list[str]:
    return [f"spotify:track:{number:022d}" for number in range(start, start + count)]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"{number:022d}", "name": f"List {number}", "snapshot_id": "s", "owner": {"id": "rj"}, **changes}


def test_all_lists_are_told_not_the_first_50(there: FakeProvider):

    def page(seen: Seen) -> Reply:
        offset = int(seen.param("offset"))
        rows = [row(number, items={"total": number}) for number in range(offset, min(offset + 50, 123))]
        following = f"https://elsewhere/?offset={offset + 50}&limit=50" if offset + 50 < 123 else None
        return Reply(200, {"items": [None, *rows[1:]], "next": following, "total": 123})

    there.on("/v1/me/playlists", page)
    found = spotify.my_playlists(ACCESS)
    assert [one.name for one in found] == [f"List {number}" for number in range(123) if number % 50]
    assert found[6].total == 7
    assert len(there.requests) == 3


@pytest.mark.parametrize("key", ["item", "track"])
def test_rows_are_read_under_their_new_and_their_old_name(key: str, there: FakeProvider):
    uri = uris(1)[0]
    rows = [
        {key: {"uri": uri, "name": "Elephant", "type": "track"}},
        {key: None},
        {"is_local": True, key: {"uri": "spotify:local:a:b:c:1", "name": "Demo", "type": "track"}},
        {key: {"uri": "spotify:episode:x", "name": "Talk", "type": "episode"}},
    ]
    there.on(f"{PATH}/items", Reply(200, {"items": rows, "next": None}))
    assert spotify.items(ACCESS, LIST) == [
        PlaylistItem(uri, "Elephant"),
        PlaylistItem("", ""),
        PlaylistItem("", "Demo"),
        PlaylistItem("", "Talk"),
    ]


@pytest.mark.parametrize("key", ["items", "tracks"])
def test_a_list_tells_its_size_under_either_name(key: str, there: FakeProvider):
    there.on(PATH, Reply(200, row(1, public=None, **{key: {"total": 42}})))
    found = spotify.playlist(ACCESS, LIST)
    assert (found.total, found.owner_id, found.public) == (42, "rj", None)


def test_a_list_is_made_and_renamed_where_new_apps_may(there: FakeProvider):
    there.on("/v1/me/playlists", Reply(201, row(1)))
    there.on(PATH, Reply(200))
    made = spotify.create(ACCESS, "Monday", description="", public=False)
    spotify.change(ACCESS, LIST, name="Tuesday")
    spotify.change(ACCESS, LIST)
    assert made.snapshot_id == "s"
    assert [(seen.method, seen.json) for seen in there.requests] == [
        ("POST", {"name": "Monday", "public": False}),
        ("PUT", {"name": "Tuesday"}),
    ]


def test_making_a_list_is_not_tried_twice(there: FakeProvider):
    there.on("/v1/me/playlists", SERVER_ERROR)
    with pytest.raises(Unavailable):
        spotify.create(ACCESS, "Monday")
    assert len(there.requests) == 1


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_more_than_100_are_written_in_hundreds_in_order(count: int, there: FakeProvider, shelf: Shelf):
    shelf.uris = uris(7, 5000)
    snapshot = spotify.replace_items(ACCESS, LIST, uris(count))
    assert shelf.uris == uris(count)
    assert snapshot == f"s{max(1, -(-count // 100))}"
    assert [one.uri for one in spotify.items(ACCESS, LIST)] == uris(count)
    assert all(isinstance(seen.json, dict) for seen in there.requests if seen.method != "GET")


def test_what_a_failing_chunk_leaves_is_made_whole_by_running_again(shelf: Shelf):
    shelf.uris = uris(300, 5000)
    shelf.fails_at = 2
    with pytest.raises(Unavailable):
        spotify.replace_items(ACCESS, LIST, uris(250))
    assert shelf.uris == uris(100)
    shelf.fails_at = None
    spotify.replace_items(ACCESS, LIST, uris(250))
    assert shelf.uris == uris(250)


def test_a_first_write_that_fails_leaves_the_old_list(shelf: Shelf):
    shelf.uris = uris(300, 5000)
    shelf.fails_at = 1
    with pytest.raises(Unavailable):
        spotify.replace_items(ACCESS, LIST, uris(250))
    assert shelf.uris == uris(300, 5000)


def test_an_appended_chunk_is_not_sent_twice(there: FakeProvider):
    there.on(f"{PATH}/items", Reply(reset=True))
    with pytest.raises(Unavailable):
        spotify.append(ACCESS, LIST, uris(1))
    assert len(there.requests) == 1


def test_tracks_are_taken_out_by_the_key_of_the_new_address(there: FakeProvider, shelf: Shelf):
    shelf.uris = uris(150)
    assert spotify.remove(ACCESS, LIST, uris(120), snapshot_id="s0") == "s2"
    assert shelf.uris == uris(30, 120)
    first, second = (seen.json for seen in there.requests)
    assert set(first) == {"items", "snapshot_id"}
    assert (first["snapshot_id"], second["snapshot_id"]) == ("s0", "s1")


def test_no_address_that_is_closed_to_new_apps_is_used(there: FakeProvider, shelf: Shelf):
    spotify.replace_items(ACCESS, LIST, uris(101))
    spotify.items(ACCESS, LIST)
    spotify.remove(ACCESS, LIST, uris(1))
    assert {seen.path for seen in there.requests} == {f"{PATH}/items"}


def test_somebody_elses_list_is_said_so(there: FakeProvider):
    there.on(f"{PATH}/items", Reply(403, {"error": {"status": 403, "message": "You cannot read this"}}))
    with pytest.raises(Forbidden) as caught:
        spotify.items(ACCESS, LIST)
    assert caught.value.reason == "owner"


def test_a_page_without_a_list_is_not_taken_for_an_empty_one(there: FakeProvider):
    there.on(f"{PATH}/items", Reply(200, {"total": 3}))
    with pytest.raises(BadAnswer):
        spotify.items(ACCESS, LIST)
