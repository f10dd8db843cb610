"""What tests of the sandbox share: a clock to turn, and walking through consent pages as a person does."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import md5, sha256
from html import unescape
from re import findall
from urllib.parse import parse_qs, urlsplit

import requests

BACK = "http://127.0.0.1:8000/back?own=1"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SPOTIFY = ("sandbox-spotify-client-id", "sandbox-spotify-client-secret")
DISCORD = ("sandbox-discord-client-id", "sandbox-discord-client-secret")
LASTFM = ("sandbox-lastfm-api-key", "sandbox-lastfm-api-secret")
SCOPES = (
    "user-read-recently-played user-read-currently-playing playlist-read-private "
    "playlist-modify-public playlist-modify-private"
)


@dataclass
class Clock:
    """Seconds since 1970: 2026-11-20 20:30 UTC until turned."""

    now: float = 1_795_206_600.0

    def __call__(self) -> float:
        return self.now


def asking(**more: str) -> dict[str, str]:
    """What an app sends people to Spotify's consent page with."""
    asked = {
        "response_type": "code",
        "client_id": SPOTIFY[0],
        "redirect_uri": BACK,
        "scope": SCOPES,
        "state": "a state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (asked | more).items() if value}


def decide(page: str, asked: dict[str, str], person: str, decision: str = "allow") -> dict[str, str]:
    """Open the page, choose who one is, press a button; what stands in the address one is sent to."""
    opened = requests.get(page, params=asked, timeout=5)
    assert opened.status_code == 200, opened.text
    form = dict(findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', opened.text))
    form = {name: unescape(value) for name, value in form.items()}
    action = findall(r'action="([^"]*)"', opened.text)[0]
    where = f"{urlsplit(page).scheme}://{urlsplit(page).netloc}{action}"
    sent = requests.post(where, data={**form, "person": person, "decision": decision}, allow_redirects=False, timeout=5)
    return {name: values[0] for name, values in parse_qs(urlsplit(sent.headers.get("Location", "")).query).items()}


def spotify_code(url: str, person: str, **more: str) -> str:
    return decide(f"{url}/spotify-accounts/authorize", asking(**more), person)["code"]


def spotify_token(url: str, *, as_app: tuple[str, str] | None = SPOTIFY, **form: str) -> requests.Response:
    return requests.post(f"{url}/spotify-accounts/api/token", data=form, auth=as_app, timeout=5)


def spotify(url: str, person: str, **more: str) -> dict[str, str]:
    """The tokens of somebody who consented."""
    code = spotify_code(url, person, **more)
    given = spotify_token(url, grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=VERIFIER)
    assert given.status_code == 200, given.text
    found: dict[str, str] = given.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def get(url: str, path: str, token: str = "", **params: str | int) -> requests.Response:
    return requests.get(url + path, params=params, headers=bearer(token) if token else {}, timeout=5)


def lastfm(url: str, method: str, *, signed: bool = False, **params: str | int) -> requests.Response:
    asked = {"method": method, "api_key": LASTFM[0], **{name: str(value) for name, value in params.items()}}
    if signed:
        text = "".join(name + asked[name] for name in sorted(asked)) + LASTFM[1]
        asked["api_sig"] = md5(text.encode(), usedforsecurity=False).hexdigest()
    return requests.get(f"{url}/lastfm/2.0/", params={**asked, "format": "json"}, timeout=5)
