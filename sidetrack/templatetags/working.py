"""{% nobody_works %}: says so beside something that waits in the background while no worker is there."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sidetrack.health import queue

register = template.Library()


@register.simple_tag
def nobody_works() -> SafeString | str:
    if queue() != "down":
        return ""
    return format_html(
        '<p class="form-errors" role="alert">{}</p>',
        "Nothing is being worked on in the background just now, so this waits. Nothing is lost; it goes on by itself "
        "when the site's workers are back. If that takes long, tell whoever runs this site.",
    )
