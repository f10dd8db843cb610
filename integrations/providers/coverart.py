"""The Cover Art Archive: where the front cover of a release group or a release is.

Facts: a cover is a redirect (307) to archive.org, where further ones follow; 404 means that there is none. The list
of all pictures is JSON, behind such a redirect too. Addresses inside are often http and are made https. archive.org
is slow and fails now and then: ask once and keep what was found.
Group: none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from integrations import values
from integrations.errors import NotThere, ProviderError, Rejected
from integrations.http import Answer, Call, send
from integrations.providers.answers import busy, by_status, garbled, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of, spoiled
from integrations.types import Access
from integrations.values import inner, records

NAME = "coverart"
LABEL = "The Cover Art Archive"
HOSTS = ("coverartarchive.org", "archive.org")
SIZES = (250, 500, 1200)
"""Widths that are kept ready, in pixels."""
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 4


@dataclass(frozen=True)
class Picture:
    """One picture of a release. `types` are words like "Front"; `thumbnails` are addresses by width in pixels."""

    url: str
    front: bool
    approved: bool
    types: tuple[str, ...] = ()
    thumbnails: Mapping[int, str] = field(default_factory=dict)


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """A redirect is a good answer, and so is a list."""
    if answer.status in _REDIRECTS:
        return None if _target(call, answer) else garbled(NAME, LABEL)
    if answer.status == 404:
        return NotThere(NAME, "The Cover Art Archive has no picture of this.")
    if answer.status == 503:
        return busy(NAME, LABEL, told_wait(answer))
    return by_status(NAME, LABEL, answer) or spoiled(call, answer)


def _target(call: Call, answer: Answer) -> str:
    """Where a redirect leads, or "" where it leaves the archive or leads nowhere."""
    location = answer.headers.get("location", "").strip()
    try:
        return _trusted(urljoin(call.url, location)) if location else ""
    except ValueError:
        return ""


def _trusted(url: object) -> str:
    """An address within the archive, or where the operator says that it answers; "" for any other."""
    own = f"{settings.COVERART_URL}/"
    if isinstance(url, str) and url.startswith(own) and values.is_plain_address(url):
        return values.picture(url, HOSTS) or url
    return values.picture(url, HOSTS)


def front_of_release_group(mbid: str, *, size: int = 500) -> str:
    """The address of the front cover, at archive.org; NotThere where there is none."""
    return _front("release-group", mbid, size)


def front_of_release(mbid: str, *, size: int = 500) -> str:
    return _front("release", mbid, size)


def _front(kind: str, mbid: str, size: int) -> str:
    if size not in SIZES:
        raise ValueError(f"no width of {SIZES}: {size}")
    call = Call(NAME, f"{settings.COVERART_URL}/{kind}/{_must(mbid)}/front-{size}")
    answer = send(call, judge)
    if answer.status not in _REDIRECTS:
        raise garbled(NAME, LABEL)
    return _target(call, answer)


def pictures(mbid: str) -> list[Picture]:
    """All pictures of a release. NotThere where there are none."""
    call = Call(NAME, f"{settings.COVERART_URL}/release/{_must(mbid)}")
    for _ in range(_MOST_HOPS):
        answer = send(call, judge)
        if answer.status not in _REDIRECTS:
            return parse_pictures(object_of(call, answer))
        call = Call(NAME, _target(call, answer))
    raise garbled(NAME, LABEL)


def parse_pictures(body: object) -> list[Picture]:
    if not isinstance(inner(body).get("images"), list):
        raise garbled(NAME, LABEL)
    found = [_picture(row) for row in records(inner(body).get("images"))]
    return [picture for picture in found if picture]


def _picture(row: dict[str, Any]) -> Picture | None:
    url = _trusted(row.get("image"))
    if not url:
        return None
    thumbnails = {size: _trusted(inner(row, "thumbnails").get(str(size))) for size in SIZES}
    types = row.get("types")
    return Picture(
        url=url,
        front=row.get("front") is True,
        approved=row.get("approved") is True,
        types=tuple(word for one in types if (word := values.line(one, 40))) if isinstance(types, list) else (),
        thumbnails={size: address for size, address in thumbnails.items() if address},
    )


def _must(mbid: str) -> str:
    found = values.uuid_of(mbid)
    if not found:
        raise Rejected(NAME, "This is no id of MusicBrainz.")
    return found


def _probe(_: Access) -> None:
    """That it knows no cover is an answer."""
    with suppress(NotThere):
        front_of_release("76df3287-6cda-33eb-8e9a-044b5e15ffdd")


PROVIDER = Provider(NAME, LABEL, judge, _probe)
