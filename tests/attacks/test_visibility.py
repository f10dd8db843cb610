"""Who may see somebody's listening changes at once on every page and endpoint, whatever was read before."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from integrations.types import Play
from listening.services.listens import record_plays
from sidetrack.actors import Actor
from sidetrack.models import User
from sidetrack.services import people
from sidetrack.services.erasing import leave
from tests.attacks.crawl import addresses
from tests.conftest import PASSWORD
from tests.jobs import drain

pytestmark = pytest.mark.django_db

WORDS = "Unheard of"
# The catalogue knows the music, not who heard it.
CATALOGUE = re.compile(r"/search|/api/v1/music|/albums/|/artists/|/tracks/|/api/v1/(albums|artists|tracks)")


@pytest.fixture
def listened(ann: User) -> list[str]:
    """Every address with Ann in it; her listening has words of its own."""
    heard = datetime.now(UTC) - timedelta(days=1)
    plays = [
        Play(f"{WORDS} track", f"{WORDS} artist", f"{WORDS} album", heard + timedelta(minutes=5 * n), f"k{n}", 200_000)
        for n in range(3)
    ]
    record_plays(ann, plays, source="manual")
    return addresses(users=str(ann.pk), username="ann", pk=str(ann.pk))


def seen(client: Any, listened: list[str]) -> list[str]:
    """Where this client reads of Ann's listening, on whole pages and in their parts."""
    found = []
    for address in listened:
        for headers in ({}, {"HX-Request": "true", "HX-Target": "main"}):
            answer = client.get(address, headers=headers)
            assert answer.status_code < 500, address
            if answer.status_code == 200 and WORDS in content(answer) and not CATALOGUE.match(address):
                found.append(address)
    return found


def content(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


def show(ann: User, visibility: str) -> None:
    people.change_settings(by=Actor(user=ann), visibility=visibility)


def test_a_change_counts_at_once_everywhere(ann, bea, mo, olga, carl, bot, listened, web):
    members = {name: web(person) for name, person in (("bea", bea), ("mo", mo), ("olga", olga))}
    others = {"visitor": Client(), "carl": web(carl)}

    def who_sees() -> set[str]:
        return {name for name, client in (members | others).items() if seen(client, listened)}

    assert who_sees() == {"bea", "mo", "olga"}
    show(ann, "nobody")
    assert who_sees() == set()
    show(ann, "public")
    assert who_sees() == {"bea", "mo", "olga", "visitor", "carl"}
    show(ann, "nobody")
    assert who_sees() == set()
    assert seen(bot, listened) == []
    assert seen(web(ann), listened)
    show(ann, "public")
    leave(by=Actor(user=ann), confirm="ann", password=PASSWORD)
    assert who_sees() == set()  # before any job
    drain()
    assert who_sees() == set()


def test_a_ban_hides_it_at_once(ann, bea, olga, listened, web):
    show(ann, "public")
    client = web(bea)
    assert seen(client, listened)
    people.ban(ann, by=Actor(user=olga), reason="Spam")
    assert seen(client, listened) == []
    assert seen(Client(), listened) == []
