"""The rule for records of the same play, measured from the command line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path


def test_the_command_leaves_nothing_in_the_site(tmp_path: Path) -> None:
    """Not even a database needs to be there: it works beside it."""
    env = {**os.environ, "SIDETRACK_DATA": str(tmp_path), "DATABASE_URL": ""}
    env["DJANGO_SETTINGS_MODULE"] = "sidetrack.settings"
    command = [sys.executable, "manage.py", "evaluate_duplicates", "--people", "1", "--days", "1", "--rounds", "1"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "the same as the rule said of all records at once" in done.stdout
    left = [path.name for path in tmp_path.iterdir() if "sqlite3" in path.name]
    assert set(left) <= {"sidetrack.sqlite3"}
    for name in left:
        assert sqlite3.connect(tmp_path / name).execute("SELECT name FROM sqlite_master").fetchall() == []
