"""Faults on request: each kind as the provider would show it, at its rate, the same for the same seed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time

import pytest
import requests

from integrations.sandbox.faults import KINDS, PROVIDERS, Faults
from integrations.sandbox.server import Sandbox
from tests.integrations.sandboxes import Clock, get, lastfm, spotify, spotify_token

LISTENS = "/listenbrainz/1/user/ada/listens"


@pytest.fixture
def sandbox():
    with Sandbox(seed=1, clock=Clock(), hang=30.0, drip=0.001, limited=False) as running:
        yield running


def test_rates_are_kept_and_follow_from_the_seed():
    def lots(seed):
        faults = Faults(seed=seed)
        faults.ask_by_text("spotify:429=0.2")
        faults.ask_by_text("spotify:500=0.1")
        return [faults.next("spotify") for _ in range(2000)]

    told = lots(1)
    assert told == lots(1) != lots(2)
    assert 0.17 < told.count("429") / 2000 < 0.23
    assert 0.08 < told.count("500") / 2000 < 0.12


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("spotty:429=1", "no provider"),
        ("spotify:418=1", "no fault"),
        ("spotify:429=2", "from 0 to 1"),
        ("spotify:429=nan", "from 0 to 1"),
        ("spotify:429=x", "PROVIDER:KIND=RATE"),
    ],
)
def test_nonsense_is_named(text, says):
    with pytest.raises(ValueError, match=says):
        Faults().ask_by_text(text)


def test_a_short_and_a_long_429_say_for_how_long(sandbox):
    token = spotify(sandbox.url, "ada")["access_token"]
    sandbox.box.faults.ask("spotify", "429", 1)
    short = get(sandbox.url, "/spotify/v1/me", token)
    assert (short.status_code, short.headers["Retry-After"], short.text) == (429, "2", "Too many requests")
    sandbox.box.faults.clear()
    sandbox.box.faults.ask("spotify", "429-long", 1)
    long = get(sandbox.url, "/spotify/v1/me", token)
    assert (long.status_code, long.headers["Retry-After"]) == (429, "21600")
    assert long.json()["error"]["reason"] == "QUOTA_EXCEEDED"


@pytest.mark.parametrize(
    ("provider", "path", "status", "told"),
    [
        ("lastfm", "/lastfm/2.0/?format=json&method=x", 429, '"error":29'),
        ("listenbrainz", LISTENS, 429, '"code":429'),
        ("musicbrainz", "/musicbrainz/ws/2/artist?fmt=json&query=x", 503, "exceeding the allowable rate limit"),
        ("deezer", "/deezer/search?q=x", 200, '"code":4'),
        ("itunes", "/itunes/search?term=x", 403, ""),
        ("discord", "/discord/api/v10/users/@me", 429, '"retry_after":2'),
        ("reccobeats", "/reccobeats/v1/track?ids=x", 429, "Too Many Requests"),
        ("anthropic", "/anthropic/v1/models", 429, "rate_limit_error"),
    ],
)
def test_every_provider_asks_to_slow_down_in_its_own_words(sandbox, provider, path, status, told):
    sandbox.box.faults.ask(provider, "429", 1)
    answer = requests.get(sandbox.url + path, timeout=5)
    assert answer.status_code == status
    assert told in answer.text


def test_lastfm_and_deezer_fail_with_a_body_that_says_so(sandbox):
    sandbox.box.faults.ask("all", "500", 1)
    assert lastfm(sandbox.url, "user.getInfo", user="ada").json()["error"] == 8
    busy = requests.get(f"{sandbox.url}/deezer/track/1", timeout=5)
    assert (busy.status_code, busy.json()["error"]["code"]) == (200, 700)


def test_a_cut_answer_is_shorter_than_it_says(sandbox):
    sandbox.box.faults.ask("listenbrainz", "truncated", 1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(sandbox.url + LISTENS, timeout=5)


def test_a_web_page_comes_instead_of_data(sandbox):
    sandbox.box.faults.ask("listenbrainz", "html", 1)
    answer = requests.get(sandbox.url + LISTENS, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


def test_a_broken_connection_and_one_that_never_answers(sandbox):
    sandbox.box.faults.ask("listenbrainz", "reset", 1)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(sandbox.url + LISTENS, timeout=5)
    sandbox.box.faults.clear()
    sandbox.box.faults.ask("listenbrainz", "timeout", 1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(sandbox.url + LISTENS, timeout=0.2)


def test_a_slow_answer_is_whole_in_the_end(sandbox):
    quick = requests.get(sandbox.url + LISTENS, timeout=5).content
    sandbox.box.faults.ask("listenbrainz", "slow", 1)
    began = time.monotonic()
    assert requests.get(sandbox.url + LISTENS, timeout=5).content == quick
    assert time.monotonic() - began > 0.05


def test_somebody_elses_data_says_whose_it_is(sandbox):
    token = spotify(sandbox.url, "ada")["access_token"]
    sandbox.box.faults.ask("all", "other-person", 1)
    told = lastfm(sandbox.url, "user.getRecentTracks", user="ada").json()["recenttracks"]
    assert told["@attr"]["user"] == "ben"
    assert requests.get(sandbox.url + LISTENS, timeout=5).json()["payload"]["user_id"] == "ben"
    assert get(sandbox.url, "/spotify/v1/me", token).json()["display_name"] == "Ben"


def test_pages_for_people_have_no_faults(sandbox):
    for kind in KINDS:
        sandbox.box.faults.ask("all", kind, 1)
    assert spotify_token(sandbox.url, grant_type="x").status_code != 400
    asked = f"{sandbox.url}/lastfm/api/auth/?api_key=sandbox-lastfm-api-key"
    assert requests.get(asked, timeout=5).status_code == 200
    assert requests.get(f"{sandbox.url}/", timeout=5).status_code == 200


def test_faults_are_asked_for_while_it_runs(sandbox):
    address = f"{sandbox.url}/_sandbox/faults"
    asked = requests.post(address, json={"provider": "lastfm", "kind": "503", "rate": 1}, timeout=5)
    assert asked.json() == {"faults": {"lastfm": {"503": 1.0}}}
    assert lastfm(sandbox.url, "user.getInfo", user="ada").json()["error"] == 16
    requests.post(address, data={"provider": "lastfm", "kind": "503", "rate": "0"}, timeout=5)
    assert lastfm(sandbox.url, "user.getInfo", user="ada").status_code == 200
    requests.post(address, json=[{"kind": "slow"}, {"clear": True}], timeout=5)
    assert requests.get(address, timeout=5).json()["faults"] == {}
    for nonsense in ({"kind": "x"}, [1], "x", {"kind": "429", "rate": "x"}, {"kind": "429", "rate": None}):
        assert requests.post(address, json=nonsense, timeout=5).status_code == 400


def test_the_state_says_what_was_asked(sandbox):
    sandbox.box.faults.ask("deezer", "html", 1)
    requests.get(f"{sandbox.url}/deezer/track/1", timeout=5)
    requests.get(f"{sandbox.url}/itunes/lookup?id=1", timeout=5)
    told = requests.get(f"{sandbox.url}/_sandbox/state", timeout=5).json()
    assert told["asked"]["deezer"] == {"requests": 1, "fault html": 1, "status 200": 1}
    assert told["asked"]["itunes"] == {"requests": 1, "status 200": 1}
    assert told["faults"] == {"deezer": {"html": 1}}


# --- limits


def test_musicbrainz_shuts_the_door_on_whoever_does_not_wait():
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:

        def ask():
            return requests.get(f"{sandbox.url}/musicbrainz/ws/2/artist?fmt=json&query=bowie", timeout=5).status_code

        assert [ask(), ask()] == [200, 503]
        clock.now += 0.5
        assert ask() == 503
        clock.now += 0.6
        assert ask() == 503  # it asked too early meanwhile
        clock.now += 1
        assert ask() == 200


def test_listenbrainz_tells_what_is_left():
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        answers = [requests.get(sandbox.url + LISTENS, timeout=5) for _ in range(31)]
        assert [answers[n].headers["X-RateLimit-Remaining"] for n in (0, 29, 30)] == ["29", "0", "0"]
        assert answers[-1].status_code == 429
        clock.now += float(answers[-1].headers["X-RateLimit-Reset-In"])
        assert requests.get(sandbox.url + LISTENS, timeout=5).status_code == 200


def test_every_provider_with_a_limit_keeps_it():
    paths = {
        "deezer": ("/deezer/track/1", 50),
        "itunes": ("/itunes/lookup?id=1", 20),
        "lastfm": ("/lastfm/2.0/?format=json&method=user.getinfo&user=ada&api_key=sandbox-key", 25),
    }
    with Sandbox(clock=Clock()) as sandbox:
        for path, most in paths.values():
            bodies = [requests.get(sandbox.url + path, timeout=5) for _ in range(most + 1)]
            assert bodies[-1].content != bodies[-2].content


# --- it may be killed


def test_killed_at_any_moment_its_file_is_whole(tmp_path):
    """Three times: started, written to as fast as it goes, killed."""
    file, seen = tmp_path / "sandbox.sqlite3", 0
    program = (
        "import sys, pathlib; from integrations.sandbox.server import Sandbox\n"
        "with Sandbox(file=pathlib.Path(sys.argv[1])) as s:\n"
        "    print(s.url, flush=True); s.thread.join()"
    )
    for round_ in range(3):
        process = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            token = spotify(url, "ada")["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            session, until = requests.Session(), time.monotonic() + 0.3 + round_ / 10
            while time.monotonic() < until:
                body = json.dumps({"name": "again"})
                seen += session.post(f"{url}/spotify/v1/me/playlists", data=body, headers=headers, timeout=5).ok
        finally:
            process.kill()
            process.wait()
        with sqlite3.connect(file) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            [kept] = database.execute(
                "SELECT count(*) FROM kept WHERE kind = 'playlist' AND json_extract(value, '$.name') = 'again'"
            ).fetchone()
        database.close()
        assert kept >= seen > 0


def test_what_is_under_way_ends_when_it_stops():
    sandbox = Sandbox(hang=60.0)
    with sandbox:
        sandbox.box.faults.ask("all", "timeout", 1)
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(sandbox.url + LISTENS, timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(sandbox.url, timeout=1)


def test_all_providers_can_fail():
    assert len(PROVIDERS) == 10
