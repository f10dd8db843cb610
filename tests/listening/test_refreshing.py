"""An album is looked up elsewhere: recognised, filled where it has gaps, and left alone where somebody spoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.sandbox.catalogue import Album as Known
from integrations.sandbox.server import Sandbox
from integrations.types import AlbumData, ArtistData, TagData, TrackData
from listening.models import Album, AlbumLookup, AlbumTag, AlbumTrack, ExternalId, LookAlike, Tag, Track
from listening.services.catalogue import tag_album
from listening.services.enriching import Looked, keep_found
from listening.services.repairing import remove_tag, rename_tag, repair_album
from listening.services.resolving import resolve_plays
from sidetrack.actors import SITE, Actor
from tests.listening.merging import merge
from tests.listening.outside import catalogue, ensure, genres_of, ids_of, refresh, sandbox
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
STRANGE = "Wilfully Other Words"
"""A title that no search would find."""


@pytest.fixture
def box(db: None, settings: Any) -> Iterator[Sandbox]:
    with sandbox(settings) as box:
        yield box


@pytest.fixture
def blue(box: Sandbox) -> Known:
    return known(box, "Blue")


def known(box: Sandbox, title: str) -> Known:
    return next(album for album in box.box.catalogue.albums if album.title == title)


def how(album: Album) -> dict[str, str]:
    """How each source did: the way it recognised the album, else its state."""
    rows = AlbumLookup.objects.filter(album=album).values_list("source", "matched_by", "state")
    return {source: by or state for source, by, state in rows}


# --- recognising


def test_an_album_known_by_name_is_filled_from_all_sides(box, blue):
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    assert album.year == 1971
    assert how(album) == {
        "musicbrainz": "search",
        "coverart": "id",
        "spotify": "id",
        "deezer": "id",
        "itunes": "upc",
        "lastfm": "search",
    }
    ids = ids_of(album)
    assert (ids["musicbrainz"], ids["spotify"], ids["deezer"]) == (blue.mbid, blue.spotify, str(blue.deezer))
    numbers = list(AlbumTrack.objects.filter(album=album).values_list("disc", "number"))
    assert numbers == [(track.disc, track.number) for track in blue.tracks]
    assert not Track.objects.filter(duration_ms=None).exists()
    isrcs = set(ExternalId.objects.filter(scheme="isrc").values_list("value", flat=True))
    assert isrcs == {track.isrc for track in blue.tracks}
    assert {"musicbrainz", "lastfm", "deezer", "itunes"} == genres_of(album).keys()
    country = AlbumTag.objects.get(album=album, tag__kind=Tag.Kind.COUNTRY)
    assert (country.tag.name, country.source) == ("CA", "musicbrainz")
    assert AlbumTag.objects.filter(album=album, source="year", tag__name="1970s").exists()


def test_its_artist_is_known_by_id_from_then_on(box, blue):
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    artist = album.artists.get()
    assert dict(artist.external_ids.values_list("scheme", "source"))["musicbrainz"] == "musicbrainz"


@pytest.mark.parametrize(
    ("scheme", "by"),
    [("musicbrainz", "id"), ("musicbrainz_release", "id"), ("spotify", "link"), ("deezer", "link"), ("upc", "search")],
)
def test_musicbrainz_recognises_it_by(box, blue, scheme, by):
    value = {
        "musicbrainz": blue.mbid,
        "musicbrainz_release": blue.releases[-1],
        "spotify": blue.spotify,
        "deezer": str(blue.deezer),
        "upc": blue.upc,
    }[scheme]
    if scheme == "upc":  # a barcode is checked: what it leads to must be the album by its names
        album, by = ensure("Blue", "Joni Mitchell", external_ids={scheme: value}), "upc"
    else:
        album = ensure(STRANGE, "Nobody", external_ids={scheme: value})
    refresh(album)
    assert how(album)["musicbrainz"] == by
    assert ids_of(album)["musicbrainz"] == blue.mbid


def test_a_barcode_that_leads_to_something_else_is_not_believed(box, blue):
    album = ensure(STRANGE, "Nobody", external_ids={"upc": blue.upc})
    refresh(album)
    assert how(album) == dict.fromkeys(("musicbrainz", "spotify", "deezer", "itunes", "lastfm"), "nothing")
    assert ids_of(album) == {"upc": blue.upc.zfill(13)}


def test_a_recording_leads_to_its_album(box, blue):
    album = ensure("Blue", "Joni Mitchell")
    first = blue.tracks[0]
    resolve_plays([play(first.title, "Joni Mitchell", "Blue", isrc=first.isrc)])
    refresh(album)
    assert how(album)["musicbrainz"] == "isrc"


def test_a_recording_on_an_album_of_another_name_leads_nowhere(box, blue):
    ensure(STRANGE, "Joni Mitchell")
    album = Album.objects.get(title=STRANGE)
    resolve_plays([play(blue.tracks[0].title, "Joni Mitchell", STRANGE, isrc=blue.tracks[0].isrc)])
    refresh(album)
    assert "musicbrainz" not in ids_of(album)


def test_an_album_of_more_than_fifty_tracks_is_whole(box):
    album = ensure("69 Love Songs", "The Magnetic Fields")
    refresh(album)
    assert AlbumTrack.objects.filter(album=album).count() == len(known(box, "69 Love Songs").tracks) == 69


@pytest.mark.parametrize("only", ["spotify", "deezer", "itunes"])
def test_each_shop_gives_the_tracks_where_it_is_the_only_one(box, settings, only):
    for name in {"musicbrainz", "spotify", "deezer", "itunes", "lastfm"} - {only}:
        box.box.faults.ask(name, "500", 1)
    album = ensure("69 Love Songs", "The Magnetic Fields")
    refresh(album)
    assert AlbumTrack.objects.filter(album=album, number__isnull=False).count() == 69
    assert album.year == 1999


def test_what_nobody_knows_stays_as_it_is(box):
    album = ensure(STRANGE, "Nobody at All")
    before = catalogue()
    refresh(album)
    assert catalogue() == before
    assert set(how(album).values()) == {"nothing"}


def test_without_credentials_spotify_and_lastfm_are_not_asked(box, settings):
    settings.SPOTIFY_CLIENT_ID = settings.LASTFM_API_KEY = ""
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    assert how(album).keys() == {"musicbrainz", "coverart", "deezer", "itunes"}


# --- once more


def test_looking_up_again_sends_nothing_and_changes_nothing(box):
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    before = catalogue()
    again = refresh(album)
    assert (again.counts["asked"], again.counts["changed"]) == (0, 0)
    assert catalogue() == before


def test_a_fresh_look_asks_again_and_changes_nothing(box):
    album = ensure("Blue", "Joni Mitchell")
    refresh(album)
    before = catalogue()
    again = refresh(album, fresh=True)
    assert again.counts["asked"] > 5
    assert again.counts["changed"] == 0
    assert catalogue() == before


def test_that_something_is_not_there_is_remembered_too(box):
    album = ensure(STRANGE, "Nobody at All")
    refresh(album)
    assert refresh(album).counts["asked"] == 0


def test_an_alias_is_looked_up_as_what_it_is_now(box, mo):
    album, other = ensure("Blue", "Joni Mitchell"), ensure("Blau", "J. Mitchell")
    merge(other, album, by=Actor(user=mo))
    refresh(other)
    assert how(album)["musicbrainz"] == "search"
    assert not AlbumLookup.objects.filter(album=other).exists()


# --- gaps only, and who said what


TOLD = AlbumData(
    "Blue",
    (ArtistData("Joni Mitchell", {"musicbrainz": "a6de8ef9-b1a1-4756-97aa-481bbb8a4069"}),),
    "Joni Mitchell",
    "1971-06-22",
    "album",
    "https://archive.org/blue.jpg",
    {"musicbrainz": "fe5a7f27-8a8e-3d4b-a7a4-1a8b5e1d1fb8"},
    (TagData("folk", 9, is_genre=True), TagData("confessional", 3), TagData("singer-songwriter", 4, is_genre=True)),
)


def tell(album: Album, source: str = "musicbrainz", data: AlbumData = TOLD) -> list[str]:
    changed = keep_found(album.pk, [Looked(source, "found", matched_by="id", data=data)])
    album.refresh_from_db()
    return changed


def test_what_a_moderator_and_a_nomination_said_stays(mo):
    album = ensure("Blue", "Joni Mitchell")
    repair_album(album, by=Actor(user=mo), year=1970, cover_url="https://example.com/own.jpg")
    tag_album(album, genres=["My Own"], country="GB", source="nomination", by=SITE)
    tell(album)
    assert (album.title, album.year, album.cover_url) == ("Blue", 1970, "https://example.com/own.jpg")
    assert genres_of(album) == {"nomination": ["My Own"], "musicbrainz": ["folk", "singer-songwriter"]}
    assert AlbumTag.objects.filter(album=album, source="nomination", tag__name="GB").exists()


def test_tags_carry_the_weight_their_source_gives(db):
    album = ensure("Blue", "Joni Mitchell")
    tell(album)
    assert dict(AlbumTag.objects.filter(source="musicbrainz").values_list("tag__name", "weight")) == {
        "folk": 9,
        "singer-songwriter": 4,
    }


def test_a_source_that_says_something_else_by_now_replaces_its_own_words_only(db):
    album = ensure("Blue", "Joni Mitchell")
    tell(album)
    tell(album, "deezer", replace(TOLD, tags=(TagData("Folk", is_genre=True), TagData("Rock", is_genre=True))))
    tell(album, data=replace(TOLD, tags=(TagData("folk", 12, is_genre=True), TagData("jazz", 2, is_genre=True))))
    assert genres_of(album) == {"musicbrainz": ["folk", "jazz"], "deezer": ["Rock", "folk"]}
    assert AlbumTag.objects.get(source="musicbrainz", tag__name="folk").weight == 12


def test_a_tag_that_a_moderator_took_off_is_not_put_back(mo):
    album = ensure("Blue", "Joni Mitchell")
    tell(album)
    remove_tag(AlbumTag.objects.get(tag__name="folk"), by=Actor(user=mo), reason="no")
    tell(album)
    tell(album, "deezer", replace(TOLD, tags=(TagData("Folk", is_genre=True),)))
    assert genres_of(album) == {"musicbrainz": ["singer-songwriter"]}


def test_a_tag_that_a_moderator_renamed_keeps_its_name(mo):
    album = ensure("Blue", "Joni Mitchell")
    tell(album)
    rename_tag(Tag.objects.get(name="folk"), "folk music", by=Actor(user=mo))
    assert tell(album) == []
    assert genres_of(album) == {"musicbrainz": ["folk music", "singer-songwriter"]}


def test_an_id_that_another_album_has_stays_there_and_moderators_are_told(db):
    album = ensure("Blue", "Joni Mitchell")
    other = ensure("Bleu", "Joni M.", external_ids=TOLD.external_ids)
    tell(album)
    assert "musicbrainz" not in ids_of(album)
    pair = LookAlike.objects.get(kind="album")
    assert {pair.first_id, pair.second_id} == {album.pk, other.pk}


def test_the_year_of_an_edition_is_taken_only_where_nobody_knows_the_first(db):
    album = ensure("Blue", "Joni Mitchell")
    shops = [
        Looked(name, "found", data=replace(TOLD, released=year))
        for name, year in (("deezer", "2021"), ("itunes", "1999"))
    ]
    keep_found(album.pk, shops)
    album.refresh_from_db()
    assert album.year == 1999
    other = ensure("Hejira", "Joni Mitchell")
    keep_found(other.pk, [*shops, Looked("musicbrainz", "found", data=replace(TOLD, released="1976", external_ids={}))])
    other.refresh_from_db()
    assert other.year == 1976


@pytest.mark.parametrize("url", ["http://archive.org/blue.jpg", "javascript:alert(1)", "https://" + "x" * 600])
def test_only_pictures_that_pages_may_show_are_kept(db, url):
    album = ensure("Blue", "Joni Mitchell")
    tell(album, data=replace(TOLD, cover_url=url))
    assert album.cover_url == ""


def test_nonsense_in_ids_and_country_is_left_out(db):
    album = ensure("Blue", "Joni Mitchell")
    tell(album, data=replace(TOLD, external_ids={"musicbrainz": "nope", "nowhere": "1", "upc": "x"}, country="XW"))
    assert ids_of(album) == {}
    assert not Tag.objects.filter(kind=Tag.Kind.COUNTRY).exists()


def tracks_of(*titles: str) -> tuple[TrackData, ...]:
    people = (ArtistData("Joni Mitchell"),)
    return tuple(TrackData(title, people, "Joni Mitchell", 1000 * at, 1, at) for at, title in enumerate(titles, 1))


def order(album: Album) -> list[tuple[int | None, str]]:
    return list(AlbumTrack.objects.filter(album=album).values_list("number", "track__title"))


def test_tracks_known_from_plays_find_their_place(db):
    album = ensure("Blue", "Joni Mitchell")
    resolve_plays([play("My Old Man", "Joni Mitchell", "Blue")])
    tell(album, data=replace(TOLD, tracks=tracks_of("All I Want", "My Old Man")))
    assert order(album) == [(1, "All I Want"), (2, "My Old Man")]
    assert Track.objects.count() == 2


def test_a_list_of_tracks_that_is_there_is_not_mixed_with_another_edition(db):
    album = ensure("Blue", "Joni Mitchell")
    tell(album, data=replace(TOLD, tracks=tracks_of("All I Want", "My Old Man")))
    longer = [
        replace(track, external_ids={"isrc": f"USRE17100{at:03}"})
        for at, track in enumerate(tracks_of("All I Want", "Demo", "My Old Man"))
    ]
    tell(album, "deezer", replace(TOLD, tracks=tuple(longer)))
    assert order(album) == [(1, "All I Want"), (2, "My Old Man")]
    assert ExternalId.objects.filter(scheme="isrc").count() == 2


def test_the_same_recording_twice_on_an_album_stands_at_its_first_place(db):
    album = ensure("Blue", "Joni Mitchell")
    tell(album, data=replace(TOLD, tracks=tracks_of("Theme", "Song", "Theme")))
    assert order(album) == [(1, "Theme"), (2, "Song")]


def test_several_artists_come_behind_those_who_are_there(db):
    album = ensure("Clube da Esquina", "Milton Nascimento")
    people = (ArtistData("Milton Nascimento"), ArtistData("Lô Borges"))
    tell(album, data=replace(TOLD, artists=people, artist_credit="Milton Nascimento & Lô Borges"))
    names = album.album_artists.order_by("position").values_list("artist__name", flat=True)
    assert list(names) == ["Milton Nascimento", "Lô Borges"]


def test_a_credit_of_several_gives_way_to_its_artists(db):
    album = ensure("Promises", "Floating Points & Pharoah Sanders")
    people = (ArtistData("Floating Points"), ArtistData("Pharoah Sanders"))
    data = replace(TOLD, artists=people, artist_credit="Floating Points & Pharoah Sanders")
    tell(album, data=data)
    names = album.album_artists.order_by("position").values_list("artist__name", flat=True)
    assert list(names) == ["Floating Points", "Pharoah Sanders"]
    assert album.artist_credit == "Floating Points & Pharoah Sanders"
    assert tell(album, data=data) == []


def test_a_namesake_who_goes_by_another_id_is_somebody_else(db):
    album = ensure("In Utero", "Nirvana")
    mine, theirs = "5b11f4ce-a62d-471e-81fc-a69a8278c7da", "9282c8b4-ca0b-4c6b-b7e3-4f7762dfc4d6"
    tell(album, data=replace(TOLD, artists=(ArtistData("Nirvana", {"musicbrainz": mine}),)))
    other = ensure("Local Anaesthetic", "Patrick C-L")
    tell(other, data=replace(TOLD, artists=(ArtistData("Nirvana", {"musicbrainz": theirs}),), external_ids={}))
    assert list(other.artists.values_list("name", flat=True)) == ["Patrick C-L"]
    assert ids_of(album.artists.get()) == {"musicbrainz": mine}


def test_an_album_that_is_gone_meanwhile_is_left_alone(db):
    assert keep_found(123_456, [Looked("deezer", "found", data=TOLD)]) == []


@pytest.mark.parametrize("again", [False, True])
def test_writing_takes_as_many_queries_for_sixty_tracks_as_for_three(db, again):
    def queries(name: str, count: int) -> int:
        album = ensure(name, "Joni Mitchell")
        titles = [f"{name} song {at}" for at in range(count)]
        data = replace(TOLD, external_ids={}, tracks=tracks_of(*titles))
        if again:
            tell(album, data=data)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            keep_found(album.pk, [Looked("musicbrainz", "found", data=data)])
        return len(asked)

    queries("Warm", 3)
    few, many = queries("Few", 3), queries("Many", 60)
    assert many <= few + 1
    assert few < 55
