"""{% what_waits as waiting %}: what waits at the moderators' desk, for pages outside of it."""

from __future__ import annotations

from django import template

from sidetrack.admin.waiting import Waiting, what_waits

register = template.Library()


@register.simple_tag(name="what_waits")
def waiting_things() -> list[Waiting]:
    return what_waits()
