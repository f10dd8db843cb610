"""Whether this cluster was asked to stop: one byte shared by all processes forked from it.

A raw value without a lock, because a worker killed while holding a lock would hang the others.
"""

from __future__ import annotations

from multiprocessing.sharedctypes import RawValue

_asked = RawValue("b", 0)


def ask_to_stop() -> None:
    _asked.value = 1


def is_stopping() -> bool:
    return bool(_asked.value)


def reset() -> None:
    """For tests."""
    _asked.value = 0
