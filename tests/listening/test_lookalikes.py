"""Pairs that may be one: found in bounded time, decided once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.models import Album, AlbumArtist, Artist, ExternalId, LookAlike, Track
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.lookalikes import bring_up_again, dismiss, find_lookalikes, loose_key, note_pairs
from sidetrack.actors import SITE, Actor
from sidetrack.errors import NotAllowed, NotFound
from tests.jobs import drain
from tests.listening.merging import heard, merge, undo

pytestmark = pytest.mark.django_db

ONE_ID = "1b022e01-4da6-387b-8658-8678046e4cef"


def album(title: str, artist: str, year: int | None = None, **ids: str) -> Album:
    return ensure_album(AlbumRef(title=title, artist=artist, year=year, external_ids=ids), by=SITE, source="test")[0]


def pairs(kind: str = "album", **which: object) -> list[tuple[str, str, str]]:
    model = {"artist": Artist, "album": Album, "track": Track}[kind]
    names = {row.pk: str(row) for row in model.objects.all()}
    found = LookAlike.objects.filter(kind=kind, **which).order_by("pk")
    return [(names[row.first_id], names[row.second_id], row.why) for row in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ac dc", "acdc"),
        ("earth wind and fire", "earth wind fire"),
        ("beatles", "the beatles"),
        ("sound and vision live", "sound vision live"),
    ],
)
def test_looser_spellings_have_one_key(one, other):
    assert loose_key(one) == loose_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("album 1", "album 2"), ("live at leeds", "leeds"), ("and", "the"), ("!!!", "???")]
)
def test_other_names_have_other_keys(one, other):
    assert loose_key(one) != loose_key(other)


def test_other_spellings_of_an_artist_and_an_album_are_found():
    for name, folded in (("AC/DC", "ac dc"), ("ACDC", "acdc"), ("Low", "low")):
        Artist.objects.create(name=name, folded=folded)
    album("Head, Hunters", "Herbie Hancock")
    Album.objects.create(
        title="Headhunters", artist_credit="Herbie Hancock", folded_title="headhunters", folded_artist="herbie hancock"
    )
    assert find_lookalikes()["artists"] == 1
    assert pairs("artist") == [("AC/DC", "ACDC", "spelling")]
    assert pairs() == [("Head, Hunters by Herbie Hancock", "Headhunters by Herbie Hancock", "spelling")]


def test_one_title_by_the_same_people_under_other_credits_is_found(ann):
    first = album("Under Pressure", "Queen")
    other = album("Under Pressure", "Queen & David Bowie")
    AlbumArtist.objects.create(album=other, artist=Artist.objects.get(folded="queen"))
    assert first != other
    heard(ann, "Under Pressure", "David Bowie")
    heard(ann, "Under Pressure", "Queen")
    heard(ann, "Under Pressure", "Queen, David Bowie")
    find_lookalikes()
    assert pairs(why="people") == [("Under Pressure by Queen", "Under Pressure by Queen & David Bowie", "people")]
    assert ("Under Pressure by Queen", "Under Pressure by Queen, David Bowie", "people") in pairs("track")


def test_titles_that_are_near_are_a_question_and_other_numbers_are_none():
    for title in ("Untrue Stories of Rain", "Untrue Storys of Rain", "Chapter 1", "Chapter 2"):
        Album.objects.create(title=title, artist_credit="Burial", folded_title=title.casefold(), folded_artist="burial")
    find_lookalikes()
    assert pairs() == [("Untrue Stories of Rain by Burial", "Untrue Storys of Rain by Burial", "near titles")]
    assert LookAlike.objects.get().score < 90


def test_albums_of_years_far_apart_are_no_question():
    Album.objects.create(
        title="Peter Gabriel", artist_credit="PeterGabriel", folded_title="peter gabriel",
        folded_artist="petergabriel", year=1977,
    )  # fmt: skip
    album("Peter Gabriel", "Peter Gabriel", 1982)
    find_lookalikes()
    assert pairs() == []


def test_an_album_found_by_ids_under_the_names_of_another_is_noted():
    known = album("Dummy", "Portishead", musicbrainz=ONE_ID)
    other = album("Dummy", "Portishead (UK band)")
    assert album("Dummy", "Portishead (UK band)", musicbrainz=ONE_ID) == known
    assert pairs() == [(str(known), str(other), "ids")]
    assert ExternalId.objects.get().album == known


def test_what_was_decided_stays_decided(mo, ann):
    one, other = Artist.objects.create(name="AC/DC", folded="ac dc"), Artist.objects.create(name="ACDC", folded="acdc")
    find_lookalikes()
    found = LookAlike.objects.get()
    with pytest.raises(NotAllowed):
        dismiss(found.pk, by=Actor(user=ann))
    dismiss(found.pk, by=Actor(user=mo))
    assert find_lookalikes()["artists"] == 0
    assert (LookAlike.objects.get().state, LookAlike.objects.get().decided_by) == ("dismissed", mo)
    bring_up_again(found.pk, by=Actor(user=mo))
    merged = merge(one, other)
    assert LookAlike.objects.get().state == "merged"
    with pytest.raises(NotFound):
        dismiss(found.pk, by=Actor(user=mo))
    assert find_lookalikes() == {"pruned": 0, "artists": 0, "albums": 0, "tracks": 0}
    undo(merged)
    assert LookAlike.objects.get().state == "open"


def test_pairs_with_an_alias_or_of_what_is_gone_are_dropped():
    one, two, three = [Artist.objects.create(name=str(n), folded=str(n)) for n in range(3)]
    note_pairs("artist", [(one.pk, two.pk), (two.pk, three.pk), (three.pk, one.pk)], why="ids")
    merge(one, two)
    assert pairs("artist", state="open") == [("1", "2", "ids")]
    three.delete()
    assert find_lookalikes()["pruned"] == 1
    assert pairs("artist", state="open") == []


def test_more_entries_cost_no_more_statements():
    counts = []
    for start, end in ((0, 20), (20, 400)):
        Artist.objects.bulk_create([Artist(name=f"Band {n}", folded=f"band {n} of many") for n in range(start, end)])
        Album.objects.bulk_create(
            [
                Album(title=f"T{n}", artist_credit="A", folded_title=f"t{n} of many", folded_artist=f"a{n % 7}")
                for n in range(start, end)
            ]
        )
        with CaptureQueriesContext(connection) as counted:
            find_lookalikes()
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_the_job_looks_nightly(ann):
    from sidetrack.jobs import enqueue

    heard(ann, "Song", "AC/DC")
    Artist.objects.create(name="ACDC", folded="acdc")
    enqueue("find_lookalikes")
    assert [run.counts["artists"] for run in drain() if run.job.name == "find_lookalikes"] == [1]
