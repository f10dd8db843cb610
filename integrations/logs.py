"""Keeps what libraries say about their requests out of the logs: they name whole addresses, with the keys in them."""

from __future__ import annotations

import logging

# These also speak above DEBUG (a header that cannot be parsed: WARNING, with the address and a traceback). Others
# than our door use them as well: the libraries of sign-in ask providers on their own.
TALKATIVE = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


def hide_addresses() -> None:
    """As a filter, because a logging configuration that comes later leaves it in place. May be called again."""
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_says_nothing)


def _says_nothing(record: logging.LogRecord) -> bool:
    return False
