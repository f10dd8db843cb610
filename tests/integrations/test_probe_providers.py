"""`manage.py probe_providers` says who answers and what Spotify lets this app do."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations.models import Capability
from tests.integrations.fake_provider import FakeProvider, Reply

pytestmark = pytest.mark.django_db


def probe(*names: str) -> str:
    out = StringIO()
    call_command("probe_providers", *names, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def _spotify(settings: Any) -> None:
    settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_CLIENT_SECRET = "id", "canary-secret"
    groups = ("", ".search", ".artist_albums", ".playlists", ".account")
    settings.PROVIDER_RATES = [f"spotify{group}=1000/1" for group in groups]
    settings.REDIS_URL = ""


def test_without_credentials_it_says_what_is_missing(settings: Any):
    settings.SPOTIFY_CLIENT_ID = settings.LASTFM_API_KEY = ""
    shown = probe("spotify", "lastfm")
    assert "needs SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET" in shown
    assert "needs LASTFM_API_KEY" in shown


@pytest.mark.usefixtures("_spotify")
def test_it_shows_what_a_restricted_app_may_do(settings: Any):
    albums = Reply(200, {"albums": {"items": []}})
    with FakeProvider() as there:
        settings.SPOTIFY_API_URL = settings.SPOTIFY_ACCOUNTS_URL = there.url
        there.on("/api/token", Reply(200, {"access_token": "app", "expires_in": 3600}))
        there.on("/search", albums, Reply(400, {"error": {"message": "Invalid limit"}}), albums)
        there.on("/albums", Reply(200, {"albums": []}))
        there.on("*", Reply(403, {"error": {"status": 403, "message": "Forbidden"}}))
        shown = probe("spotify")
    states = {row.name: row.is_open for row in Capability.objects.all()}
    assert states == {"search_50": False, "albums_batch": True, "tracks_batch": False, "audio_features": False}
    assert "answers" in shown
    assert [line.split()[:2] for line in shown.splitlines() if "batch" in line] == [
        ["albums_batch", "open"],
        ["tracks_batch", "closed"],
    ]
    assert "UTC" in shown
    assert "canary" not in shown


@pytest.mark.usefixtures("_spotify")
def test_an_unreachable_provider_is_a_row_not_a_traceback(settings: Any):
    settings.SPOTIFY_API_URL = settings.SPOTIFY_ACCOUNTS_URL = "http://127.0.0.1:9"
    assert "could not be reached" in probe("spotify")


def test_a_name_that_is_none_is_said_so():
    assert "no provider nothing" in probe("nothing")
