"""Clients that nobody here wrote make their ordinary calls against the sandbox: spotipy, liblistenbrainz, anthropic."""

from __future__ import annotations

from urllib.parse import urlsplit

import anthropic
import liblistenbrainz
import pytest
import requests
import spotipy
from liblistenbrainz.errors import InvalidAuthTokenException, ListenBrainzAPIException
from pydantic import BaseModel
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOAuth

from integrations.sandbox.people import BY_KEY
from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import BACK, SCOPES, SPOTIFY, Clock, decide, spotify

# The generator of models of an SDK warns of names that are its own business.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    with Sandbox(seed=1, clock=clock, limited=False) as running:
        yield running


# --- spotipy


def client(sandbox, **how):
    made = spotipy.Spotify(retries=0, status_retries=0, **how)
    made.prefix = f"{sandbox.url}/spotify/v1/"
    return made


@pytest.fixture
def ada(sandbox):
    return client(sandbox, auth=spotify(sandbox.url, "ada")["access_token"])


def test_spotipy_signs_in_and_refreshes(sandbox, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(SpotifyOAuth, "OAUTH_AUTHORIZE_URL", f"{sandbox.url}/spotify-accounts/authorize")
    monkeypatch.setattr(SpotifyOAuth, "OAUTH_TOKEN_URL", f"{sandbox.url}/spotify-accounts/api/token")
    manager = SpotifyOAuth(
        *SPOTIFY,
        redirect_uri=BACK,
        scope=SCOPES,
        state="s",
        open_browser=False,
        cache_handler=spotipy.cache_handler.CacheFileHandler(tmp_path / "cache"),
    )
    page = urlsplit(manager.get_authorize_url())
    asked = dict(pair.split("=", 1) for pair in page.query.split("&"))
    asked = {name: requests.utils.unquote(value.replace("+", " ")) for name, value in asked.items()}
    back = decide(f"{sandbox.url}{page.path}", asked, "ben")
    token = manager.get_access_token(back["code"], as_dict=False, check_cache=False)
    assert client(sandbox, auth=token).me()["display_name"] == "Ben"
    clock.now += 4000
    fresh = manager.refresh_access_token(manager.cache_handler.get_cached_token()["refresh_token"])
    assert client(sandbox, auth=fresh["access_token"]).me()["account_id"] == BY_KEY["ben"].account_id(1)


def test_spotipy_as_the_app_searches(sandbox, monkeypatch):
    monkeypatch.setattr(SpotifyClientCredentials, "OAUTH_TOKEN_URL", f"{sandbox.url}/spotify-accounts/api/token")
    in_memory = spotipy.cache_handler.MemoryCacheHandler()
    made = client(sandbox, auth_manager=SpotifyClientCredentials(*SPOTIFY, cache_handler=in_memory))
    found = made.search("album:Kind of Blue artist:Miles Davis", type="album")["albums"]["items"]
    assert found[0]["artists"][0]["name"] == "Miles Davis"


def test_spotipy_reads_what_was_played(ada):
    page = ada.current_user_recently_played(limit=10)
    assert len(page["items"]) == 10
    older = ada.next(page)
    assert older["items"][0]["played_at"] < page["items"][-1]["played_at"]
    assert ada.current_user_recently_played(after=page["cursors"]["after"])["items"] == []


def test_spotipy_reads_albums_of_more_than_a_page(ada, sandbox):
    long = next(album for album in sandbox.box.catalogue.albums if len(album.tracks) > 50)
    album = ada.album(long.spotify)
    assert (album["name"], album["total_tracks"], len(album["tracks"]["items"])) == (long.title, 69, 50)
    rest = ada.next(album["tracks"])["items"]
    assert [each["disc_number"] for each in rest][-1] == 3
    assert len(ada.album_tracks(long.spotify, limit=50, offset=50)["items"]) == 19
    track = ada.track(album["tracks"]["items"][0]["id"])
    assert track["external_ids"]["isrc"] == long.tracks[0].isrc
    assert ada.artist(track["artists"][0]["id"])["name"] == "The Magnetic Fields"


@pytest.mark.parametrize(
    "ask",
    [
        lambda spotify, id: spotify.audio_features([id]),
        lambda spotify, id: spotify.tracks([id]),
        lambda spotify, id: spotify.recommendations(seed_tracks=[id]),
        lambda spotify, _: spotify.playlist_tracks("0" * 22),
        lambda spotify, _: spotify.user_playlist_create("sandbox-ada", "x"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_spotify_closed_is_closed_to_spotipy(ada, sandbox, ask):
    id = sandbox.box.catalogue.tracks[0].spotify
    with pytest.raises(spotipy.SpotifyException) as refused:
        ask(ada, id)
    assert refused.value.http_status in (403, 404)


def test_an_app_with_the_extended_quota_has_it_open():
    with Sandbox(seed=1, extended=True) as sandbox:
        made = client(sandbox, auth=spotify(sandbox.url, "ada")["access_token"])
        ids = [track.spotify for track in sandbox.box.catalogue.tracks[:3]]
        features = made.audio_features([*ids, "0" * 22])
        assert [each and each["id"] for each in features] == [*ids, None]
        assert 60 < features[0]["tempo"] < 200
        assert [each["id"] for each in made.tracks(ids)["tracks"]] == ids
        assert made.me()["email"] == "ada@example.org"


def test_spotipy_fills_changes_and_unfollows_a_playlist(ada, sandbox):
    uris = [f"spotify:track:{track.spotify}" for track in sandbox.box.catalogue.tracks[:250]]
    made = ada.current_user_playlist_create("Sunday", description="slow")
    assert (made["name"], made["description"], made["items"]["total"]) == ("Sunday", "slow", 0)
    snapshot = ada.playlist_replace_items(made["id"], uris[:100])["snapshot_id"]
    for start in (100, 200):
        # Its own method sends a bare list, which is no object: what it posts with is asked directly.
        snapshot_then = ada._post(f"playlists/{made['id']}/items", payload={"uris": uris[start : start + 100]})
        assert snapshot_then["snapshot_id"] != snapshot
    assert ada.playlist(made["id"], fields="items(total)") == {"items": {"total": 250}}
    page = ada._get(f"playlists/{made['id']}/items", limit=50, offset=240)
    assert [row["item"]["uri"] for row in page["items"]] == uris[240:]
    ada.playlist_remove_all_occurrences_of_items(made["id"], uris[:10])
    ada.playlist_reorder_items(made["id"], 0, 5, range_length=2)
    head = ada._get(f"playlists/{made['id']}/items", limit=6)["items"]
    assert [row["item"]["uri"] for row in head] == [*uris[12:15], *uris[10:12], uris[15]]
    ada.playlist_change_details(made["id"], name="Monday")
    assert made["id"] in [each["id"] for each in ada.current_user_playlists()["items"]]
    with pytest.raises(spotipy.SpotifyException, match="Forbidden"):
        ada.current_user_unfollow_playlist(made["id"])  # it still asks the old way
    ada._delete("me/library", uris=f"spotify:playlist:{made['id']}")
    assert made["id"] not in [each["id"] for each in ada.current_user_playlists()["items"]]
    assert ada.playlist(made["id"])["name"] == "Monday"


def test_a_bare_list_of_uris_is_refused(ada, sandbox):
    made = ada.current_user_playlist_create("x")
    with pytest.raises(spotipy.SpotifyException, match="JSON"):
        ada.playlist_add_items(made["id"], [sandbox.box.catalogue.tracks[0].spotify])


def test_more_than_a_hundred_at_once_and_unknown_tracks_are_refused(ada, sandbox):
    made = ada.current_user_playlist_create("x")
    uri = f"spotify:track:{sandbox.box.catalogue.tracks[0].spotify}"
    for uris in ([uri] * 101, ["spotify:track:" + "0" * 22]):
        with pytest.raises(spotipy.SpotifyException) as refused:
            ada.playlist_replace_items(made["id"], uris)
        assert refused.value.http_status == 400
    assert ada.playlist(made["id"])["items"]["total"] == 0


def test_lists_of_playlists_have_more_than_a_page(sandbox):
    dai = client(sandbox, auth=spotify(sandbox.url, "dai")["access_token"])
    page = dai.current_user_playlists(limit=50)
    assert (page["total"], len(page["items"]), len(dai.next(page)["items"])) == (55, 50, 5)


def test_what_is_in_somebody_elses_playlist_is_theirs(ada, sandbox):
    dai = client(sandbox, auth=spotify(sandbox.url, "dai")["access_token"])
    made = dai.current_user_playlist_create("mine")
    assert "items" not in ada.playlist(made["id"])
    for refused in (
        lambda: ada._get(f"playlists/{made['id']}/items"),
        lambda: ada.playlist_replace_items(made["id"], []),
    ):
        with pytest.raises(spotipy.SpotifyException) as found:
            refused()
        assert found.value.http_status == 403


def test_without_the_scope_no_playlist_is_written(sandbox):
    reader = client(sandbox, auth=spotify(sandbox.url, "ada", scope="user-read-recently-played")["access_token"])
    with pytest.raises(spotipy.SpotifyException, match="Insufficient client scope"):
        reader.current_user_playlist_create("x")


def test_playlists_survive_a_restart_of_the_sandbox(tmp_path):
    file, uris = tmp_path / "sandbox.sqlite3", []
    with Sandbox(file=file) as first:
        uris = [f"spotify:track:{track.spotify}" for track in first.box.catalogue.tracks[:5]]
        token = spotify(first.url, "ada")["access_token"]
        made = client(first, auth=token).current_user_playlist_create("kept")
        client(first, auth=token).playlist_replace_items(made["id"], uris)
    with Sandbox(file=file) as second:
        rows = client(second, auth=token)._get(f"playlists/{made['id']}/items")["items"]
        assert [row["track"]["uri"] for row in rows] == uris


# --- liblistenbrainz


@pytest.fixture
def listenbrainz(sandbox):
    return liblistenbrainz.ListenBrainz(api_base_url=sandbox.url)


def test_liblistenbrainz_checks_a_token_and_sends_listens(listenbrainz, clock):
    listenbrainz.set_auth_token(BY_KEY["ben"].listenbrainz_token(1))
    listen = liblistenbrainz.Listen(track_name="Blue", artist_name="Joni Mitchell", listened_at=int(clock.now))
    assert listenbrainz.submit_single_listen(listen) == {"status": "ok"}
    assert listenbrainz.submit_multiple_listens([listen, listen]) == {"status": "ok"}
    with pytest.raises(InvalidAuthTokenException):
        listenbrainz.set_auth_token("00000000-0000-0000-0000-000000000000")


def test_liblistenbrainz_reads_listens(listenbrainz, clock):
    listens = listenbrainz.get_listens("ada", count=100)
    assert len(listens) == 100
    assert all(each.track_name and each.artist_name and each.listened_at < clock.now for each in listens)
    older = listenbrainz.get_listens("ada", max_ts=listens[-1].listened_at, count=5)
    assert older[0].listened_at < listens[-1].listened_at
    assert listenbrainz.get_user_listen_count("hana") == 1
    assert listenbrainz.get_listens("gus") == []
    with pytest.raises(ListenBrainzAPIException) as unknown:
        listenbrainz.get_listens("nobody")
    assert unknown.value.status_code == 404


def test_liblistenbrainz_reads_what_plays_now(listenbrainz, sandbox, clock):
    while sandbox.box.hearing.now_playing(BY_KEY["ada"], int(clock.now * 1000)) is None:
        clock.now += 60
    assert listenbrainz.get_playing_now("ada").track_name
    assert listenbrainz.get_playing_now("gus") is None


# --- anthropic


class Review(BaseModel):
    artist: str
    album: str
    year: int
    sentiment: float
    descriptors: list[str]
    label: str | None


def model(sandbox, **how):
    how = {"api_key": "sandbox-key", "max_retries": 0, "timeout": 5, **how}
    return anthropic.Anthropic(base_url=f"{sandbox.url}/anthropic", **how)


def prompt(text):
    return {"model": "claude-haiku-5-5", "max_tokens": 1000, "messages": [{"role": "user", "content": text}]}


REVIEW = "I love Heaven or Las Vegas by Cocteau Twins: hazy, gorgeous guitars."


def test_the_sdk_gets_a_parsed_answer(sandbox):
    said = model(sandbox).messages.parse(**prompt(REVIEW), output_format=Review)
    assert (said.parsed_output.artist, said.parsed_output.year) == ("Cocteau Twins", 1990)
    assert said.parsed_output.album == "Heaven or Las Vegas"
    assert said.parsed_output.sentiment > 0
    assert said.stop_reason == "end_turn"
    assert said.usage.input_tokens > 10
    again = model(sandbox).messages.parse(**prompt(REVIEW), output_format=Review)
    assert again.parsed_output == said.parsed_output


def test_the_sdk_gets_a_tool_used(sandbox):
    schema = {"type": "object", "properties": {"mood": {"enum": ["hazy", "bright"]}}, "required": ["mood"]}
    said = model(sandbox).messages.create(
        **prompt(REVIEW),
        tools=[{"name": "note", "description": "keep it", "input_schema": schema}],
        tool_choice={"type": "tool", "name": "note"},
    )
    assert said.stop_reason == "tool_use"
    assert said.content[0].input["mood"] in ("hazy", "bright")


def test_the_sdk_sees_a_refusal_and_an_answer_cut_short(sandbox):
    assert model(sandbox).messages.create(**prompt("SANDBOX:REFUSE")).stop_reason == "refusal"
    cut = model(sandbox).messages.create(**{**prompt(REVIEW), "max_tokens": 3})
    assert cut.stop_reason == "max_tokens"


def test_the_sdk_counts_tokens_and_runs_a_batch(sandbox, clock):
    there = model(sandbox)
    assert there.messages.count_tokens(model="claude-haiku-5-5", messages=prompt(REVIEW)["messages"]).input_tokens > 5
    requests = [{"custom_id": f"r{number}", "params": prompt(f"{REVIEW} {number}")} for number in range(3)]
    requests.append({"custom_id": "bad", "params": {**prompt("x"), "model": "gpt"}})
    batch = there.messages.batches.create(requests=requests)
    assert batch.processing_status == "in_progress"
    clock.now += 31
    batch = there.messages.batches.retrieve(batch.id)
    assert (batch.processing_status, batch.request_counts.succeeded, batch.request_counts.errored) == ("ended", 3, 1)
    results = {row.custom_id: row.result.type for row in there.messages.batches.results(batch.id)}
    assert results == {"r0": "succeeded", "r1": "succeeded", "r2": "succeeded", "bad": "errored"}


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda there: there.messages.create(**{**prompt("x"), "model": "gpt"}), anthropic.NotFoundError),
        (lambda there: there.messages.create(**{**prompt("x"), "messages": []}), anthropic.BadRequestError),
    ],
)
def test_the_sdk_sees_its_own_errors(sandbox, ask, error):
    with pytest.raises(error):
        ask(model(sandbox))
    with pytest.raises(anthropic.AuthenticationError):
        model(sandbox, api_key="sk-real").messages.create(**prompt("x"))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("401", anthropic.AuthenticationError),
        ("429", anthropic.RateLimitError),
        ("500", anthropic.InternalServerError),
        ("503", anthropic.InternalServerError),
    ],
)
def test_the_sdk_sees_faults_as_what_they_are(sandbox, fault, error):
    sandbox.box.faults.ask("anthropic", fault, 1.0)
    with pytest.raises(error) as found:
        model(sandbox).messages.create(**prompt("x"))
    assert found.value.status_code == {"503": 529}.get(fault, int(fault))
