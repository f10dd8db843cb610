"""Plays find their artist, album and track, and add them once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from listening.models import Album, AlbumTrack, Artist, ExternalId, Track, TrackArtist
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.resolving import Resolved, resolve_plays
from sidetrack.actors import SITE
from tests.listening.plays import play
from tests.threads import together

SPOTIFY = "6dVIqQ8qmQ5GBnJ9shOYGE"
OTHER_SPOTIFY = "7dxKtc08dYeRVHt3p9CZJn"
RECORDING = "b1392450-e666-3926-a536-22c65f834433"
RELEASE = "1b022e01-4da6-387b-8658-8678046e4cef"
GROUP = "f5093c06-23e3-404f-aeaa-40f72885ee3a"
PERSON = "87c5dedd-371d-4a53-9f7f-80522fb7f3cb"
DATA = Path(os.environ.get("SIDETRACK_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")

pytestmark = pytest.mark.django_db


def one(*args, **ids) -> Resolved:
    return resolve_plays([play(*args, **ids)])[0]


def test_a_play_adds_what_it_names():
    found = one("Jóga", "Björk", "Homogenic", duration_ms=305_000)
    track = Track.objects.get(pk=found.track_id)
    assert (track.title, track.artist_credit, track.duration_ms) == ("Jóga", "Björk", 305_000)
    assert Artist.objects.get(pk=found.artist_id).name == "Björk"
    assert Album.objects.get(pk=found.album_id).title == "Homogenic"
    assert AlbumTrack.objects.filter(album=found.album_id, track=found.track_id).exists()
    assert TrackArtist.objects.get().artist_id == found.artist_id


def test_the_same_again_adds_nothing():
    plays = [play("Jóga", "Björk", "Homogenic", spotify=SPOTIFY), play("Hunter", "Björk")]
    assert resolve_plays(plays) == resolve_plays(plays)
    assert (Artist.objects.count(), Album.objects.count(), Track.objects.count()) == (1, 1, 2)


def test_the_answers_stand_in_the_order_of_the_plays():
    plays = [play(f"Song {number % 7}", f"Artist {number % 3}") for number in range(40)]
    found = resolve_plays(plays)
    titles = Track.objects.in_bulk([each.track_id for each in found])
    assert [titles[each.track_id].title for each in found] == [each.track for each in plays]


@pytest.mark.parametrize(
    "title", ["Song - Remastered 2011", "SONG", "Song (Album Version)", "Song (feat. Somebody)", "Song - 2009 Remaster"]
)
def test_rewritten_titles_are_one_track(title):
    assert one("Song", "Artist").track_id == one(title, "Artist").track_id


def test_a_live_version_is_another_track():
    assert one("Song", "Artist").track_id != one("Song (Live)", "Artist").track_id


def test_an_id_we_know_wins_over_the_name():
    first = one("Song", "Artist", spotify=SPOTIFY, isrc="GBAYE9300106")
    assert one("Another Name", "Artist", spotify=SPOTIFY).track_id == first.track_id
    assert one("A Third", "Artist", isrc="gb-aye-93-00106").track_id == first.track_id


def test_two_plays_of_one_id_in_one_batch_are_one_track():
    plays = [play("Song", "Artist", spotify=SPOTIFY), play("Song, renamed", "Artist", spotify=SPOTIFY)]
    assert len({each.track_id for each in resolve_plays(plays)}) == 1
    assert Track.objects.count() == 1


def test_an_id_belongs_to_the_first_that_had_it():
    first, second = one("Song", "Artist", spotify=SPOTIFY), one("Tune", "Artist", spotify=OTHER_SPOTIFY)
    clash = one("Tune", "Artist", spotify=OTHER_SPOTIFY, musicbrainz=RECORDING)
    assert one("Song", "Artist", spotify=SPOTIFY, musicbrainz=RECORDING).track_id == first.track_id
    assert clash.track_id == second.track_id
    assert ExternalId.objects.get(value=RECORDING).track_id == second.track_id


def test_malformed_ids_are_left_out():
    one("Song", "Artist", "Album", spotify="?", musicbrainz="x", isrc="1", musicbrainz_artist="nobody")
    assert not ExternalId.objects.exists()


def test_ids_of_album_and_artist_are_kept():
    found = one(
        "Song",
        "Artist",
        "Album",
        musicbrainz_release=RELEASE,
        musicbrainz_release_group=GROUP,
        musicbrainz_artist=PERSON,
    )
    ids = {(each.scheme, each.value, each.album_id, each.artist_id) for each in ExternalId.objects.all()}
    assert ids == {
        ("musicbrainz_release", RELEASE, found.album_id, None),
        ("musicbrainz", GROUP, found.album_id, None),
        ("musicbrainz", PERSON, None, found.artist_id),
    }


def test_an_album_from_the_club_is_the_album_of_the_plays():
    album, _ = ensure_album(AlbumRef(title="OK Computer", artist="Radiohead"), by=SITE, source="nomination")
    assert one("Airbag", "Radiohead", "OK Computer (Deluxe Edition)").album_id == album.pk
    assert Artist.objects.count() == 1


def test_a_play_without_album_has_none():
    assert one("Song", "Artist").album_id is None


@pytest.mark.parametrize("name", ["Earth, Wind & Fire", "Tyler, The Creator", "AC/DC", "HUNTR/X", "Polo & Pan"])
def test_joiners_inside_a_name_stay_in_it(name):
    one("Song", "Earth")
    assert Artist.objects.get(pk=one("Song", name).artist_id).name == name


def test_a_credit_of_known_artists_is_the_first_of_them():
    main = one("Song", "Metro Boomin").artist_id
    guest = one("Song", "James Blake").artist_id
    found = one("Hummingbird", "Metro Boomin, James Blake")
    assert found.artist_id == main
    assert Track.objects.get(pk=found.track_id).artist_credit == "Metro Boomin, James Blake"
    assert list(Track.objects.get(pk=found.track_id).artists.values_list("pk", flat=True)) == [main, guest]


def test_guests_do_not_make_another_artist():
    main = one("Song", "Drake").artist_id
    assert one("Other Song", "Drake feat. Rihanna").artist_id == main


def test_an_id_beside_several_names_is_not_pinned_on_them():
    one("Song", "Nobody & Somebody", musicbrainz_artist=PERSON)
    assert not ExternalId.objects.exists()


def test_a_missing_duration_is_filled_and_a_known_one_stays():
    first = one("Song", "Artist")
    one("Song", "Artist", duration_ms=1000)
    one("Song", "Artist", duration_ms=2000)
    assert Track.objects.get(pk=first.track_id).duration_ms == 1000


def test_long_names_are_cut():
    found = one("t" * 900, "a" * 900, "b" * 900)
    track = Track.objects.get(pk=found.track_id)
    assert (len(track.title), len(track.artist_credit)) == (500, 300)
    assert one("t" * 900, "a" * 900, "b" * 900) == found


def test_nothing_makes_nothing():
    assert resolve_plays([]) == []


def test_queries_do_not_grow_with_the_plays():
    plays = [play(f"Song {number}", f"Artist {number % 9}", f"Album {number % 5}") for number in range(300)]
    resolve_plays(plays)
    counts = []
    for some in (plays[:50], plays):
        with CaptureQueriesContext(connection) as seen:
            resolve_plays(some)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


@pytest.mark.django_db(transaction=True)
def test_two_workers_in_opposite_order_add_each_name_once():
    plays = [play(f"Song {number}", f"Artist {number}", f"Album {number}") for number in range(200)]

    def work(some):
        def act():
            with transaction.atomic():
                return [each.track_id for at in range(0, 200, 20) for each in resolve_plays(some[at : at + 20])]

        return act

    forth, back = together([work(plays), work(plays[::-1])])
    assert forth == back[::-1]
    assert (Artist.objects.count(), Album.objects.count(), Track.objects.count()) == (200, 200, 200)
    assert AlbumTrack.objects.count() == 200


def test_the_correctly_mapped_listens_keep_their_artists_whole():
    folder = DATA / "multi-scrobbler" / "listenbrainz" / "correctlyMapped"
    if not folder.exists():
        pytest.skip("the real ListenBrainz listens are not at hand")
    for listen in json.loads((folder / "artistProperHasJoinerInName.json").read_text(encoding="utf-8")):
        told = listen["data"]["track_metadata"]
        artist = Artist.objects.get(pk=one(told["track_name"], told["artist_name"]).artist_id)
        assert artist.name == told["artist_name"]
