"""The pages of merging: for moderators, with both sides, what will happen, progress and undo."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.models import Album, Artist, ExternalId, LookAlike, Merge
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.lookalikes import note_pairs
from listening.services.merging import merge_entries
from sidetrack.actors import SITE, Actor
from sidetrack.services.erasing import leave
from tests.conftest import PASSWORD
from tests.jobs import drain
from tests.listening.merging import heard, merge

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/merging/",
    "/merging/history/",
    "/merging/album/{one}/",
    "/merging/album/{one}/{other}/",
    "/merging/merges/{merge}/",
]
POSTS = [
    "/merging/album/{one}/{other}/",
    "/merging/pairs/{pair}/dismiss/",
    "/merging/pairs/{pair}/again/",
    "/merging/merges/{merge}/undo/",
]


@pytest.fixture
def two(db) -> tuple[Album, Album]:
    return album("Debut", "Bjork Gudmundsdottir", 1993), album("Debut", "Björk")


def album(title: str, artist: str, year: int | None = None) -> Album:
    return ensure_album(AlbumRef(title=title, artist=artist, year=year), by=SITE, source="test")[0]


@pytest.fixture
def ids(two) -> dict[str, int]:
    note_pairs("album", [(two[0].pk, two[1].pk)], why="ids")
    done = merge(album("Post", "B"), album("Post", "Björk"))
    return {"one": two[0].pk, "other": two[1].pk, "merge": done.pk, "pair": LookAlike.objects.get().pk}


def test_every_page_leads_moderators_to_merging_and_nobody_else(ann, mo, web):
    assert 'href="/merging/"' in web(mo).get("/weeks/").content.decode()
    assert 'href="/merging/"' not in web(ann).get("/weeks/").content.decode()
    assert 'href="/merging/"' not in web(None).get("/weeks/").content.decode()


def test_only_moderators_find_anything_here(ann, carl, mo, olga, web, ids):
    for address in ADDRESSES:
        path = address.format(**ids)
        assert web(None).get(path).status_code == 302
        assert [web(person).get(path).status_code for person in (ann, carl, mo, olga)] == [404, 404, 200, 200], path
    for address in POSTS:
        path = address.format(**ids)
        assert [web(person).post(path).status_code for person in (None, ann, carl)] == [302, 404, 404], path
    assert Merge.objects.get(pk=ids["merge"]).state == "done"
    assert LookAlike.objects.get().state == "open"


@pytest.mark.parametrize(
    "path", ["/merging/week/1/", "/merging/album/99999/", "/merging/album/1/99999/", "/merging/merges/99999/"]
)
def test_what_is_not_there_is_not_found(mo, web, path):
    assert web(mo).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/merging/?kind=album&dismissed=x", "/merging/?page=x", "/merging/?dismissed=²"])
def test_odd_addresses_do_no_harm(mo, web, path):
    assert web(mo).get(path).status_code == 200


def test_a_pair_is_compared_merged_watched_and_undone(ann, mo, web, two):
    heard(ann, "Crying", "Bjork Gudmundsdottir", "Debut")
    ExternalId.objects.create(scheme="spotify", value="x" * 22, album=two[0])
    note_pairs("album", [(two[0].pk, two[1].pk)], why="people")
    desk = web(mo)
    listed = desk.get("/merging/").content.decode()
    assert "Bjork Gudmundsdottir" in listed
    assert "credited otherwise" in listed
    address = f"/merging/album/{two[0].pk}/{two[1].pk}/"
    compared = desk.get(address).content.decode()
    assert "It takes the year 1993 from the other." in compared
    assert f"/merging/album/{two[1].pk}/{two[0].pk}/" in compared
    assert "x" * 22 in compared
    answer = desk.post(address, {"reason": "One spelling."}, follow=True)
    assert "Moving its plays" in answer.content.decode()
    assert 'hx-trigger="every 1s"' in answer.content.decode()
    drain()
    merged = Merge.objects.get()
    assert (merged.by, merged.reason, merged.state) == (mo, "One spelling.", "done")
    part = desk.get(f"/merging/merges/{merged.pk}/", headers={"HX-Target": "merge"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert "1 play moved" in part
    answer = desk.post(f"/merging/merges/{merged.pk}/undo/", follow=True)
    assert "are two again" in answer.content.decode()
    drain()
    assert "1 play went back" in desk.get(f"/merging/merges/{merged.pk}/").content.decode()


def test_warnings_have_to_be_ticked_and_what_was_typed_stays(mo, web, two):
    Album.objects.filter(pk=two[1].pk).update(year=1970)
    address = f"/merging/album/{two[0].pk}/{two[1].pk}/"
    refused = web(mo).post(address, {"reason": "Because I say so."})
    assert refused.status_code == 409
    assert "1993 and 1970" in refused.content.decode()
    assert "Because I say so." in refused.content.decode()
    assert web(mo).post(address, {"meant": "on"}).status_code == 302
    assert Merge.objects.count() == 1


def test_a_pair_that_is_not_the_same_goes_and_comes_back(mo, web, two):
    note_pairs("album", [(two[0].pk, two[1].pk)], why="ids")
    pair = LookAlike.objects.get()
    said = web(mo).post(f"/merging/pairs/{pair.pk}/dismiss/", follow=True).content.decode()
    assert "No albums look alike" in said
    assert f"/merging/pairs/{pair.pk}/again/" in said
    assert f"/merging/pairs/{pair.pk}/again/" in web(mo).get("/merging/history/").content.decode()
    assert web(mo).post(f"/merging/pairs/{pair.pk}/again/").status_code == 302
    pair.refresh_from_db()
    assert pair.state == "open"


def test_the_other_one_is_found_by_name(mo, web, two, ann):
    heard(ann, "Crying", "Björk Orkestra")
    artist = Artist.objects.get(folded="bjork orkestra")
    found = web(mo).get(f"/merging/artist/{artist.pk}/?q=bjork").content.decode()
    assert f"/merging/artist/{artist.pk}/{Artist.objects.get(folded='bjork').pk}/" in found
    assert f"/merging/artist/{artist.pk}/{artist.pk}/" not in found
    assert (
        f"/merging/album/{two[0].pk}/{two[1].pk}/"
        in web(mo).get(f"/merging/album/{two[0].pk}/?q=debut").content.decode()
    )
    assert "no other track" in web(mo).get(f"/merging/track/{heard_track(ann)}/?q=zzzz").content.decode()


def heard_track(person) -> int:
    from listening.models import Track

    heard(person, "Army of Me", "Björk")
    return Track.objects.get(title="Army of Me").pk


def test_an_alias_leads_back_with_a_sentence(mo, web, two):
    merge(*two)
    answer = web(mo).get(f"/merging/album/{two[0].pk}/{two[1].pk}/", follow=True)
    assert "already" in answer.content.decode()


def test_an_undo_that_is_refused_says_why(mo, web, two):
    first = merge(*two)
    merge(two[1], album("Debut", "Bjoerk"))
    answer = web(mo).post(f"/merging/merges/{first.pk}/undo/", follow=True)
    assert "Undo that first" in answer.content.decode()


def test_the_desk_shows_aliases_and_leads_to_the_review(mo, web, two):
    merge(*two)
    note_pairs("artist", [tuple(Artist.objects.values_list("pk", flat=True))], why="spelling")
    desk = web(mo)
    assert "1 pair of music may be the same" in desk.get("/admin/").content.decode()
    for name, row in (("album", two[0]), ("artist", Artist.objects.first())):
        assert desk.get(f"/admin/listening/{name}/").status_code == 200
        page = desk.get(f"/admin/listening/{name}/{row.pk}/change/").content.decode()
        assert "Merge with another" in page
    assert str(two[1]) in desk.get(f"/admin/listening/album/{two[0].pk}/change/").content.decode()
    assert desk.get(f"/admin/listening/album/{two[1].pk}/merge-with/").url == f"/merging/album/{two[1].pk}/"
    assert desk.get("/admin/listening/merge/").status_code == 200
    assert desk.get(f"/admin/listening/merge/{Merge.objects.get().pk}/change/").status_code == 200


def test_rows_cost_no_queries(mo, web):
    desk, asked = web(mo), []
    for start, end in ((0, 3), (3, 15)):
        for n in range(start, end):
            pair = album(f"Album {n}", "A"), album(f"Album {n}", "B")
            note_pairs("album", [(pair[0].pk, pair[1].pk)], why="people")
            merge_entries("album", album(f"M {n}", "A").pk, album(f"M {n}", "B").pk, by=SITE)
        for path in ("/merging/", "/merging/history/", "/admin/listening/merge/", "/admin/listening/album/"):
            with CaptureQueriesContext(connection) as counted:
                desk.get(path)
            asked.append(len(counted))
    assert asked[:4] == asked[4:]


def test_whoever_merged_is_named_until_they_leave(mo, olga, web):
    done = merge(album("Post", "B"), album("Post", "Björk"), by=Actor(user=mo))
    addresses = (f"/merging/merges/{done.pk}/", "/merging/history/")
    client = web(olga)
    for address in addresses:
        assert "by Mo Derator" in client.get(address).content.decode()
    leave(by=Actor(user=mo), confirm="mo", password=PASSWORD)
    for _ in range(2):  # before the job has been through, and after
        for address in addresses:
            text = client.get(address).content.decode()
            assert "by a former member" in text
            assert f"former-{mo.pk}" not in text
        drain()
