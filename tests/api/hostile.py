"""Values that no field should take, by kind of field, and a photograph of all tables."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.apps import apps

NUL = "a\x00b"
WRONG_TEXT: list[Any] = [7, 4.5, True, [], ["x"], {}, {"x": 1}, NUL]
BLANK = ["", "   ", "\u202e\u202d", "\n\t", None]
WRONG_ID: list[Any] = ["x", "", 1.5, True, [], {}, 0, -1, 2**63, 10**40, "9" * 500, "1e3", "0x10"]
UNKNOWN_ID: list[Any] = [2**31, 2**62, 2**63 - 1]
WRONG_MOMENT: list[Any] = [
    "yesterday", "", 5, 1.5, True, [], {}, "2026-02-30T10:00:00Z", "2026-01-01T25:00:00Z", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
    "2026-01-01T00:00:00+99:00", NUL,
]  # fmt: skip
WRONG_URL: list[Any] = [
    "javascript:alert(1)", "data:text/html,x", "ftp://example.com/x", "//example.com", "example.com", "https://",
    "https://user:secret@example.com/", "http://[::1", "https://a b.com/", "https://x/\u202e", "https://x/" + "a" * 600,
    "http://x:99999999/", '"><script>alert(1)</script>', 7, [], {}, NUL,
]  # fmt: skip
WRONG_SNOWFLAKE: list[Any] = ["abc", "", "1" * 21, "12 34", "-5", "１２３", "1\n2", "1.0", 1.5, True, [], {}, NUL]
WRONG_BOOL: list[Any] = ["maybe", "", 7, 1.5, [], {}, NUL]
WRONG_USER: list[Any] = [
    5, "ann", [], True, {}, {"id": 1, "discord_id": "1"}, {"id": 0}, {"id": -1}, {"id": "x"}, {"id": 2**63},
    {"id": None}, {"id": 2**62}, {"discord_id": "x"}, {"discord_id": ""}, {"discord_id": "1" * 21},
    {"discord_id": None}, {"discord_id": ["1"]}, {"discord_id": {"a": 1}},
    {"discord_id": "77", "display_name": "x" * 81},
    {"discord_id": "77", "display_name": ["x"]}, {"discord_id": "77", "display_name": NUL}, {"display_name": "Ann"},
]  # fmt: skip
WRONG_RATING: list[Any] = [
    4.25, "4.25", "4,5", 0, "0", 5.5, "5.5", 0.5, -3, 11, 10**30, "NaN", "Infinity", "1e999", "1e0", True, False, None,
    "", "five", [], [4], {}, "４.５", " ", NUL, "4.5\x00", "-4.5", "+4.5x", 4.0000001,
]  # fmt: skip
WRONG_RANK: list[Any] = [0, 3, -1, 1.5, "first", "", True, None, [], {}, 2**63, 10**40]
WRONG_NUMBER: list[Any] = [0, -1, 1.5, "x", "", True, None, [], {}, 2**31, 2**63, 10**40, "1e3"]
WRONG_YEAR: list[Any] = [0, 999, 1859, 2101, -1994, 1.5, "soon", [], {}, True, 2**63, 10**40]


def longer_than(length: int) -> list[str]:
    return ["x" * (length + 1), "é" * (length + 1), "𝄞" * (length + 1)]


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with `value` at the dotted path."""
    copied = copy.deepcopy(body)
    place = copied
    *parents, last = path.split(".")
    for name in parents:
        place = place.setdefault(name, {})
    place[last] = value
    return copied


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    copied = copy.deepcopy(body)
    place = copied
    *parents, last = path.split(".")
    for name in parents:
        place = place[name]
    place.pop(last, None)
    return copied


def names(answer: Any) -> list[str]:
    return [error["attr"] or "" for error in answer.json()["errors"]]


def tables() -> dict[str, list[Any]]:
    """All rows of all tables of ours, but for when somebody last came."""
    ours = ("sidetrack", "integrations", "listening", "club", "taste")
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in ours:
            fields = [
                field.attname
                for field in model._meta.concrete_fields
                if field.attname not in ("last_used_at", "last_login")
            ]
            found[model._meta.label] = sorted(map(repr, model._default_manager.values_list(*fields)))
    return found


def raw_bodies() -> Iterator[tuple[str, bytes, str]]:
    """(what, body, content type) of bodies that are no JSON object."""
    json = "application/json"
    yield "a list", b"[]", json
    yield "a word", b'"x"', json
    yield "a number", b"5", json
    yield "null", b"null", json
    yield "half an object", b'{"number": 1', json
    yield "NaN", b'{"number": NaN, "rating": NaN, "rank": NaN, "reason": NaN, "listens": NaN}', json
    yield "Infinity", b'{"number": Infinity, "rating": -Infinity, "reason": Infinity}', json
    yield "beyond a float", b'{"rating": 1e999, "number": 1e999, "rank": 1e999, "reason": 1e999}', json
    yield "endless digits", b'{"number": ' + b"9" * 6000 + b"}", json
    yield "not UTF-8", b'{"reason": "\xff\xfe", "pitch": "\xc3\x28"}', json
    yield "UTF-16", '{"reason": "x"}'.encode("utf-16"), json
    yield "deep lists", b"[" * 100_000, json
    yield "deep objects", b'{"album":' * 50_000, json
    yield "the same key twice", b'{"rank": 1, "rank": 2, "reason": "a", "reason": "b", "rating": 4, "rating": 5}', json
    yield "too long", b'{"reason": "' + b"x" * 2_200_000 + b'"}', json
    yield "a form", b"number=1&reason=x", "application/x-www-form-urlencoded"
    yield "plain text", b'{"reason": "x"}', "text/plain"
    yield "XML", b"<week/>", "application/xml"
    yield "no such charset", b'{"reason": "x"}', "application/json; charset=klingon"
    yield "no content type", b'{"reason": "x"}', ""
