"""`manage.py check` names what is set wrong for the outside world."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import override_settings


def found(**wrong: object) -> list[tuple[str, str]]:
    with override_settings(**wrong):
        return [(one.id, one.msg) for one in run_checks() if one.id.startswith("integrations.")]


def ids(**wrong: object) -> list[str]:
    return [id.removeprefix("integrations.") for id, _ in found(**wrong)]


def test_a_fresh_start_without_credentials_is_fine():
    assert found() == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"PROVIDER_RATES": ["spotify=10/30", "musicbranz=1/1"]}, ["E001"]),
        ({"PROVIDER_RATES": ["spotify"]}, ["E001"]),
        ({"PROVIDER_RATES": ["spotify=0/1", "deezer=1/0"]}, ["E001", "E001"]),
        ({"PROVIDER_SANDBOX": "http://192.168.1.4:9090"}, ["E002"]),
        ({"PROVIDER_SANDBOX": "http://sandbox.example.org"}, ["E002"]),
        ({"PROVIDER_SANDBOX": "127.0.0.1:9090"}, ["E002"]),
        ({"PROVIDER_SANDBOX": "http://127.0.0.1:9090", "HTTPS": True}, ["E003"]),
        ({"SPOTIFY_API_URL": "api.spotify.com"}, ["E004"]),
        ({"SPOTIFY_API_URL": "http://[oops"}, ["E004"]),
        ({"SPOTIFY_API_URL": "http://api.spotify.com/v1"}, ["W002"]),
        ({"SPOTIFY_CLIENT_ID": "x"}, ["W001"]),
        ({"DISCORD_CLIENT_SECRET": "x"}, ["W001"]),
        ({"LASTFM_API_SECRET": "x"}, ["W001"]),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(wrong, expected):
    assert ids(**wrong) == expected


@pytest.mark.parametrize(
    "right",
    [
        {"PROVIDER_RATES": ["spotify=10/30", "spotify.search=5/30"]},
        {"PROVIDER_SANDBOX": "http://127.0.0.1:9090"},
        {"PROVIDER_SANDBOX": "http://localhost:9090"},
        {"PROVIDER_SANDBOX": "http://[::1]:9090"},
        {"SPOTIFY_API_URL": "http://127.0.0.1:9090/spotify/v1"},
        {"SPOTIFY_CLIENT_ID": "x", "SPOTIFY_CLIENT_SECRET": "y"},
        {"LASTFM_API_KEY": "x"},
    ],
    ids=str,
)
def test_what_is_right_is_not_complained_about(right):
    assert ids(**right) == []


def test_a_wrong_rate_is_quoted_and_no_secret_is():
    [(_, sentence)] = found(PROVIDER_RATES=["musicbranz=1/1"])
    assert "musicbranz=1/1" in sentence
    assert "canary" not in str(found(SPOTIFY_CLIENT_SECRET="canary"))
