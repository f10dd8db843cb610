"""Tokens and keys that no log line, page, export or traceback shows, at rest encrypted."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class Secret:
    """Text that only `reveal()` tells. `bool(secret)` says whether there is any."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "(hidden)" if self._text else "(none)"

    __str__ = __repr__

    def __reduce__(self) -> Any:
        raise TypeError("A secret is not pickled.")


class Unreadable(Secret):
    """What was stored under a key that is gone: as good as no secret, and its account must be reconnected."""

    def __init__(self) -> None:
        super().__init__("")

    def __repr__(self) -> str:
        return "(unreadable)"

    __str__ = __repr__


def encrypt(text: str) -> str:
    return _fernet(tuple(settings.TOKEN_KEYS)).encrypt(text.encode()).decode("ascii") if text else ""


def decrypt(stored: str) -> Secret:
    """The secret, or `Unreadable` where no key of TOKEN_KEYS opens it."""
    if not stored:
        return Secret()
    try:
        return Secret(_fernet(tuple(settings.TOKEN_KEYS)).decrypt(stored.encode("ascii")).decode())
    except (InvalidToken, UnicodeError):
        return Unreadable()


def is_newest(stored: str) -> bool:
    """Was this encrypted with the first of TOKEN_KEYS?"""
    try:
        _fernet(tuple(settings.TOKEN_KEYS[:1])).decrypt(stored.encode("ascii"))
    except (InvalidToken, UnicodeError):
        return False
    return True


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    """Keys may be any text: Fernet's own form is used as it is, else 32 bytes are derived."""
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(key: str) -> bytes:
    try:
        if len(base64.urlsafe_b64decode(key)) == 32:
            return key.encode()
    except ValueError:
        pass
    return base64.urlsafe_b64encode(sha256(key.encode()).digest())


class EncryptedText(models.TextField):  # type: ignore[type-arg]
    """Text kept encrypted (MultiFernet over TOKEN_KEYS); in Python a `Secret`. Cannot be looked up by value."""

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        return decrypt(value or "")

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Unreadable):
            raise TypeError("What could not be read is not written back; leave the field alone.")
        return encrypt(value.reveal() if isinstance(value, Secret) else value or "")

    def value_to_string(self, obj: models.Model) -> str:
        """What serializers (dumpdata) write."""
        return ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ("isnull",):
            raise TypeError("Encrypted text cannot be looked up by value.")
        return super().get_lookup(lookup_name)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "integrations.secret.EncryptedText", args, kwargs
