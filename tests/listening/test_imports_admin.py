"""What moderators see of imports: that one failed and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from listening.models import ListenImport
from listening.services.imports import fail_import, start_import
from sidetrack.actors import Actor
from sidetrack.models import User
from tests.listening.histories import spotify_file

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]
DESK = "/admin/listening/listenimport/"


@pytest.fixture
def failed(ann: User) -> ListenImport:
    row = start_import(ContentFile(spotify_file(1), name="secret-name.json"), by=Actor(user=ann), queue=False)
    fail_import(row.pk, "The disk was full.")
    return row


def test_a_moderator_reads_that_an_import_failed_and_why(web: Web, mo: User, failed: ListenImport) -> None:
    for address in (DESK, f"{DESK}{failed.pk}/change/"):
        page = web(mo).get(address).content.decode()
        assert "The disk was full." in page
        assert "secret-name" not in page


def test_an_import_that_did_not_fail_is_nobodys_business(web: Web, mo: User, ann: User) -> None:
    row = start_import(ContentFile(spotify_file(1), name="history.json"), by=Actor(user=ann), queue=False)
    assert web(mo).get(f"{DESK}{row.pk}/change/").status_code == 302
    assert "spotify_extended" not in web(mo).get(DESK).content.decode().split("</aside>")[-1]


def test_nobody_writes_there(web: Web, mo: User, failed: ListenImport) -> None:
    assert web(mo).get(f"{DESK}add/").status_code == 403
    assert web(mo).post(f"{DESK}{failed.pk}/delete/").status_code == 403
    web(mo).post(f"{DESK}{failed.pk}/change/", {"error": "No."})
    failed.refresh_from_db()
    assert failed.error == "The disk was full."


def test_members_and_strangers_have_no_desk(web: Web, ann: User, carl: User, failed: ListenImport) -> None:
    for who in (ann, carl, None):
        assert web(who).get(DESK).status_code in (302, 403)
