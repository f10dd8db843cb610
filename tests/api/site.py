"""A real gunicorn on the test database: what threads and the bot script talk to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_site(folder: Path) -> Iterator[str]:
    """Start gunicorn on a free port of loopback, yield its address, stop it."""
    env = _environment(folder)
    subprocess.run(
        [sys.executable, "manage.py", "createcachetable"], cwd=ROOT, env=env, check=True, capture_output=True
    )
    port = _free_port()
    log = folder / "gunicorn.log"
    command = [sys.executable, "-m", "gunicorn", "sidetrack.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(folder: Path) -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "postgresql":
        login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT'] or 5432}"
        url = f"postgres://{login}/{database['NAME']}".replace(":@", "@")
    else:
        url = f"sqlite:///{database['NAME']}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "sidetrack.settings",
        "DATABASE_URL": url,
        "SIDETRACK_DATA": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "DEBUG": "on",  # serves static files without collecting them
        "LOG_LEVEL": "ERROR",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            requests.get(f"{url}/api/v1/club/weeks", timeout=5)
            return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    raise AssertionError(f"gunicorn did not start: {log.read_text()[-2000:]}")
