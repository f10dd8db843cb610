"""Ids that look like those of the providers, made from a seed: the same seed gives the same ids."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def number(*parts: object) -> int:
    """256 bits that look random and depend on nothing but `parts`."""
    return int.from_bytes(sha256("\x1f".join(map(str, parts)).encode()).digest())


def fraction(*parts: object) -> float:
    """0 up to but without 1."""
    return (number(*parts) >> 203) / 2.0**53


def base62(length: int, *parts: object) -> str:
    value, text = number(*parts), ""
    while len(text) < length:
        value, digit = divmod(value, 62)
        text += LETTERS[digit]
        if not value:
            value = number(text, *parts)
    return text


def uuid(*parts: object) -> str:
    return str(UUID(int=number(*parts) >> 128, version=4))


def digits(length: int, *parts: object) -> int:
    """A number of exactly so many digits."""
    least = int(10 ** (length - 1))
    return least + number(*parts) % (9 * least)


def isrc(country: str, year: int, *parts: object) -> str:
    return f"{country}SBX{year % 100:02}{number('isrc', *parts) % 100000:05}"


def upc(*parts: object) -> str:
    """12 digits, the last one for checking."""
    text = str(digits(11, "upc", *parts))
    odd, even = sum(map(int, text[::2])), sum(map(int, text[1::2]))
    return text + str(-(odd * 3 + even) % 10)


def snowflake(at_ms: int, *parts: object) -> str:
    """Discord's: 42 bits of milliseconds since 2015, 22 bits that tell apart."""
    return str(((at_ms - 1420070400000) << 22) | (number("snowflake", *parts) % (1 << 22)))
