"""Tokens and keys that no log line, page, export or traceback shows, at rest encrypted."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


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
        if isinstance(other, Unreadable):
            return NotImplemented
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "(hidden)" if self._text else "(none)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: Any) -> Secret:
        return self  # nothing changes it

    def __reduce__(self) -> Any:
        raise TypeError("A secret is not pickled.")

    def __getstate__(self) -> Any:
        raise TypeError("A secret is not pickled.")


class Unreadable(Secret):
    """What was stored under a key that is gone: as good as no secret, and its account must be reconnected.

    `stored` is as it stands in the database, so that saving its row anew changes nothing: the key may come back.
    """

    __slots__ = ("stored",)

    def __init__(self, stored: str = "") -> None:
        super().__init__("")
        self.stored = stored

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unreadable) and self.stored == other.stored

    def __hash__(self) -> int:
        return hash(self.stored)

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
        return Unreadable(stored)


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


class SecretAttribute(DeferredAttribute):
    """Whatever is set becomes a `Secret` at once, so that no instance ever holds the plain text."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value if _is_expression(value) else self.field.to_python(value)


class EncryptedText(models.TextField):  # type: ignore[type-arg]
    """Text kept encrypted (MultiFernet over TOKEN_KEYS); in Python a `Secret`, whichever way it is read.

    It cannot be looked up by value, is in no form, and dumps as empty.
    """

    descriptor_class = SecretAttribute
    empty_values = [*models.Field.empty_values, Secret()]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False})

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        return decrypt(value or "")

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(str(value or ""))

    def get_default(self) -> Secret:
        return self.to_python(super().get_default())

    def get_prep_value(self, value: Any) -> Any:
        if _is_expression(value):
            return value
        if isinstance(value, Unreadable):
            return value.stored
        return encrypt(self.to_python(value).reveal())

    def value_to_string(self, obj: models.Model) -> str:
        """What serializers (dumpdata) write."""
        return ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError("Encrypted text cannot be looked up by value.")
        return super().get_lookup(lookup_name)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "integrations.secret.EncryptedText", args, kwargs


def _is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")
