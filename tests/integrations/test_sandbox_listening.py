"""What the sandbox's people hear: the same at every provider, told in each one's way, and always going on."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import requests

from integrations.sandbox.people import PEOPLE
from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import Clock, bearer, get, lastfm, spotify

RECENT = "/spotify/v1/me/player/recently-played"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    with Sandbox(seed=1, clock=clock, limited=False) as running:
        yield running


def recently(sandbox, person="ada", **params):
    token = spotify(sandbox.url, person)["access_token"]
    return get(sandbox.url, RECENT, token, **params).json()


def milliseconds(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


def test_two_sandboxes_of_one_seed_and_clock_answer_alike_to_the_byte():
    def everything():
        with Sandbox(seed=7, clock=Clock(), limited=False) as sandbox:
            token = spotify(sandbox.url, "ada")["access_token"]
            album = sandbox.box.catalogue.albums[3]
            paths = [
                f"{RECENT}?limit=50",
                "/spotify/v1/me",
                "/spotify/v1/search?q=blue&type=album,track,artist",
                f"/spotify/v1/albums/{album.spotify}",
                "/spotify/v1/me/playlists",
                "/lastfm/2.0/?method=user.getrecenttracks&user=ada&api_key=sandbox-key&format=json",
                "/listenbrainz/1/user/ben/listens?count=100",
                f"/musicbrainz/ws/2/release-group/{album.mbid}?fmt=json&inc=artists+releases+genres",
                f"/reccobeats/v1/audio-features?ids={','.join(track.spotify for track in album.tracks)}",
                f"/deezer/album/upc:{album.upc}",
                f"/itunes/lookup?id={album.itunes}&entity=song",
                f"/covers/{album.spotify}/300.png",
                "/",
            ]
            answers = [requests.get(sandbox.url + path, headers=bearer(token), timeout=5) for path in paths]
            return [
                (each.status_code, str(dict(each.headers)), each.content.replace(sandbox.url.encode(), b""))
                for each in answers
            ]

    first, second = everything(), everything()
    assert [status for status, _, _ in first] == [200] * len(first)
    for one, other in zip(first, second, strict=True):
        assert re.sub(r"'Content-Length': '\d+'", "", one[1]) == re.sub(r"'Content-Length': '\d+'", "", other[1])
        assert one[2] == other[2]


def test_another_seed_is_another_world():
    with Sandbox(seed=1, clock=Clock()) as one, Sandbox(seed=2, clock=Clock()) as other:
        assert not set(one.box.catalogue.by_spotify) & set(other.box.catalogue.by_spotify)


def test_listens_arrive_while_time_goes_on(sandbox, clock):
    before = recently(sandbox, limit=50)["items"]
    clock.now += 1800
    after = recently(sandbox, limit=50)["items"]
    new = [row for row in after if row["played_at"] > before[0]["played_at"]]
    assert 3 <= len(new) <= 40
    old = {row["played_at"]: row for row in before}
    assert all(old.get(row["played_at"], row) == row for row in after)


def test_only_fifty_plays_exist_whatever_the_cursor(sandbox):
    token = spotify(sandbox.url, "ada")["access_token"]
    page, seen = get(sandbox.url, RECENT, token, limit=20).json(), []
    while page["items"]:
        seen += [row["played_at"] for row in page["items"]]
        page = requests.get(page["next"], headers=bearer(token), timeout=5).json()
    assert len(seen) == len(set(seen)) == 50
    assert (page["next"], page["cursors"]) == (None, None)


def test_cursors_are_milliseconds_and_exclusive(sandbox):
    page = recently(sandbox, limit=5)
    newest, oldest = page["cursors"]["after"], page["cursors"]["before"]
    assert milliseconds(page["items"][0]["played_at"]) == int(newest)
    assert recently(sandbox, after=newest)["items"] == []
    newer = recently(sandbox, after=oldest)["items"]
    assert [row["played_at"] for row in newer] == [row["played_at"] for row in page["items"][:-1]]
    assert recently(sandbox, before=oldest)["items"][0]["played_at"] < page["items"][-1]["played_at"]


@pytest.mark.parametrize("params", [{"limit": 51}, {"limit": 0}, {"limit": "x"}, {"after": 1, "before": 2}])
def test_what_spotify_refuses_is_refused(sandbox, params):
    token = spotify(sandbox.url, "ada")["access_token"]
    assert get(sandbox.url, RECENT, token, **params).status_code == 400


def test_a_seconds_cursor_is_taken_for_1970(sandbox, clock):
    assert len(recently(sandbox, after=int(clock.now), limit=50)["items"]) == 50


def test_null_tracks_episodes_and_local_files_come_now_and_then(sandbox, clock):
    kinds = set()
    for _ in range(12):
        clock.now += 3 * 3600
        for row in recently(sandbox, limit=50)["items"]:
            track = row["track"]
            kinds.add("null" if track is None else "local" if track["is_local"] else track["type"])
    assert kinds == {"null", "local", "episode", "track"}


def test_without_the_scope_nothing_is_told(sandbox):
    token = spotify(sandbox.url, "ada", scope="playlist-read-private")["access_token"]
    answer = get(sandbox.url, RECENT, token)
    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "Insufficient client scope")


def test_the_providers_tell_the_same_plays_each_in_its_way(sandbox, clock):
    """Spotify the end in ms, Last.fm the start in s, ListenBrainz a second later."""
    since = int(clock.now) - 7200
    told = lastfm(sandbox.url, "user.getRecentTracks", user="ada", limit=200, **{"from": since}).json()
    starts = {int(row["date"]["uts"]) for row in told["recenttracks"]["track"] if "date" in row}
    heard = get(sandbox.url, "/listenbrainz/1/user/ada/listens", min_ts=since, count=200).json()["payload"]["listens"]
    assert {row["listened_at"] - 1 for row in heard} == starts
    at_spotify = recently(sandbox, limit=50)["items"]
    whole = [
        row for row in at_spotify if row["track"] and not row["track"]["is_local"] and row["track"]["type"] == "track"
    ]
    matched = [row for row in whole if (milliseconds(row["played_at"]) - row["track"]["duration_ms"]) // 1000 in starts]
    assert len(matched) > 0.6 * len([row for row in whole if milliseconds(row["played_at"]) > (since + 900) * 1000])


def test_what_plays_now_stands_on_every_page_of_lastfm_beyond_the_limit(sandbox, clock):
    while sandbox.box.hearing.now_playing(PEOPLE[0], int(clock.now * 1000)) is None:
        clock.now += 60
    for page in (1, 2, 5):
        rows = lastfm(sandbox.url, "user.getRecentTracks", user="ada", limit=3, page=page).json()["recenttracks"][
            "track"
        ]
        assert [("date" in row, row.get("@attr")) for row in rows] == [
            (False, {"nowplaying": "true"}),
            *[(True, None)] * 3,
        ]


def test_lastfm_pages_hold_every_play_once(sandbox, clock):
    since = int(clock.now) - 86400
    params = {"user": "ben", "limit": 7, "from": since, "to": int(clock.now)}
    first = lastfm(sandbox.url, "user.getRecentTracks", **params).json()["recenttracks"]["@attr"]
    seen = []
    for page in range(1, int(first["totalPages"]) + 1):
        rows = lastfm(sandbox.url, "user.getRecentTracks", page=page, **params).json()["recenttracks"]["track"]
        seen += [row["date"]["uts"] for row in (rows if isinstance(rows, list) else [rows]) if "date" in row]
    assert len(seen) == len(set(seen)) == int(first["total"]) > 0


def test_one_scrobble_is_no_list_and_none_is_a_blank_text(sandbox):
    one = lastfm(sandbox.url, "user.getRecentTracks", user="hana").json()["recenttracks"]
    none = lastfm(sandbox.url, "user.getRecentTracks", user="gus").json()["recenttracks"]
    assert isinstance(one["track"], dict)
    assert none["track"] == ""
    assert none["@attr"]["total"] == "0"


def test_listenbrainz_bounds_are_exclusive_and_min_ts_goes_forward(sandbox):
    listens = "/listenbrainz/1/user/ben/listens"
    newest = get(sandbox.url, listens, count=10).json()["payload"]["listens"]
    times = [row["listened_at"] for row in newest]
    assert times == sorted(times, reverse=True)
    older = get(sandbox.url, listens, max_ts=times[-1], count=10).json()["payload"]["listens"]
    assert older[0]["listened_at"] < times[-1]
    forward = get(sandbox.url, listens, min_ts=older[-1]["listened_at"], count=3).json()["payload"]["listens"]
    assert [row["listened_at"] for row in forward] == [row["listened_at"] for row in older[-4:-1]]
    assert get(sandbox.url, listens, min_ts=5, max_ts=5).status_code == 400


def test_no_history_changes_once_it_is_told(sandbox, clock):
    params = {"user": "ada", "limit": 200, "from": int(clock.now) - 86400, "to": int(clock.now) - 3600}
    before = lastfm(sandbox.url, "user.getRecentTracks", **params).json()["recenttracks"]["@attr"]
    clock.now += 40 * 86400
    assert lastfm(sandbox.url, "user.getRecentTracks", **params).json()["recenttracks"]["@attr"] == before


def test_many_ask_at_once_and_hear_the_same(sandbox):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(sandbox.url, "/listenbrainz/1/user/ada/listens").content, range(40)))
    assert len(set(answers)) == 1


def test_the_sandbox_is_asked_by_an_address_of_this_machine_only(sandbox):
    answer = requests.get(f"{sandbox.url}/", headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 421


def test_it_needs_no_django():
    """It can be run and read on its own."""
    code = "import sys, integrations.sandbox.server; sys.exit('django' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
