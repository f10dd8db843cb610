"""{% cover album %}: the album's picture over a made-up one, so that no page has a hole."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from sidetrack.artwork import sleeve

register = template.Library()


def _read(album: Any, name: str) -> str:
    value = album.get(name) if isinstance(album, dict) else getattr(album, name, None)
    return str(value) if value else ""


@register.simple_tag
def cover(album: Any, size: int = 300, decorative: bool = False) -> SafeString:
    """`album` is a card, a row of an answer or a model; `size` in CSS pixels.

    Only https pictures are shown. `decorative` where the title stands beside it in the same link.
    """
    title, artist = _read(album, "title"), _read(album, "artist") or _read(album, "artist_credit")
    url = _read(album, "cover_url")
    words = "" if decorative else f"Cover of {title} by {artist}"
    # Built from numbers and our own palette only (sidetrack/artwork.py).
    drawn = mark_safe(sleeve(title, artist))  # noqa: S308
    pictured = url.startswith("https://")
    naming = (
        format_html('role="img" aria-label="{}"', words) if words and not pictured else mark_safe('aria-hidden="true"')
    )
    picture = (
        format_html(
            '<img src="{0}" alt="{1}" width="{2}" height="{2}" loading="lazy" decoding="async">', url, words, size
        )
        if pictured
        else ""
    )
    return format_html('<span class="cover lift"><svg viewBox="0 0 60 60" {}>{}</svg>{}</span>', naming, drawn, picture)
