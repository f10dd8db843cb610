"""`manage.py check` names a wrong setting and says what to do."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import override_settings

from sidetrack.checks import demo_on_a_public_site
from sidetrack.models import User

PUBLIC = {"SITE_URL": "https://music.example.org", "HTTPS": True, "ALLOWED_HOSTS": ["music.example.org"]}


def ids(**wrong: object) -> set[str]:
    """The ids of what the checks find with these settings."""
    with override_settings(**wrong):
        return {message.id for message in run_checks() if message.id.startswith("sidetrack.")}


def test_the_settings_of_a_fresh_start_are_fine():
    assert ids() == set()
    assert ids(**PUBLIC) == set()


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"SITE_URL": "music.example.org"}, "E001"),
        ({"SITE_URL": "ftp://music.example.org"}, "E001"),
        ({"SITE_URL": "https://"}, "E001"),
        ({"SITE_URL": "https://music.example.org/club"}, "E002"),
        ({"ALLOWED_HOSTS": ["https://music.example.org"]}, "E003"),
        ({"ALLOWED_HOSTS": ["music.example.org:8000"]}, "E003"),
        ({"SECRET_KEY": "short"}, "E010"),
        ({"TOKEN_KEYS": ["x" * 40, "short"]}, "E010"),
        ({"CLUB_NOMINATIONS_PER_MEMBER": -1}, "E020"),
        ({"CLUB_DISCUSSION_DAYS": -1}, "E020"),
        ({"UPLOAD_LIMIT_MB": 0}, "E020"),
        ({"RATE_LIMIT_WRITES": 0}, "E020"),
        ({"WORKERS": 0}, "E020"),
        ({"WORKERS": 1000}, "E021"),
        ({"REDIS_URL": "http://localhost"}, "E031"),
        ({"DEFAULT_FROM_EMAIL": "nobody"}, "E040"),
        ({**PUBLIC, "DEMO": True}, "E050"),
        ({**PUBLIC, "DEBUG": True}, "E051"),
        ({**PUBLIC, "ALLOWED_HOSTS": ["*"]}, "E052"),
        ({**PUBLIC, "ALLOWED_HOSTS": ["localhost"]}, "E053"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(wrong, found):
    assert ids(**wrong) == {f"sidetrack.{found}"}


def test_a_subdomain_pattern_allows_the_site():
    assert ids(**{**PUBLIC, "ALLOWED_HOSTS": [".example.org"]}) == set()


def test_every_finding_has_a_hint():
    with override_settings(SITE_URL="x", SECRET_KEY="x", WORKERS=0, REDIS_URL="x", DEFAULT_FROM_EMAIL="x"):
        found = [message for message in run_checks() if message.id.startswith("sidetrack.")]
    assert len(found) == 5
    assert all(message.hint for message in found)


@pytest.mark.django_db
def test_a_public_site_with_demo_accounts_does_not_start(ann):
    User.objects.filter(pk=ann.pk).update(is_demo=True)
    assert demo_on_a_public_site() == ""
    with override_settings(**PUBLIC):
        assert "demo accounts" in demo_on_a_public_site()
        with pytest.raises(CommandError, match="demo remove"):
            call_command("worker")


def test_the_demo_listens_on_loopback_only(settings):
    settings.DEMO = True
    for bind in ("0.0.0.0:8000", "192.168.1.4:8000", "[::]:8000", "music.example.org:8000"):
        with pytest.raises(CommandError, match="this machine only"):
            call_command("up", bind=bind)


@pytest.mark.parametrize("bind", ["8000x", "localhost", "127.0.0.1:99999", "127.0.0.1:-1"])
def test_an_address_that_is_none_is_refused(bind):
    with pytest.raises(CommandError, match="not host:port"):
        call_command("up", bind=bind)


def test_sqlite_keeps_its_promises():
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        options = settings.DATABASES["default"]["OPTIONS"]
        assert options["transaction_mode"] == "IMMEDIATE"
        assert "journal_mode=WAL" in options["init_command"]
