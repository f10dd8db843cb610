"""One writer at a time adds to the catalogue.

New names are rare beside look-ups, and two workers who add the same artists in another order would wait for each
other for ever at the unique keys. So whoever has found something missing takes this lock, looks again, and adds.
SQLite has one writer anyhow.
"""

from __future__ import annotations

from django.db import connection

_CATALOGUE = 0x51DE0001


def lock_catalogue() -> bool:
    """Held until the transaction ends. True when something may have been added meanwhile, so look again.

    Take it after the locks of weeks and people that you need, never before them.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CATALOGUE])
    return True
