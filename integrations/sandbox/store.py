"""What the sandbox remembers: codes, grants, tokens and playlists, in one SQLite file that survives being killed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

TABLE = """
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, until REAL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Store:
    """Small JSON values by kind and key. `until` (seconds) is when a value may be forgotten."""

    def __init__(self, file: Path | None) -> None:
        self._lock = RLock()
        self._database = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None, timeout=10)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(TABLE)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is read and written inside happens wholly or not at all, and nobody else comes between."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def get(self, kind: str, key: str) -> Any:
        with self._lock:
            row = self._database.execute("SELECT value FROM kept WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, value: Any, *, until: float | None = None) -> None:
        with self._lock:
            self._database.execute("REPLACE INTO kept VALUES (?, ?, ?, ?)", (kind, key, json.dumps(value), until))

    def take(self, kind: str, key: str) -> Any:
        """The value, which is gone then: of two that ask at once, one gets it."""
        with self.at_once():
            value = self.get(kind, key)
            self._database.execute("DELETE FROM kept WHERE kind = ? AND key = ?", (kind, key))
        return value

    def all(self, kind: str) -> dict[str, Any]:
        with self._lock:
            rows = self._database.execute("SELECT key, value FROM kept WHERE kind = ? ORDER BY key", (kind,)).fetchall()
        return {key: json.loads(value) for key, value in rows}

    def count_up(self, name: str) -> int:
        with self.at_once():
            value: int = (self.get("count", name) or 0) + 1
            self.put("count", name, value)
        return value

    def forget(self, now: float) -> None:
        """What nobody needs any more: the file does not grow with time."""
        with self._lock:
            self._database.execute("DELETE FROM kept WHERE until < ?", (now,))
