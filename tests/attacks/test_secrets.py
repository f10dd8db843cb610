"""What the machine's other users, the log and the health report must not tell."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sidetrack.checks import deployment_makes_sense
from sidetrack.keys import kept_key, private_folder
from sidetrack.models import User


def test_keys_and_their_folder_are_for_the_owner_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "data")
    kept_key(folder, "secret_key")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_a_data_folder_open_to_others_is_named(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    for mode, warned in ((0o755, True), (0o751, True), (0o750, False), (0o700, False)):
        tmp_path.chmod(mode)
        assert ("sidetrack.W003" in {found.id for found in deployment_makes_sense(None)}) == warned


@pytest.mark.django_db
def test_no_token_or_password_is_logged(
    caplog: Any, make_token: Callable[..., tuple[object, str]], ann: User, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = make_token("jobs:manage")[1]
    client = Client(raise_request_exception=False)
    for header in (f"Bearer {secret}", f"Bearer {secret}x", f"Token {secret}"):
        client.get("/api/v1/users/me", headers={"Authorization": header})
        client.post("/api/v1/club/weeks", "{", content_type="application/json", headers={"Authorization": header})
    client.post("/accounts/login/", {"login": "ann", "password": "hunter2 hunter2"})
    assert secret not in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.django_db
def test_health_tells_parts_and_nothing_of_the_machine() -> None:
    answer = Client().get("/health", headers={"Host": "evil.example"})
    assert set(answer.json()) == {"status", "version", "checks"}
    assert all(isinstance(state, str) and len(state) < 20 for state in answer.json()["checks"].values())


@pytest.mark.django_db
def test_uploads_are_served_nowhere(ann: User, settings: Any) -> None:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "diary").write_text("mine")
    client = Client()
    client.force_login(ann, backend="django.contrib.auth.backends.ModelBackend")
    for address in (
        "/imports/diary",
        "/uploads/imports/diary",
        "/media/imports/diary",
        "/static/../uploads/imports/diary",
    ):
        assert client.get(address).status_code in (301, 404), address
