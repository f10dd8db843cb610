"""`manage.py sandbox`, and where it must not run; `up` starts it with a demo that has no providers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from integrations.sandbox.server import Sandbox
from sidetrack.checks import sandbox_on_a_public_site
from sidetrack.env import BASE_DIR
from sidetrack.management.commands import up
from tests.integrations.sandboxes import spotify


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and what it says first."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *arguments],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_it_says_where_it_is_and_stops_when_asked(tmp_path):
    bind = f"127.0.0.1:{free_port()}"
    with started("--bind", bind, "--file", str(tmp_path / "kept"), "--fault", "deezer:html=1", "--seed", "3") as (
        process,
        said,
    ):
        assert f"PROVIDER_SANDBOX=http://{bind}" in said
        state = requests.get(f"http://{bind}/_sandbox/state", timeout=5).json()
        assert (state["seed"], state["faults"]) == (3, {"deezer": {"html": 1.0}})
        assert spotify(f"http://{bind}", "ada")["token_type"] == "Bearer"
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bind": "0.0.0.0:8011"}, "this machine only"),
        ({"bind": "192.0.2.1:8011"}, "this machine only"),
        ({"bind": "nowhere"}, "is not host:port"),
        ({"fault": ["spotify:418"]}, "no fault"),
    ],
)
def test_what_it_does_not_do_it_says_in_a_sentence(options, says):
    with pytest.raises(CommandError, match=says):
        call_command("sandbox", **options)


def test_it_never_runs_beside_a_public_site(settings):
    settings.HTTPS = True
    with pytest.raises(CommandError, match="never runs beside a public site"):
        call_command("sandbox", bind="127.0.0.1:0")


def test_a_port_that_is_taken_is_named():
    with Sandbox() as sandbox:
        bind = sandbox.url.removeprefix("http://")
        with pytest.raises(CommandError, match=f"Cannot listen on {bind}"):
            call_command("sandbox", bind=bind)


@pytest.mark.parametrize("command", ["up", "worker"])
@pytest.mark.django_db(transaction=True)
def test_a_public_site_with_a_sandbox_does_not_start(settings, command):
    settings.HTTPS, settings.PROVIDER_SANDBOX = True, "http://127.0.0.1:8011"
    assert "anybody could sign in as anybody" in sandbox_on_a_public_site()
    with pytest.raises(CommandError, match="PROVIDER_SANDBOX is set for a public site"):
        call_command(command, **({"bind": f"127.0.0.1:{free_port()}"} if command == "up" else {}))


# --- started by `up`


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    for name in ("SPOTIFY_CLIENT_ID", "LASTFM_API_KEY", "DISCORD_CLIENT_ID", "PROVIDER_SANDBOX"):
        setattr(settings, name, "")
    return settings


def test_a_demo_without_providers_gets_one_next_door(demo):
    port = free_port()
    listener = up.sandbox_listener(port)
    assert listener is not None
    with listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with contextlib.closing(up.sandbox_listener(port)) as another:  # that port is taken now
            assert another.getsockname()[1] != listener.getsockname()[1]


def test_the_last_port_has_no_next(demo):
    with contextlib.closing(up.sandbox_listener(65535)) as listener:
        assert listener.getsockname()[1] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO", False),
        ("SPOTIFY_CLIENT_ID", "an id"),
        ("LASTFM_API_KEY", "a key"),
        ("DISCORD_CLIENT_ID", "an id"),
        ("PROVIDER_SANDBOX", "http://127.0.0.1:9"),
    ],
)
def test_there_is_none_where_one_provider_is_set_up(demo, name, value):
    setattr(demo, name, value)
    assert up.sandbox_listener(free_port()) is None


def test_its_process_serves_and_comes_back_on_the_same_port(demo, tmp_path, monkeypatch):
    """As the watchdog holds it: killed, it is started again where it was."""
    demo.DATA_DIR = tmp_path
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    monkeypatch.setenv("PROVIDER_SANDBOX", "")  # and taken away again at the end
    monkeypatch.setenv("DISCORD_GUILD_ID", "")
    listener = up.sandbox_listener(free_port())
    assert listener is not None
    child = up.sandbox(listener)
    address = os.environ["PROVIDER_SANDBOX"]
    assert os.environ["DISCORD_GUILD_ID"].isdigit()
    try:
        child.start()
        token = spotify(address, "ada")["access_token"]
        child.kill()
        assert not child.is_alive
        child.start_again()
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{address}/spotify/v1/me", headers=headers, timeout=10).json()["display_name"] == "Ada"
        child.ask_to_stop()
        deadline = time.monotonic() + 5
        while child.is_alive and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not child.is_alive
    finally:
        child.kill()
        listener.close()
    assert (Path(tmp_path) / "sandbox.sqlite3").exists()
