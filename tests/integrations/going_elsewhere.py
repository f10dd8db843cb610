"""What a person does at a provider, told to the sandbox over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django.http import HttpResponse
from django.test import Client

from integrations.sandbox.server import Sandbox
from sidetrack.models import User

GUILD = "123456789012345678"
HOME = "http://127.0.0.1:8000"


def browser(person: User | None = None, **options: Any) -> Client:
    """At the site's own address, signed in as a person or as nobody."""
    client = Client(HTTP_HOST="127.0.0.1:8000", **options)
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def point_at(settings: Any, url: str) -> None:
    """Every provider is the sandbox at `url`."""
    settings.PROVIDER_RATES = [f"{name}=10000/1" for name in ("spotify", "discord", "lastfm", "listenbrainz")]
    settings.SPOTIFY_API_URL, settings.SPOTIFY_ACCOUNTS_URL = f"{url}/spotify/v1", f"{url}/spotify-accounts"
    settings.LASTFM_API_URL, settings.LASTFM_AUTH_URL = f"{url}/lastfm/2.0/", f"{url}/lastfm/api/auth/"
    settings.LISTENBRAINZ_API_URL = f"{url}/listenbrainz"
    settings.DISCORD_API_URL = f"{url}/discord/api"
    settings.DISCORD_AUTHORIZE_URL = f"{url}/discord/oauth2/authorize"
    for name in ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"):
        setattr(settings, name, f"sandbox-{name.lower().replace('_', '-')}")
    settings.LASTFM_API_KEY, settings.LASTFM_API_SECRET = "sandbox-lastfm-api-key", "sandbox-lastfm-api-secret"


@pytest.fixture
def sandboxed(db: None, settings: Any) -> Iterator[Sandbox]:
    """The sandbox in the place of all providers; the site is where `browser` visits it."""
    settings.SITE_URL = HOME
    with Sandbox(seed=1) as box:
        point_at(settings, box.url)
        yield box


def begin(client: Client, provider: str, **form: str) -> str:
    """Press "Sign in with ..."; returns where that leads."""
    answer = client.post(f"/accounts/{provider}/login/", form)
    assert answer.status_code == 302, answer.status_code
    return str(answer.url)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action, self.hidden = "", {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value") or ""


def come_back(box: Sandbox, url: str, person: str, decision: str = "allow") -> str:
    """Decide on the provider's page; returns the address that the browser is sent back to."""
    page = requests.get(url, timeout=5)
    assert page.status_code == 200, page.text
    form = _Form()
    form.feed(page.text)
    sent = {**form.hidden, "person": person, "decision": decision}
    answer = requests.post(urljoin(url, form.action), data=sent, allow_redirects=False, timeout=5)
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["Location"]


def allow(client: Client, box: Sandbox, url: str, person: str, decision: str = "allow") -> HttpResponse:
    """Decide there, come back, and return what our callback answers."""
    back = urlsplit(come_back(box, url, person, decision))
    return client.get(f"{back.path}?{back.query}")  # type: ignore[return-value]
