"""Moderators put names and tags right, at the desk and through its services."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from listening.models import Album, AlbumTag, Artist, Tag
from listening.services.catalogue import AlbumRef, ensure_album, tag_album
from listening.services.repairing import add_tags, remove_tag, rename_artist, rename_tag, repair_album
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, Invalid, NotAllowed
from sidetrack.models import AuditEvent

pytestmark = pytest.mark.django_db


def ensure(title: str, artist: str, **known) -> Album:
    return ensure_album(AlbumRef(title=title, artist=artist, **known), by=SITE, source="test")[0]


@pytest.fixture
def by(mo) -> Actor:
    return Actor(user=mo)


@pytest.fixture
def album(db) -> Album:
    album = ensure("OK Computre", "Radiohead", year=1987)
    tag_album(album, genres=["Rokc", "pop"], decade="", country="GB", source="nomination", by=SITE)
    return album


def test_a_repair_moves_the_matching_keys_and_the_decade(album, by):
    repair_album(album, by=by, title="OK Computer", year=1997, reason="typed wrongly")
    album.refresh_from_db()
    assert (album.title, album.folded_title, album.year) == ("OK Computer", "ok computer", 1997)
    assert list(AlbumTag.objects.filter(album=album, source="year").values_list("tag__name", flat=True)) == ["1990s"]
    assert ensure("OK Computer", "Radiohead") == album


def test_a_repair_says_who_what_and_why(album, by, mo):
    repair_album(album, by=by, title="OK Computer", reason="typed wrongly")
    event = AuditEvent.objects.get(verb="repair_album")
    assert (event.actor, event.reason) == (mo, "typed wrongly")
    assert (event.before["title"], event.after["title"]) == ("OK Computre", "OK Computer")


def test_a_repair_that_changes_nothing_leaves_no_trace(album, by):
    repair_album(album, by=by, title=album.title, year=album.year)
    assert not AuditEvent.objects.exists()


def test_a_taken_name_is_refused_with_the_other_album(album, by):
    other = ensure("Kid A", "Radiohead")
    with pytest.raises(Conflict, match=rf"Kid A by Radiohead \(number {other.pk}\)"):
        repair_album(album, by=by, title="KID A")
    album.refresh_from_db()
    assert album.title == "OK Computre"


@pytest.mark.parametrize(
    ("values", "attr"),
    [({"title": " "}, "title"), ({"year": 1}, "year"), ({"cover_url": "javascript:x"}, "cover_url")],
)
def test_odd_values_are_refused_by_their_field(album, by, values, attr):
    with pytest.raises(Invalid) as refusal:
        repair_album(album, by=by, **values)
    assert refusal.value.attr == attr


def test_only_moderators_repair(album, ann):
    by = Actor(user=ann)
    said = AlbumTag.objects.filter(album=album).first()
    for act in (
        lambda: repair_album(album, by=by, title="X"),
        lambda: rename_artist(Artist.objects.get(), "X", by=by),
        lambda: rename_tag(Tag.objects.first(), "X", by=by),
        lambda: remove_tag(said, by=by),
        lambda: add_tags(album, genres=["x"], decade="", country="", by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_an_artist_is_renamed_but_not_into_another(album, by):
    ensure("Debut", "Björk")
    artist = Artist.objects.get(name="Radiohead")
    assert rename_artist(artist, "RADIOHEAD", by=by).name == "RADIOHEAD"
    with pytest.raises(Conflict, match="Björk"):
        rename_artist(artist, "bjork", by=by)


def test_a_misspelled_tag_becomes_the_right_one(album, by):
    other = ensure("Nevermind", "Nirvana")
    tag_album(other, genres=["Rock"], source="nomination", by=SITE)
    tag_album(album, genres=["Rock"], source="nomination", by=SITE)
    right = rename_tag(Tag.objects.get(name="Rokc"), "ROCK", by=by)
    assert right.name == "Rock"
    assert sorted(Tag.objects.filter(kind="genre").values_list("name", flat=True)) == ["Rock", "pop"]
    assert AlbumTag.objects.filter(album=album, tag=right).count() == 1


def test_a_tag_is_taken_off_and_put_on(album, by):
    remove_tag(AlbumTag.objects.get(album=album, tag__name="Rokc"), by=by, reason="not a word")
    add_tags(album, genres=["Art Rock"], decade="", country="", by=by)
    assert sorted(AlbumTag.objects.filter(album=album, tag__kind="genre").values_list("tag__name", "source")) == [
        ("Art Rock", "moderator"),
        ("pop", "nomination"),
    ]
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {"remove_tag", "add_tags"}


def act_of(model: str, pk: int, act: str) -> str:
    return reverse(f"admin:listening_{model}_{act}", args=[pk])


def test_the_desk_repairs_an_album(web, mo, album):
    page = web(mo).get(act_of("album", album.pk, "repair"))
    assert "OK Computre" in page.content.decode()
    values = {"title": "OK Computer", "artist_credit": "Radiohead", "year": "1997", "cover_url": "", "reason": "typo"}
    assert web(mo).post(act_of("album", album.pk, "repair"), values).status_code == 302
    album.refresh_from_db()
    assert (album.title, album.year) == ("OK Computer", 1997)


def test_the_desk_shows_why_a_repair_is_refused(web, mo, album):
    ensure("Kid A", "Radiohead")
    values = {"title": "Kid A", "artist_credit": "Radiohead", "year": "", "cover_url": "", "reason": "typo"}
    page = web(mo).post(act_of("album", album.pk, "repair"), values)
    assert page.status_code == 200
    assert "There is an album of this name already" in page.content.decode()


def test_the_desk_tags_and_untags(web, mo, album):
    values = {"genres": "Art Rock, Rock", "decade": "", "country": "", "reason": "missing"}
    assert web(mo).post(act_of("album", album.pk, "add_tags"), values).status_code == 302
    said = AlbumTag.objects.get(album=album, tag__name="Art Rock")
    assert web(mo).post(act_of("album", album.pk, "remove_tag"), {"tag": said.pk, "reason": "no"}).status_code == 302
    other = AlbumTag.objects.exclude(pk=said.pk).filter(album=album).first()
    assert not AlbumTag.objects.filter(pk=said.pk).exists()
    elsewhere = ensure("Debut", "Björk")
    answer = web(mo).post(act_of("album", elsewhere.pk, "remove_tag"), {"tag": other.pk, "reason": "no"})
    assert answer.status_code == 200
    assert AlbumTag.objects.filter(pk=other.pk).exists()


def test_the_desk_renames_artists_and_tags(web, mo, album):
    artist, tag = Artist.objects.get(), Tag.objects.get(name="Rokc")
    assert web(mo).post(act_of("artist", artist.pk, "rename"), {"name": "RH", "reason": "x"}).status_code == 302
    assert web(mo).post(act_of("tag", tag.pk, "rename"), {"name": "Pop", "reason": "x"}).status_code == 302
    assert Artist.objects.get().name == "RH"
    assert not Tag.objects.filter(pk=tag.pk).exists()


def test_the_desk_is_shut_for_others(web, ann, carl, album):
    addresses = [act_of("album", album.pk, "repair"), reverse("admin:listening_album_changelist")]
    for person in (ann, carl, None):
        for address in addresses:
            assert web(person).get(address).status_code in (302, 403)
        web(person).post(addresses[0], {"title": "X", "artist_credit": "X", "reason": "x"})
    assert Album.objects.get(pk=album.pk).title == "OK Computre"


@pytest.mark.parametrize("model", ["album", "artist", "track", "tag"])
def test_lists_at_the_desk_are_searched_in_constant_queries(web, mo, model):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert web(mo).get(reverse(f"admin:listening_{model}_changelist"), {"q": "o"}).status_code == 200
        return len(seen)

    ensure("Only", "One", year=1990)
    few = queries()
    for number in range(12):
        album = ensure(f"Album no. {number} of many", f"Someone {number}", year=1990)
        tag_album(album, genres=[f"rock {number}"], source="test", by=SITE)
    assert queries() <= few + 1


@pytest.mark.parametrize("model", ["album", "artist", "tag"])
def test_pages_at_the_desk_open(web, mo, album, model):
    pk = {"album": album.pk, "artist": Artist.objects.get().pk, "tag": Tag.objects.first().pk}[model]
    assert web(mo).get(act_of(model, pk, "change")).status_code == 200
