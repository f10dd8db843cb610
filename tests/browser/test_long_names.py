"""Names longer than a phone is wide: every page of a member's listening keeps to the screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.keys import play_key
from integrations.types import Play
from listening.models import ListenImport
from listening.services.listens import record_plays
from tests.conftest import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Lift Your Skinny Fists Like Antennas to Heaven " * 3 + "W" * 80
FILE = "Streaming_History_Audio_2019-2021_with_a_long_name_4.json"
PAGES = [
    "/imports/",
    "/listening/sources/",
    "/listening/duplicates/",
    "/people/ann/",
    "/people/ann/listening/?period=all",
    "/people/ann/listening/?from=2020-12-31&to=2020-01-01",
    "/people/ann/listening/tracks/?period=all",
]


def test_no_page_scrolls_sideways_on_a_phone_and_fields_stand_apart(open_page, sign_in):
    ann = make_person("ann")
    start = timezone.now().replace(microsecond=0) - timedelta(days=1)
    for source, at in (("lastfm", start), ("maloja", start + timedelta(seconds=2))):
        record_plays(ann, [Play(LONG, LONG, LONG, at, play_key(at, LONG, LONG), 200_000, 200_000)], source=source)
    ListenImport.objects.create(user=ann, file_name=FILE, state="done", format="spotify_extended")
    page = open_page(width=360)
    sign_in(page, "ann")
    wide = []
    for path in PAGES:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []
    page.goto("/listening/duplicates/")
    button = page.locator("button", has_text="These were two plays").bounding_box()
    assert button["x"] + button["width"] <= 360
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/people/ann/listening/?from=2020-12-31&to=2020-01-01")
    first, last = page.locator("#from").bounding_box(), page.locator("#to").bounding_box()
    assert first["x"] + first["width"] <= last["x"]
