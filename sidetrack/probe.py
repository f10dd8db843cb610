"""Asks a running site for its health: `python -m sidetrack.probe [host:port]` ends with 0 when it is well."""

from __future__ import annotations

import http.client
import sys


def answers(host: str, port: int, *, timeout: float = 2.0) -> int:
    """The status of GET /health, or 0 when nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def main() -> int:
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8000").rpartition(":")
    return 0 if answers(host, int(port)) == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
