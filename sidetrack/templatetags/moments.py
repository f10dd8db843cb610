"""{% when moment %}: a <time> in the reader's zone, relative when near, absolute on hover."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sidetrack import moments

register = template.Library()


def as_moment(value: datetime | str | None) -> datetime | None:
    """Selectors give datetimes; cached answers give ISO text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None:
        return None
    return timezone.localtime(value if timezone.is_aware(value) else timezone.make_aware(value))


def _tag(value: datetime | str | None, words: str = "") -> SafeString | str:
    moment = as_moment(value)
    if moment is None:
        return ""
    words = words or moments.spoken(moment, timezone.localtime())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), moments.full(moment), words
    )


@register.simple_tag
def when(value: datetime | str | None) -> SafeString | str:
    return _tag(value)


@register.simple_tag
def day(value: datetime | str | None) -> SafeString | str:
    """The date alone, whatever the distance."""
    moment = as_moment(value)
    return _tag(value, moments.day_of(moment)) if moment else ""


@register.simple_tag
def exactly(value: datetime | str | None) -> SafeString | str:
    """To the second, whatever the distance."""
    moment = as_moment(value)
    return _tag(value, f"{moments.day_of(moment)}, {moment:%H:%M:%S}") if moment else ""


@register.filter
def is_past(value: datetime | str | None) -> bool:
    moment = as_moment(value)
    return moment is not None and moment <= timezone.now()


@register.filter
def track_length(ms: int | None) -> str:
    return moments.minutes_and_seconds(ms) if ms else ""


@register.filter
def listening_time(ms: int | None) -> str:
    return moments.hours_listened(ms or 0)
