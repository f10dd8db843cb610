"""Settings come from the environment, each with a type, and the documents keep step with them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from sidetrack import env
from sidetrack.env import BASE_DIR, SETTINGS, database, declare, email, site_address


@pytest.fixture
def wanted(monkeypatch):
    """Declare a setting under test with this value in the environment."""

    def value(raw: str | None, kind: str = "str", default: str = "", **more: object) -> object:
        if raw is None:
            monkeypatch.delenv("TEST_SETTING", raising=False)
        else:
            monkeypatch.setenv("TEST_SETTING", raw)
        return declare("TEST_SETTING", kind, default, "A test.", **more)

    yield value
    SETTINGS.pop("TEST_SETTING", None)


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("text ", "str", "text"),
        ("ON", "bool", True),
        ("0", "bool", False),
        (" 12 ", "int", 12),
        ("a, b,,c ", "list", ["a", "b", "c"]),
    ],
)
def test_a_value_has_its_type(wanted, raw, kind, value):
    assert wanted(raw, kind) == value


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_an_empty_value_is_no_value(wanted, raw):
    assert wanted(raw, "int", "7") == 7
    assert wanted(raw, "bool", "on") is True


@pytest.mark.parametrize(("raw", "kind"), [("maybe", "bool"), ("12.5", "int"), ("twelve", "int")])
def test_nonsense_is_refused_with_the_name(wanted, raw, kind):
    with pytest.raises(ImproperlyConfigured, match="TEST_SETTING"):
        wanted(raw, kind)


def test_a_choice_that_is_not_offered_is_refused(wanted):
    assert wanted("b", choices=("a", "b")) == "b"
    with pytest.raises(ImproperlyConfigured, match="one of a, b"):
        wanted("c", choices=("a", "b"))


def test_a_secret_may_come_from_a_file(wanted, monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text("from the file\n")
    monkeypatch.setenv("TEST_SETTING_FILE", str(path))
    assert wanted("from the environment") == "from the file"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="not a text file"):
        wanted(None)
    monkeypatch.setenv("TEST_SETTING_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        wanted(None)


@pytest.mark.parametrize("url", ["mysql://u:p@h/x", "nonsense", "postgres://u:p@h:port/x", "http://x"])
def test_a_database_we_do_not_know_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        database(url)


def test_a_mail_address_that_is_none_is_refused():
    assert email("smtp+tls://u:p@mail.example.org:587")["EMAIL_HOST"] == "mail.example.org"
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        email("garbage")


def test_the_example_lists_every_setting_with_type_and_default():
    text = (BASE_DIR / ".env.example").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    declared = {name: setting for name, setting in SETTINGS.items() if name != "TEST_SETTING"}
    assert listed == {name: setting.default for name, setting in declared.items()}
    for setting in declared.values():
        kind = ", ".join(setting.choices) or setting.kind
        assert f"# {setting.help} ({kind})\n" in text, f"{setting.name} is described differently in .env.example"


def test_a_wrong_setting_ends_a_command_with_a_sentence(tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "DEBUG": "perhaps", "SIDETRACK_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Sidetrack cannot start: DEBUG='perhaps' is not on or off")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTPS://Club.Example.org:443/", "https://club.example.org"),
        ("http://club.example.org:80", "http://club.example.org"),
        ("https://club.example.org:80", "https://club.example.org:80"),
        ("http://[::1]:8000//", "http://[::1]:8000"),
        ("https://[club", "https://[club"),
        ("club.example.org", "club.example.org"),
    ],
)
def test_the_sites_address_is_as_browsers_write_it(written, meant):
    assert site_address(written) == meant


def test_a_public_site_is_known_however_its_address_is_written(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import sidetrack.settings as s; print(s.HTTPS, s.SESSION_COOKIE_SECURE)"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "SIDETRACK_DATA": str(tmp_path), "SITE_URL": "HTTPS://Club.example.org:443"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "True True\n"


def test_a_start_without_environment_makes_private_keys_once(tmp_path):
    folder = tmp_path / "data"
    command = [sys.executable, "-c", "import sidetrack.settings as s; print(s.SECRET_KEY, s.TOKEN_KEYS, s.DEBUG)"]
    runs = {
        subprocess.run(
            command,
            cwd=BASE_DIR,
            env={"PATH": os.environ["PATH"], "SIDETRACK_DATA": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    }
    assert len(runs) == 1
    assert runs.pop().endswith("False\n")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "secret_key": 0o600,
        "token_key": 0o600,
    }


def test_the_environment_wins_over_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("TEST_FROM_FILE=file\nTEST_FROM_BOTH=file\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("TEST_FROM_BOTH", "environment")
    monkeypatch.delenv("TEST_FROM_FILE", raising=False)
    env.environ.Env.read_env(str(Path(tmp_path) / ".env"))
    assert (os.environ.pop("TEST_FROM_FILE"), os.environ["TEST_FROM_BOTH"]) == ("file", "environment")
