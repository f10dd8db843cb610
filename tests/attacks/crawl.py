"""Every address of the site that can be read, with the ids of given objects in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

SKIPPED = ("admin/", "accounts/", "api/v1/schema", "api/v1/docs")


def addresses(**ids: str) -> list[str]:
    """Pages, fragments and endpoints; `ids` by the name of the part, `number`, `pk`, `nid`, `username`, `code`."""
    return sorted({filled for raw in _patterns(get_resolver(), "") for filled in _filled(raw, ids)})


def _patterns(resolver: URLResolver, before: str) -> Iterator[str]:
    for one in resolver.url_patterns:
        here = before + str(one.pattern).replace("^", "").replace("/?$", "").replace("$", "")
        if here.startswith(SKIPPED) or here == "api/v1/.*":
            continue
        if isinstance(one, URLPattern):
            yield "/" + here
        else:
            yield from _patterns(one, here)


def _filled(raw: str, ids: dict[str, str]) -> Iterator[str]:
    names = re.findall(r"<(?:\w+:)?(\w+)>", raw)
    values = {name: ids.get(_meaning(raw, name), "1") for name in names}
    yield re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", lambda m: values[m[1] or m[2]], raw)


def _meaning(raw: str, name: str) -> str:
    """`pk` of what? The word before it."""
    if name != "pk":
        return name
    if "admin/reviews" in raw:
        return "rating"
    for word in ("weeks", "users", "albums", "tracks", "imports", "nominations"):
        if re.search(rf"{word}/(?:\(\?P)?<(?:int:)?pk>", raw):
            return word
    return name
