"""Sentences of the contract that a client of the API relies on, tried from outside."""

from __future__ import annotations

import pytest
from django.utils import timezone

from club.models import Nomination, Rating, Week
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE
from sidetrack.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderating(client_with):
    return client_with("moderate")


@pytest.fixture
def client_with(make_token):
    from rest_framework.test import APIClient

    def make(*scopes):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(*scopes)[1]}")
        return client

    return make


@pytest.fixture
def won(ann):
    album, _ = ensure_album(AlbumRef(title="Kid A", artist="Radiohead"), by=SITE, source="test")
    week = Week.objects.create(
        number=3,
        label="Week 3",
        date_discussion=timezone.now(),
        poll_closed_at=timezone.now(),
        winner_album=album,
        decided_by="votes",
        decided_at=timezone.now(),
    )
    Nomination.objects.create(week=week, user=ann, album=album)
    return week


def test_the_scope_to_moderate_is_enough_to_name_a_winner(moderating, won):
    other, _ = ensure_album(AlbumRef(title="Homogenic", artist="Björk"), by=SITE, source="test")
    body = {"album_id": other.pk, "reason": "The poll was miscounted."}
    answer = moderating.post(f"/api/v1/admin/weeks/{won.pk}/override-winner", body)
    assert (answer.status_code, answer.json()["winner"]["id"]) == (200, other.pk)
    event = AuditEvent.objects.get(verb="week.override_winner")
    assert (event.actor, event.token.scopes, event.reason) == (None, ["moderate"], "The poll was miscounted.")


def test_the_scope_to_moderate_is_enough_to_hide_a_review(moderating, won, ann):
    rating = Rating.objects.create(week=won, user=ann, album=won.winner_album, halves=9, review="Cold.")
    address = f"/api/v1/admin/reviews/{rating.pk}"
    assert moderating.delete(address).status_code == 204
    assert Rating.objects.get().hidden_at is not None
    assert moderating.post(f"{address}/restore").status_code == 200
    assert Rating.objects.get().hidden_at is None


def test_without_the_scope_nothing_is_moderated(client_with, won, ann):
    rating = Rating.objects.create(week=won, user=ann, album=won.winner_album, halves=9, review="Cold.")
    assert client_with("club:write").delete(f"/api/v1/admin/reviews/{rating.pk}").status_code == 403
    assert Rating.objects.get().hidden_at is None


def test_a_discord_member_without_a_nickname_has_a_null_name(bot, won):
    unnamed = {"user": {"discord_id": "4712", "display_name": None}, "rating": "4.0"}
    answer = bot.post(f"/api/v1/club/weeks/{won.pk}/ratings", unnamed)
    assert answer.status_code == 201
    named = {"user": {"discord_id": "4712", "display_name": "Zoë"}, "rating": "4.0"}
    assert bot.post(f"/api/v1/club/weeks/{won.pk}/ratings", named).json()["user_id"] == answer.json()["user_id"]


@pytest.mark.parametrize(
    ("titles", "artists"),
    [
        (("Candidate A", "Candidate B"), ("Somebody", "Somebody")),
        (("T0 953832087", "V0 953832087"), ("Somebody", "Somebody")),
        (("Record aaaa1111", "Record aaab1111"), ("Somebody", "Somebody")),
        (("Same Record", "Same Record"), ("Performer A", "Performer B")),
    ],
)
def test_albums_told_apart_by_a_letter_stay_apart(bot, titles, artists):
    ids = {
        bot.post("/api/v1/music/albums", {"title": title, "artist": artist}).json()["id"]
        for title, artist in zip(titles, artists, strict=True)
    }
    assert len(ids) == 2


@pytest.mark.parametrize("address", ["club/weeks", "music/search?q=kid", "auth/links", "users/me/listens/recent"])
def test_every_list_has_the_shape_of_lists(api, ann, won, address):
    assert {"next", "previous", "results"} <= set(api(ann).get(f"/api/v1/{address}").json())


@pytest.mark.parametrize("address", ["/health", "/health/", "/api/v1/health", "/api/v1/health/"])
def test_health_is_found_below_the_base_too(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer.json()["checks"]["database"]) == (200, "ok")


def test_the_document_writes_addresses_as_the_contract_does(client):
    paths = client.get("/api/v1/schema/").json()["paths"]
    assert {"/health", "/api/v1/club/weeks", "/api/v1/club/weeks/{id}/votes/summary"} <= set(paths)
    assert [path for path in paths if path.endswith("/")] == []
