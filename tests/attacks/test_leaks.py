"""A club full of secrets, read by everybody at every address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from club.models import Week
from club.services.nominations import nominate
from club.services.polls import close_poll
from club.services.ratings import hide_review, rate
from club.services.votes import cast_vote
from club.services.weeks import create_week
from integrations.types import Play
from listening.models import ListenEvent
from listening.services.catalogue import AlbumRef
from listening.services.imports import start_import
from listening.services.listens import record_plays
from sidetrack.actors import SITE, Actor
from sidetrack.models import User
from sidetrack.services import people
from tests.attacks.crawl import addresses
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

HIDDEN = "Hidden words nobody should read"
NAMELESS = "Words without a name"


@dataclass
class Secrets:
    ann: User
    nora: User
    bill: User
    addresses: list[str]


@pytest.fixture
def secrets(ann: User, bea: User, mo: User, olga: User, carl: User) -> Secrets:
    """Ann shows her listening to nobody, Nora keeps her name off, Bill is banned, Carl waits."""
    people.change_settings(by=Actor(user=ann), visibility="nobody")
    nora = make_person("nora", display_name="Nora Nameless", hide_name_on_reviews=True)
    bill = make_person("bill", display_name="Bill Banned", visibility="public")
    week, _ = create_week(number=1, date_discussion=timezone.now() + timedelta(days=2), by=SITE)
    made = nominate(week, by=Actor(user=bea), album=AlbumRef(title="Homogenic", artist="Bjork")).nomination
    nominate(week, by=Actor(user=bill), album=AlbumRef(title="Debut", artist="Bjork"))
    for voter in (bea, bill, nora):
        cast_vote(week, by=Actor(user=voter), rank=1, nomination_id=made.pk)
    close_poll(week, by=SITE)
    hidden, _ = rate(week, by=Actor(user=bea), rating="1.0", review=HIDDEN, favorite_track=HIDDEN)
    rate(week, by=Actor(user=nora), rating="4.5", review=NAMELESS)
    rate(week, by=Actor(user=bill), rating="2.5", review="Bill said this")
    hide_review(hidden.pk, by=Actor(user=mo), reason="Rude")
    record_plays(ann, [_play("Private track")], source=ListenEvent.Source.MANUAL)
    upload = SimpleUploadedFile(
        "anns diary.json", b'[{"ms_played": 1, "spotify_track_uri": null, "master_metadata_track_name": null}]'
    )
    own = start_import(upload, by=Actor(user=ann))
    people.ban(bill, by=Actor(user=olga), reason="Spam")
    ids = {"number": "1", "weeks": str(week.pk), "imports": str(own.pk), "nid": str(made.pk), "rating": str(hidden.pk)}
    ids |= {"albums": str(made.album_id), "nominations": str(made.pk)}
    found: set[str] = set()
    for person in (ann, bea, nora, bill, carl, mo):
        found |= set(addresses(**ids, users=str(person.pk), username=person.username))
    return Secrets(ann, nora, bill, sorted(found))


def _play(track: str) -> Play:
    heard = datetime.now(UTC) - timedelta(days=1)
    return Play(
        track=track,
        artist="Private artist",
        album="Private album",
        started_at=heard,
        source_key="k",
        ms_played=1,
        duration_ms=None,
        external_ids={},
    )


def texts(client: Any, secrets: Secrets, **headers: Any) -> dict[str, str]:
    """What this client reads, by address."""
    found = {}
    for address in secrets.addresses:
        more = "?q=private" if "search" in address else ""
        answer = client.get(address + more, headers={"HX-Request": "true", "HX-Target": "import"} | headers)
        assert answer.status_code < 500, address
        if answer.status_code == 200:
            found[address] = answer.content.decode()
    return found


def where(found: dict[str, str], words: str) -> list[str]:
    return [address for address, text in found.items() if words.lower() in text.lower()]


CATALOGUE = ("/search", "/api/v1/music", "/albums/")


@pytest.mark.parametrize("who", ["visitor", "carl", "bea", "mo", "olga", "bot", "bill"])
def test_nobody_reads_what_is_not_theirs(secrets: Secrets, who: str, bot: APIClient, bea: User, carl: User) -> None:
    client: Any = bot if who == "bot" else Client()
    if who not in ("visitor", "bot"):
        client.force_login(User.objects.get(username=who), backend="django.contrib.auth.backends.ModelBackend")
    found = texts(client, secrets)
    assert "/api/v1/club/weeks" in found
    listened = [one for one in where(found, "private") if not one.startswith(CATALOGUE) and one != "/imports/"]
    assert listened == []
    assert where(found, "diary") == []
    assert bool(where(found, HIDDEN)) == (who == "bea")  # its author
    if who != "carl" and who not in ("mo", "olga"):
        assert where(found, "Stranger") == []
    if who not in ("mo", "olga"):
        assert where(found, "Bill Banned") == []
    for person in ("ann", "bea", "nora", "bill", "carl", "mo"):
        if person != who:
            assert where(found, f"{person}@example.com") == []
    for one in where(found, NAMELESS):
        assert "nora" not in found[one].lower(), one


@pytest.mark.parametrize("who", ["visitor", "carl", "bill", "worker"])
def test_a_closed_club_tells_nothing(
    secrets: Secrets, who: str, settings: Any, carl: User, make_token: Callable[..., tuple[object, str]]
) -> None:
    settings.CLUB_PUBLIC = False
    User.objects.exclude(username="bill").update(visibility="public")
    client = Client()
    headers = {}
    if who == "worker":
        headers = {"Authorization": f"Bearer {make_token('jobs:manage')[1]}"}
    elif who != "visitor":
        client.force_login(User.objects.get(username=who), backend="django.contrib.auth.backends.ModelBackend")
    found = texts(client, secrets, **headers)
    for words in (
        "Homogenic",
        "Debut",
        "Bjork",
        "Private track",
        "Private artist",
        NAMELESS,
        HIDDEN,
        "Ann Arbor",
        "Bea Bell",
        "Nora",
        "Bill said",
    ):
        assert where(found, words) == [], words


def test_the_etag_of_a_week_cannot_be_worked_out_from_guessed_ballots(secrets: Secrets, settings: Any) -> None:
    """It is made of who voted for what; only the site's own key makes it."""
    address = f"/api/v1/club/weeks/{Week.objects.get().pk}"
    before = Client().get(address)["ETag"]
    settings.SECRET_KEY = "another key " * 5
    assert Client().get(address)["ETag"] != before
