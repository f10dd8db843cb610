"""One writer at a time adds to the catalogue.

New names are rare beside look-ups, and two workers who add the same artists in another order would wait for each
other for ever at the unique keys. So whoever has found something missing takes this lock, looks again, and adds.
SQLite has one writer anyhow.
"""

from __future__ import annotations

from django.db import connection

_CATALOGUE = 0x51DE0001
_MERGING = 0x51DE0002
_TAGS = 0x51DE0003
_NEW_TAGS = 0x51DE0004


def lock_catalogue() -> bool:
    """Held until the transaction ends. True when something may have been added meanwhile, so look again.

    Take it after the locks of weeks and people that you need, never before them.
    """
    return _lock("pg_advisory_xact_lock", _CATALOGUE)


def lock_merging_to_use() -> None:
    """Until the transaction ends no entry of the catalogue is merged into another or taken out of it again.

    For whoever looks an entry up and then writes its id. Many may hold it at once. Take it where `lock_catalogue`
    may be taken, and before that one.
    """
    _lock("pg_advisory_xact_lock_shared", _MERGING)


def lock_merging() -> None:
    """Waits for all who write ids of entries. Take it after the rows you need, before `lock_catalogue`."""
    _lock("pg_advisory_xact_lock", _MERGING)


def lock_tags_to_use() -> None:
    """Until the transaction ends no tag is merged into another. Many may hold it at once."""
    _lock("pg_advisory_xact_lock_shared", _TAGS)


def lock_tags_to_merge() -> None:
    """Waits for all who use tags. Take it alone."""
    _lock("pg_advisory_xact_lock", _TAGS)


def lock_new_tags() -> bool:
    """One at a time adds tags: who needs several and who needs the same in another order would wait in a ring.

    Take it after `lock_tags_to_use`. True when something may have been added meanwhile.
    """
    return _lock("pg_advisory_xact_lock", _NEW_TAGS)


def _lock(function: str, key: int) -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key])
    return True
