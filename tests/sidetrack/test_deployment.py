"""docker-compose.yml, Dockerfile and Makefile say what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import yaml

from sidetrack.env import BASE_DIR, SETTINGS

COMPOSE_ONLY = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8"))


def test_compose_runs_database_cache_web_and_worker(compose):
    assert set(compose["services"]) == {"postgres", "redis", "web", "worker"}


def test_every_service_has_a_healthcheck_and_time_to_stop(compose):
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["stop_grace_period"], name
        assert service["restart"] == "unless-stopped", name


def test_our_processes_have_an_init_to_reap_for_them(compose):
    assert compose["services"]["web"]["init"] is compose["services"]["worker"]["init"] is True


def test_compose_holds_no_secret_and_only_settings_there_are(compose):
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            assert key in SETTINGS or key in COMPOSE_ONLY, f"{name} sets {key}, which nothing reads"
            if "PASSWORD" in key:
                assert value.startswith(f"${{{key}:?"), f"{name} has a secret in the file"
    assert compose["services"]["web"]["env_file"] == compose["services"]["worker"]["env_file"] == ".env"


def test_redis_asks_for_the_password_that_redis_url_carries(compose):
    redis = compose["services"]["redis"]
    assert "requirepass" in redis["command"][-1]
    assert "redis://:<REDIS_PASSWORD>@redis" in (BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8")
    assert "ports" not in redis
    assert "ports" not in compose["services"]["postgres"]


def test_the_web_is_open_to_this_machine_only_until_a_proxy_stands_before_it(compose):
    assert compose["services"]["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_settings_named_in_the_compose_comment_exist():
    head = (BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8").split("name: sidetrack")[0]
    named = set(re.findall(r"^#   ([A-Z_]+)=", head, re.MULTILINE))
    assert named - COMPOSE_ONLY <= set(SETTINGS)
    assert {"DATABASE_URL", "REDIS_URL", "SITE_URL"} <= named


def test_the_image_runs_as_nobody_in_particular_and_installs_by_hash():
    text = (BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text
    assert re.search(r"^USER sidetrack$", text, re.MULTILINE)
    for name in re.findall(r"\b(SIDETRACK_DATA|STATIC_ROOT)=", text):
        assert name in SETTINGS
    ignored = (BASE_DIR / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".env", ".data", ".git", ".venv"} <= set(ignored)


def test_every_pinned_package_has_hashes():
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (BASE_DIR / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert len(pins) > 30
        for pin in pins:
            assert "==" in pin, pin[:80]
            assert "--hash=sha256:" in pin, pin[:80]
        assert "://" not in re.sub(r"#.*", "", text), f"{name} names an index"


def test_static_files_can_be_collected_for_an_image(tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "SIDETRACK_DATA": str(tmp_path / "data"),
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    command = [sys.executable, "-m", "sidetrack.collecting"]
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)
    assert (tmp_path / "static" / "staticfiles.json").exists()
    before = (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns
    subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)
    assert (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns == before
