"""Every list page and endpoint asks the database as often for many rows as for few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from club.models import Week
from club.services.nominations import nominate
from club.services.polls import close_poll
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import create_week
from listening.models import Album, ListenEvent, ListenImport, Removal
from listening.services.catalogue import AlbumRef
from listening.services.forgetting import forget_listen
from listening.services.listens import record_plays
from sidetrack.actors import SITE, Actor
from sidetrack.jobs import enqueue
from sidetrack.models import DataExport, Erasure, Follow, ServiceToken
from sidetrack.services.invites import make_invite
from tests.conftest import make_person
from tests.listening.plays import play

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/weeks/",
    "/weeks/1/",
    "/albums/{album}/",
    "/albums/{album}/tracks/",
    "/search/?q=album",
    "/people/ann/",
    "/people/ann/?period=all&all=1",
    "/people/ann/listening/?period=all",
    "/people/ann/listening/tracks/?period=all",
    "/members/",
    "/settings/",
    "/settings/data/",
    "/imports/",
    "/listening/sources/",
    "/listening/plays/deleted/",
    "/api/v1/club/weeks",
    "/api/v1/club/weeks/{week}",
    "/api/v1/club/weeks/{week}/nominations",
    "/api/v1/club/weeks/{week}/votes/summary",
    "/api/v1/club/weeks/{week}/ratings",
    "/api/v1/club/weeks/{week}/ratings/summary",
    "/api/v1/music/search?q=album",
    "/api/v1/music/albums",
    "/api/v1/music/albums/{album}",
    "/api/v1/imports",
    "/api/v1/users/{ann}",
    "/api/v1/users/{ann}/followers",
    "/api/v1/users/{ann}/following",
    "/api/v1/users/{ann}/listens/recent",
    "/api/v1/users/{ann}/summary?period=all",
    *(
        f"/api/v1/users/{{ann}}/listening/{part}?period=all"
        for part in ("clock", "days", "streaks", "firsts", "top/albums")
    ),
]
DESK = [
    "/admin/",
    "/admin/search/?s=a",
    *(f"/admin/sidetrack/{name}/" for name in ("auditevent", "job", "jobrun", "user", "invite", "servicetoken")),
    *(f"/admin/sidetrack/{name}/" for name in ("dataexport", "erasure")),
    "/admin/integrations/linkedaccount/",
    *(f"/admin/listening/{name}/" for name in ("album", "artist", "track", "tag", "listenimport", "removal")),
    *(f"/admin/club/{name}/" for name in ("nomination", "rating", "week")),
    "/admin/club/week/{week}/change/",
    "/admin/sidetrack/user/{ann}/change/",
    "/admin/listening/album/{album}/change/",
]


def grow(ann, mo, start: int, end: int) -> None:
    """More of everything that a list may show; Ann has a share in all of it."""
    first = Week.objects.filter(number=1).first()
    first = first or create_week(number=1, date_discussion=timezone.now() + timedelta(days=2), by=SITE)[0]
    for n in range(start, end):
        other = make_person(f"other{n}", display_name=f"Other {n}")
        DataExport.objects.create(user=other, state="done")
        Erasure.objects.create(user=other)
        Follow.objects.create(follower=other, followed=ann)
        Follow.objects.create(follower=ann, followed=other)
        ref = AlbumRef(title=f"Album {n}", artist=f"Artist {n}", year=1970 + n)
        tags = {"genres": [f"genre {n}", "common"], "country": "GB"}
        nomination = nominate(first, by=Actor(user=other), album=ref, tags=tags, pitch="x").nomination
        cast_vote(first, by=Actor(user=other), rank=1, nomination_id=nomination.pk)
        week = create_week(number=100 + n, date_discussion=timezone.now() - timedelta(days=n), by=SITE)[0]
        own = nominate(week, by=Actor(user=ann), album=AlbumRef(title="Album 0", artist="Artist 0")).nomination
        nominate(week, by=Actor(user=other), album=ref)
        cast_vote(week, by=Actor(user=other), rank=1, nomination_id=own.pk)
        close_poll(week, by=Actor(user=mo))
        for person in (ann, other):
            rate(week, by=Actor(user=person), rating="4.5", review=f"Review {n}")
        row = ListenImport.objects.create(user=ann, file_name=f"{n}.json", state="done")
        Removal.objects.create(user=ann, listen_import=row, state=["done", "failed"][n % 2])
        enqueue("refresh_album", {"album_id": own.album_id}, key=f"a{n}", by=mo)
        ServiceToken.objects.create(name=f"t{n}", prefix=f"st_{n}", secret_hash=f"h{n}", scopes=[])
        make_invite(by=Actor(user=mo))
        record_plays(ann, [play(f"Song {n} {i}", f"Artist {n}", f"Album {n}") for i in range(4)], source="manual")
        forget_listen(ListenEvent.objects.filter(user=ann).latest("pk").pk, by=Actor(user=ann))


def asked(client: Client, pages: list[str], **ids: int) -> dict[str, int]:
    found = {}
    for page in pages:
        for cache in caches.all():
            cache.clear()
        with CaptureQueriesContext(connection) as counted:
            response = client.get(page.format(**ids))
        assert response.status_code in (200, 405), (page, response.status_code)
        found[page] = len(counted)
    return found


@pytest.mark.parametrize(("who", "pages"), [("ann", PAGES), ("olga", PAGES), ("olga", DESK)])
def test_rows_cost_no_queries(ann, mo, olga, web, who, pages):
    client = web({"ann": ann, "olga": olga}[who])
    grow(ann, mo, 0, 4)
    ids = {"week": Week.objects.get(number=1).pk, "ann": ann.pk, "album": Album.objects.get(title="Album 0").pk}
    few = asked(client, pages, **ids)
    grow(ann, mo, 4, 14)
    many = asked(client, pages, **ids)
    assert {page: (few[page], many[page]) for page in pages if many[page] > few[page]} == {}
    assert max(many.values()) <= 40, many
