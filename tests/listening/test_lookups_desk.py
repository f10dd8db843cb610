"""Looking albums up from the moderators' desk."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from listening.models import Album, AlbumLookup
from sidetrack.models import AuditEvent, JobRun
from tests.listening.outside import ensure

pytestmark = pytest.mark.django_db
LIST = reverse("admin:listening_album_changelist")


@pytest.fixture
def album(db: None) -> Album:
    album = ensure("Blue", "Joni Mitchell")
    AlbumLookup.objects.create(
        album=album, source="deezer", state="failed", detail="Deezer stopped answering.", looked_at=timezone.now()
    )
    return album


def test_the_desk_shows_how_each_source_did(web, mo, album):
    page = web(mo).get(reverse("admin:listening_album_change", args=[album.pk])).content.decode()
    assert "Deezer stopped answering." in page


def test_a_moderator_has_it_asked_anew(web, mo, album):
    address = reverse("admin:listening_album_look_up", args=[album.pk])
    assert web(mo).get(address).status_code == 200
    assert not JobRun.objects.exists()
    assert web(mo).post(address, {"reason": "they mended it"}).status_code == 302
    assert JobRun.objects.get().args == {"album_id": album.pk, "fresh": True}
    assert AuditEvent.objects.get(verb="look_up_album").reason == "they mended it"


def test_a_moderator_has_several_looked_up(web, mo, album):
    others = [ensure(title, "Joni Mitchell") for title in ("Hejira", "Court and Spark")]
    chosen = [one.pk for one in (album, *others)]
    web(mo).post(LIST, {"action": "look_up_chosen", "_selected_action": chosen})
    assert JobRun.objects.get().args["album_ids"] == sorted(chosen)


def test_nobody_else_has_anything_looked_up_at_the_desk(web, ann, carl, album):
    for who in (None, carl, ann):
        web(who).post(reverse("admin:listening_album_look_up", args=[album.pk]), {"reason": "x"})
        web(who).post(LIST, {"action": "look_up_chosen", "_selected_action": [album.pk]})
    assert not JobRun.objects.exists()


def test_albums_that_failed_are_filtered_and_listed_once(web, mo, album):
    AlbumLookup.objects.create(album=album, source="itunes", state="failed")
    ensure("Hejira", "Joni Mitchell")
    page = web(mo).get(LIST, {"lookups__state__exact": "failed"}).content.decode()
    assert page.count(reverse("admin:listening_album_change", args=[album.pk])) == 1
    assert "Hejira" not in page


def test_the_list_takes_as_many_queries_for_ten_albums_as_for_one(web, mo, album):
    client = web(mo)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked)

    queries()
    few = queries()
    for at in range(10):
        ensure(f"Unlike {at * 'x'}", "Somebody")
    assert queries() == few
