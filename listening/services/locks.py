"""One writer at a time adds to the catalogue.

New names are rare beside look-ups, and two workers who add the same artists in another order would wait for each
other for ever at the unique keys. So whoever has found something missing takes this lock, looks again, and adds.
SQLite has one writer anyhow.
"""

from __future__ import annotations

from django.db import connection

_CATALOGUE = 0x51DE0001


def lock_catalogue() -> None:
    """Held until the transaction ends. Ask for it before you lock rows of your own, or never while another waits."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CATALOGUE])
