"""Nonsense of every kind at every address of the sandbox: an answer each time, and never a fault of its own."""

from __future__ import annotations

import http.client
import json
import random
import re
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

from integrations.sandbox.server import Sandbox
from integrations.sandbox.table import TABLE
from tests.integrations.sandboxes import Clock, get, spotify

VALUES = [
    "",
    "0",
    "-1",
    "9" * 30,
    "1e9",
    "x",
    "a,b,,c",
    "../../etc/passwd",
    "<script>",
    "\x00",
    "é日本\U0001f3b5",
    '"',
    "\\",
    "(",
    "artist:(a OR",
    "%",
    "album:",
    "spotify:playlist:x",
    "A" * 3000,
]
NAMES = [
    "limit",
    "offset",
    "after",
    "before",
    "ids",
    "q",
    "type",
    "fields",
    "uris",
    "position",
    "time_range",
    "query",
    "inc",
    "artist",
    "release-group",
    "resource",
    "page",
    "from",
    "to",
    "user",
    "album",
    "mbid",
    "track",
    "username",
    "method",
    "api_key",
    "api_sig",
    "sk",
    "token",
    "cb",
    "count",
    "min_ts",
    "max_ts",
    "id",
    "upc",
    "entity",
    "term",
    "index",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_type",
    "code_challenge",
    "code_challenge_method",
    "grant_type",
    "code",
    "refresh_token",
    "code_verifier",
    "person",
    "decision",
    "provider",
    "kind",
    "rate",
    "grant",
]
METHODS = [
    "user.getRecentTracks",
    "user.getInfo",
    "album.getInfo",
    "album.getTopTags",
    "artist.getTopTags",
    "track.getTopTags",
    "album.search",
    "auth.getSession",
    "auth.getToken",
]
BODIES = [
    None,
    [],
    {},
    "x",
    7,
    [[]],
    {"uris": 7},
    {"uris": [7, None]},
    {"uris": {}},
    {"items": [None]},
    {"items": [{"uri": {}}]},
    {"name": 7},
    {"name": "n", "public": "yes", "collaborative": []},
    {"range_start": "x"},
    {"range_start": 0, "insert_before": None, "range_length": -1},
    {"position": 10**30, "uris": []},
    {"requests": [7]},
    {"requests": [{"custom_id": 7, "params": 7}]},
    {"requests": [{"custom_id": {}, "params": {}}]},
    {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": 7}]},
    {
        "model": "claude-x",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
        "tools": 7,
        "tool_choice": 7,
    },
    {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], "output_config": 7},
    {
        "model": "claude-x",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "array", "minItems": 1, "items": 7}}},
    },
    {"listen_type": "single", "payload": [7]},
    {"listen_type": "single", "payload": [{"track_metadata": {"artist_name": 7, "track_name": 7}, "listened_at": {}}]},
    {"provider": [], "kind": {}, "rate": []},
]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(seed=1, clock=Clock(), limited=False, extended=True) as running:
        yield running


def addresses():
    return [(routes, route, method) for routes in TABLE for route in routes.routes for method in route.methods]


def filled(chance: random.Random, pattern: str, sandbox: Sandbox, playlist: str) -> str:
    catalogue = sandbox.box.catalogue
    good = [
        playlist,
        playlist,
        "ada",
        "tracks",
        "front",
        "640.svg",
        "release",
        catalogue.albums[0].spotify,
        catalogue.albums[0].mbid,
        catalogue.tracks[0].spotify,
        f"upc:{catalogue.albums[0].upc}",
        f"isrc:{catalogue.tracks[0].isrc}",
    ]
    plain = pattern.removesuffix("/?").replace("\\", "")
    return re.sub(r"\(\?P<\w+>\[\^/\]\+\)", lambda _: quote(chance.choice(good + VALUES) or "x", safe=""), plain)


def headers_of(chance: random.Random, sandbox: Sandbox, token: str) -> dict[str, str]:
    listenbrainz = sandbox.box.people[0].listenbrainz_token(1)
    return {
        "Authorization": chance.choice(
            [f"Bearer {token}", "Bearer sandbox-key", f"Token {listenbrainz}", "Basic x", "Basic eDp5", "", "Bearer"]
        ),
        "anthropic-version": "2026-10-21",
        "Content-Type": chance.choice(["application/json", "application/x-www-form-urlencoded"]),
    }


@pytest.mark.parametrize("seed", range(4))
def test_every_address_answers_whatever_is_sent(sandbox, seed, capfd):
    chance = random.Random(seed)
    token = spotify(sandbox.url, "ada")["access_token"]
    session = requests.Session()
    mine = get(sandbox.url, "/spotify/v1/me/playlists", token).json()["items"][0]["id"]
    for routes, route, method in addresses():
        for _ in range(6):
            query = {name: chance.choice(VALUES) for name in chance.sample(NAMES, chance.randint(0, 9))}
            query |= {"fmt": "json", "format": "json"}
            if routes.provider == "lastfm":
                query |= {"method": chance.choice(METHODS), "api_key": "sandbox-key"}
            form = chance.random() < 0.3
            body = urlencode(query) if form else json.dumps(chance.choice(BODIES))
            address = (
                f"{sandbox.url}{routes.prefix}{filled(chance, route.pattern.pattern, sandbox, mine)}?{urlencode(query)}"
            )
            answer = session.request(
                method,
                address,
                data=body,
                headers=headers_of(chance, sandbox, token),
                allow_redirects=False,
                timeout=10,
            )
            assert answer.status_code < 500, (method, address, body)
            assert b"<script>" not in answer.content or "json" in answer.headers["Content-Type"]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff\xfe", b'{"a":', b"null"])
def test_bodies_that_are_no_json_are_answered(sandbox, body, capfd):
    for path in ("/anthropic/v1/messages", "/listenbrainz/1/submit-listens", "/_sandbox/faults"):
        headers = {"Authorization": "Bearer sandbox-key", "anthropic-version": "x", "Content-Type": "application/json"}
        assert requests.post(sandbox.url + path, data=body, headers=headers, timeout=5).status_code in (400, 401)
    assert "Traceback" not in capfd.readouterr().err


def test_too_large_and_unmeasured_bodies_are_refused(sandbox):
    assert requests.post(f"{sandbox.url}/_sandbox/faults", data=iter([b"x"]), timeout=5).status_code == 413
    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.putrequest("POST", "/_sandbox/faults")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
