"""Markup in everything people can write, on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from club.models import Week
from club.services.nominations import nominate
from club.services.polls import override_winner
from club.services.ratings import rate
from club.services.weeks import create_week
from integrations.types import Play
from listening.models import ListenEvent
from listening.services.catalogue import AlbumRef
from listening.services.listens import record_plays
from sidetrack.actors import SITE, Actor
from sidetrack.models import User
from tests.attacks.crawl import addresses

pytestmark = pytest.mark.django_db

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_what_people_wrote_is_only_text_on_pages(web: Callable[[User | None], Client], ann: User, olga: User) -> None:
    User.objects.filter(pk=ann.pk).update(display_name=HOSTILE, visibility="public")
    by = Actor(user=User.objects.get(pk=ann.pk))
    album = AlbumRef(title=HOSTILE, artist=HOSTILE, cover_url="https://x.example/'onerror=alert(1)//")
    for number in (1, 2):
        week, _ = create_week(number=number, date_discussion=timezone.now() + timedelta(days=number), by=SITE)
        made = nominate(
            week,
            by=by,
            album=album,
            pitch=HOSTILE,
            pitch_track_url="https://x.example/'onclick='alert(1)",
            tags={"genres": [HOSTILE]},
        ).nomination
        if number == 1:
            override_winner(week, by=Actor(user=olga), reason=HOSTILE, nomination_id=made.pk)
            rate(week, by=by, rating="4.5", review=HOSTILE, favorite_track=HOSTILE)
    heard = datetime.now(UTC) - timedelta(days=1)
    play = Play(HOSTILE, HOSTILE, HOSTILE, heard, "k", 1000, None, {})
    record_plays(by.user, [play], source=ListenEvent.Source.MANUAL)  # type: ignore[arg-type]
    read = 0
    for who in (None, ann, olga):
        client = web(who)
        for number in ("1", "2"):
            for page in addresses(number=number, username="ann", albums=str(made.album_id), pk=str(made.pk)):
                if page.startswith("/api/"):
                    continue
                html = client.get(f"{page}?q={HOSTILE}&pitch={made.pk}&all=1&period=all").content.decode()
                for markup in ("<script>alert", "<img src=x", "'onerror", "'onclick"):
                    assert markup not in html, page
                read += "&lt;script&gt;" in html
    assert read > 10


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example/x",
        "/relative",
        "https://",
        "https:///x",
        "https://user:pass@evil.example",
        "http://[::1",
        "https://x.example:99999/",
        "https://x.example/\u202egpj",
        'https://x.example/"onload="x',
        "https:\\\\evil.example",
    ],
)
@pytest.mark.parametrize("field", ["pitch_track_url", "cover_url", "url"])
def test_only_addresses_of_the_web_are_kept(bot: APIClient, ann: User, field: str, url: str) -> None:
    week = Week.objects.create(number=1, label="Week 1", date_discussion=timezone.now())
    body: dict[str, Any] = {"user": {"id": ann.pk}, "album": {"title": "Post", "artist": "Bjork"}}
    (body if field == "pitch_track_url" else body["album"])[field] = url
    answer = bot.post(f"/api/v1/club/weeks/{week.pk}/nominations", body, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"][0]["attr"]
    assert not week.nominations.exists()
