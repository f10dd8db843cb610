"""The pages by which a member takes listens back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listening.models import ForgottenListen, ListenEvent, ListenImport, Removal
from listening.services.forgetting import forget_listen
from listening.services.imports import fail_import, start_import
from listening.services.listens import record_plays
from listening.services.removing import remove_source
from sidetrack.actors import Actor
from sidetrack.models import JobRun, User
from tests.jobs import drain
from tests.listening.histories import spotify_file, spotify_row
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]


def imported(data: bytes, user: User) -> ListenImport:
    row = start_import(ContentFile(data, name="history.json"), by=Actor(user=user))
    drain()
    return row


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def known_twice(user: User) -> None:
    """Three plays by a file, two of them known from Last.fm too, and one more from there."""
    imported(spotify_file(3), user)
    record_plays(user, [play(f"T{n}", "A") for n in range(3)], source="lastfm")
    ours = ListenEvent.objects.filter(user=user, source="spotify_history").order_by("pk")
    theirs = ListenEvent.objects.filter(user=user, source="lastfm").order_by("pk")
    ListenEvent.objects.filter(pk=theirs[0].pk).update(duplicate_of=ours[0])
    ListenEvent.objects.filter(pk=ours[1].pk).update(duplicate_of=theirs[1])


def test_an_import_is_taken_back_after_saying_what_is_lost(web: Web, ann: User) -> None:
    known_twice(ann)
    client, row = web(ann), ListenImport.objects.get()
    assert f"/imports/{row.pk}/undo/" in text(client, f"/imports/{row.pk}/")
    asked = text(client, f"/imports/{row.pk}/undo/")
    assert "3 listens" in asked
    assert "2 of them will stay counted: they are also known from Last.fm." in asked
    assert ListenEvent.objects.count() == 6
    going = client.post(f"/imports/{row.pk}/undo/")
    assert going.url == f"/listening/removals/{Removal.objects.get().pk}/"
    assert 'hx-trigger="every 1s"' in text(client, going.url)
    assert "Being taken back" in text(client, f"/imports/{row.pk}/")
    assert "being taken back" in text(client, "/imports/")
    drain()
    assert "3 listens went" in text(client, going.url)
    assert "Taken back" in text(client, f"/imports/{row.pk}/")
    assert "taken back" in text(client, "/imports/")
    assert client.get(f"/imports/{row.pk}/undo/").url == going.url
    assert ListenEvent.objects.filter(duplicate_of=None).count() == 3


def test_the_part_that_is_asked_for_again_is_no_whole_page(web: Web, ann: User) -> None:
    record_plays(ann, [play("T", "A")], source="lastfm")
    pk = remove_source("lastfm", by=Actor(user=ann)).pk
    part = web(ann).get(f"/listening/removals/{pk}/", headers={"HX-Target": "removal"}).content.decode()
    assert part.strip().startswith("<section")
    assert "<html" not in part


def test_the_sources_page_tells_what_each_brought(web: Web, ann: User, bea: User) -> None:
    assert "Bring your history" in text(web(ann), "/listening/sources/")
    known_twice(ann)
    record_plays(bea, [play("T", "A")], source="maloja")
    page = text(web(ann), "/listening/sources/")
    assert "Spotify history file" in page
    assert "Last.fm" in page
    assert "4 plays count" in page
    assert "Maloja" not in page
    assert "history.json" in text(web(ann), "/imports/?source=spotify_history")
    assert "history.json" not in text(web(ann), "/imports/?source=lastfm")


def test_a_source_is_deleted_only_with_its_name_typed(web: Web, ann: User) -> None:
    known_twice(ann)
    client = web(ann)
    address = "/listening/sources/lastfm/delete/"
    asked = text(client, address)
    assert "3 listens" in asked
    assert "2 of them will stay counted: they are also known from Spotify history file." in asked
    for typed in ("", "yes", "lastfm2"):
        assert client.post(address, {"name": typed}).status_code == 400
    assert not Removal.objects.exists()
    going = client.post(address, {"name": "last.FM "})
    drain()
    assert "Done." in text(client, going.url)
    assert not ListenEvent.objects.filter(source="lastfm").exists()
    assert client.get(address).status_code == 404


def test_an_open_import_of_the_source_is_named_before_its_plays_are_deleted(web: Web, ann: User) -> None:
    imported(spotify_file(3), ann)
    start_import(ContentFile(spotify_file(9), name="more.json"), by=Actor(user=ann))
    assert "is being read right now" in text(web(ann), "/listening/sources/spotify_history/delete/")


def test_a_failed_removal_says_so_and_can_be_asked_for_again(web: Web, ann: User) -> None:
    row = imported(spotify_file(3), ann)
    client = web(ann)
    going = client.post(f"/imports/{row.pk}/undo/").url
    JobRun.objects.filter(job__name="remove_listens").update(state="failed")
    Removal.objects.update(state="failed", error="The disk was full.")
    assert "The disk was full." in text(client, going)
    assert "The disk was full." in text(client, f"/imports/{row.pk}/")
    assert client.get(f"/imports/{row.pk}/undo/").status_code == 200
    client.post(f"/imports/{row.pk}/undo/")
    drain()
    assert not ListenEvent.objects.exists()


def test_one_play_is_deleted_after_asking_and_brought_back(web: Web, ann: User) -> None:
    record_plays(ann, [play("Loop", "Band"), play("Loop", "Band")], source="lastfm")
    client, pk = web(ann), ListenEvent.objects.latest("started_at").pk
    asked = text(client, f"/listening/plays/{pk}/delete/")
    assert "Loop" in asked
    assert "Known from Last.fm" in asked
    assert ListenEvent.objects.count() == 2
    gone = client.post(f"/listening/plays/{pk}/delete/", follow=True).content.decode()
    assert ListenEvent.objects.count() == 1
    assert f"/listening/plays/{pk}/bring-back/" in gone
    back = client.post(f"/listening/plays/{pk}/bring-back/", follow=True).content.decode()
    assert "Nothing is deleted" in back
    assert ListenEvent.objects.count() == 2
    assert client.post(f"/listening/plays/{pk}/bring-back/").status_code == 404


@pytest.mark.parametrize("who", ["bea", "carl", "mo", "olga"])
def test_what_is_anns_is_not_there_for_others(web: Web, ann: User, request: pytest.FixtureRequest, who: str) -> None:
    other = web(request.getfixturevalue(who))
    row = imported(spotify_file(3), ann)
    first, second = ListenEvent.objects.order_by("pk").values_list("pk", flat=True)[:2]
    gone = forget_listen(first, by=Actor(user=ann))
    removal = remove_source("spotify_history", by=Actor(user=ann)).pk
    both = [
        f"/imports/{row.pk}/undo/",
        "/listening/sources/spotify_history/delete/",
        f"/listening/plays/{second}/delete/",
    ]
    for address in (*both, f"/listening/removals/{removal}/", f"/imports/{row.pk}/rejected.csv"):
        assert other.get(address).status_code == 404, address
    for address in (*both, f"/listening/plays/{gone}/bring-back/"):
        assert other.post(address, {"name": "Spotify history file"}).status_code == 404, address
    assert "history.json" not in text(other, "/imports/")
    assert "Song" not in text(other, "/listening/plays/deleted/")
    assert "Spotify" not in text(other, "/listening/sources/").split("<main")[1].split("</main>")[0]
    assert ListenEvent.objects.count() == 2
    assert ForgottenListen.objects.count() == 1
    assert Removal.objects.count() == 1


def test_visitors_sign_in_first(web: Web, ann: User) -> None:
    row = imported(spotify_file(1), ann)
    pk = ListenEvent.objects.get().pk
    for address in (
        f"/imports/{row.pk}/undo/",
        f"/imports/{row.pk}/rejected.csv",
        "/listening/sources/",
        "/listening/sources/lastfm/delete/",
        f"/listening/plays/{pk}/delete/",
        "/listening/plays/deleted/",
        "/listening/removals/1/",
    ):
        answer = web(None).get(address)
        assert (answer.status_code, "login" in answer.url) == (302, True), address
    for address in (f"/imports/{row.pk}/undo/", f"/listening/plays/{pk}/delete/"):
        assert "login" in web(None).post(address).url
    assert ListenEvent.objects.count() == 1


def test_what_is_not_there_is_404(web: Web, ann: User) -> None:
    for address in (
        "/listening/sources/tape/delete/",
        "/listening/sources/lastfm/delete/",
        "/listening/removals/0/",
        f"/listening/removals/{10**30}/",
        f"/listening/plays/{2**63}/delete/",
        "/imports/99/undo/",
    ):
        assert web(ann).get(address).status_code == 404, address


def test_the_pages_take_the_same_queries_for_more_rows(web: Web, ann: User) -> None:
    client = web(ann)
    addresses = ("/listening/sources/", "/listening/plays/deleted/", "/imports/")

    def counted() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                text(client, address)
            counts.append(len(asked))
        return counts

    def one_more(n: int) -> None:
        imported(spotify_file(n + 1), ann)
        for source in ("lastfm", "maloja", "koito", "manual", "librefm")[: n + 1]:
            record_plays(ann, [play(f"T{n}", "A"), play("U", "A")], source=source)
        forget_listen(ListenEvent.objects.filter(source="lastfm").latest("pk").pk, by=Actor(user=ann))
        client.post(f"/imports/{ListenImport.objects.latest('pk').pk}/undo/")
        drain()

    one_more(0)
    text(client, "/imports/")
    few = counted()
    for n in range(1, 5):
        one_more(n)
    many = counted()
    assert all(after <= before for before, after in zip(few, many, strict=True)), (few, many)


def test_several_files_at_once_are_an_import_each(web: Web, ann: User) -> None:
    client = web(ann)
    files = [SimpleUploadedFile(f"{n}.json", spotify_file(n)) for n in (1, 2, 3)]
    answer = client.post("/imports/", {"file": files}, follow=True)
    assert "3 files came in" in answer.content.decode()
    assert sorted(ListenImport.objects.values_list("file_name", flat=True)) == ["1.json", "2.json", "3.json"]
    drain()
    assert ListenEvent.objects.count() == 3


def test_the_list_of_imports_is_asked_for_again_while_one_of_them_is_open(web: Web, ann: User) -> None:
    client = web(ann)
    files = [SimpleUploadedFile(f"{n}.json", spotify_file(n)) for n in (1, 2)]
    assert 'hx-select="#imports"' in client.post("/imports/", {"file": files}, follow=True).content.decode()
    drain()
    assert 'hx-select="#imports"' not in client.get("/imports/").content.decode()


def test_of_several_files_the_good_ones_are_read_and_the_others_named(web: Web, ann: User, settings: Any) -> None:
    files = [SimpleUploadedFile("good.json", spotify_file(1)), SimpleUploadedFile("bad.txt", b"hello")]
    answer = web(ann).post("/imports/", {"file": files})
    assert answer.status_code == 400
    assert "bad.txt: " in answer.content.decode()
    assert "1 file came in, 1 did not." in answer.content.decode()
    assert ListenImport.objects.get().file_name == "good.json"
    settings.RATE_LIMIT_UPLOADS = 4
    more = [SimpleUploadedFile(f"{n}.json", spotify_file(n)) for n in (2, 3, 4, 5)]
    answer = web(ann).post("/imports/", {"file": more})
    assert answer.status_code == 429
    assert "4.json: That was too much at once" in answer.content.decode()
    assert ListenImport.objects.count() == 3


def test_several_files_over_the_limit_together_are_refused_as_a_whole(web: Web, ann: User, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 1
    large = spotify_file(1) + b" " * 700_000
    files = [SimpleUploadedFile("1.json", large), SimpleUploadedFile("2.json", large + b" ")]
    answer = web(ann).post("/imports/", {"file": files})
    assert answer.status_code == 413
    assert "at most 1 MB" in answer.content.decode()
    assert not ListenImport.objects.exists()


def test_a_stopped_import_is_gone_on_with_by_its_member(web: Web, ann: User, bea: User) -> None:
    client = web(ann)
    client.post("/imports/", {"file": SimpleUploadedFile("history.json", spotify_file(3))})
    pk = ListenImport.objects.get().pk
    client.post(f"/imports/{pk}/cancel/")
    JobRun.objects.update(state="done")
    assert "Go on" in text(client, f"/imports/{pk}/")
    assert web(bea).post(f"/imports/{pk}/retry/").status_code == 404
    client.post(f"/imports/{pk}/retry/")
    drain()
    assert ListenEvent.objects.count() == 3


def test_rejected_rows_are_told_by_reason_in_pages_and_as_a_safe_table(web: Web, ann: User) -> None:
    rows = [spotify_row(n, ms_played="x") for n in range(150)] + [spotify_row(200, ts=None), spotify_row(201)]
    row = imported(json.dumps(rows).encode(), ann)
    client = web(ann)
    first = text(client, f"/imports/{row.pk}/")
    assert "1 of 7" in first
    assert "?page=2" in first
    assert '<td class="figures">151</td>' in text(client, f"/imports/{row.pk}/?page=7")
    row.rejects.filter(row=1).update(detail='=HYPERLINK("http://evil.example")')
    answer = client.get(f"/imports/{row.pk}/rejected.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 152
    assert lines[0] == "row,code,reason"
    assert lines[1].split(",", 2)[2].startswith("\"'=HYPERLINK")
    assert "attachment" in answer["Content-Disposition"]


def test_the_import_page_tells_what_was_taken_for_anothers_play(web: Web, ann: User) -> None:
    known_twice(ann)
    assert "taken for the same play as another source" in text(web(ann), f"/imports/{ListenImport.objects.get().pk}/")


def test_an_import_of_which_nothing_came_in_offers_no_taking_back(web: Web, ann: User) -> None:
    row = start_import(ContentFile(spotify_file(1), name="history.json"), by=Actor(user=ann))
    JobRun.objects.update(state="failed")
    fail_import(row.pk, "The disk was full.")
    assert f"/imports/{row.pk}/undo/" not in text(web(ann), f"/imports/{row.pk}/")
