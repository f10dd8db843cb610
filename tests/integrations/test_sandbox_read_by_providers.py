"""Our own clients read what the sandbox serves for Last.fm, ListenBrainz and the catalogues: it stands in for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.budgets import PROVIDERS as NAMES
from integrations.errors import Forbidden, NotThere
from integrations.providers import (
    PROVIDERS,
    coverart,
    deezer,
    itunes,
    lastfm,
    listenbrainz,
    musicbrainz,
    reccobeats,
)
from integrations.sandbox.people import BY_KEY
from integrations.sandbox.server import Sandbox
from integrations.types import NOBODY, Access, AlbumData

ADDRESSES = {
    "LASTFM_API_URL": "/lastfm/2.0/",
    "LISTENBRAINZ_API_URL": "/listenbrainz",
    "MUSICBRAINZ_API_URL": "/musicbrainz/ws/2",
    "COVERART_URL": "/coverart",
    "RECCOBEATS_API_URL": "/reccobeats",
    "DEEZER_API_URL": "/deezer",
    "ITUNES_API_URL": "/itunes",
}


@pytest.fixture
def sandbox(db: None, settings: Any) -> Iterator[Sandbox]:
    with Sandbox(limited=False) as sandbox:
        settings.PROVIDER_RATES = [f"{name}=10000/1" for name in NAMES]
        for name, path in ADDRESSES.items():
            setattr(settings, name, f"{sandbox.url}{path}")
        settings.LASTFM_API_KEY, settings.LASTFM_API_SECRET = "sandbox-lastfm-api-key", "sandbox-lastfm-api-secret"
        yield sandbox


def known_album() -> AlbumData:
    """An edition that MusicBrainz knows with UPC and ISRCs."""
    for group in musicbrainz.search_release_groups("", "a").items:
        edition = musicbrainz.release(group.external_ids["musicbrainz_release"])
        if "upc" in edition.external_ids and "isrc" in edition.tracks[0].external_ids:
            return edition
    raise AssertionError("the sandbox knows no album with a UPC")


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"spotify", "discord"}))
def test_probes_find_it_alive(sandbox, name):
    PROVIDERS[name].probe(NOBODY)


def test_histories_are_read_to_the_end(sandbox):
    heavy = Access(name=BY_KEY["ben"].name)
    first = lastfm.recent_tracks(heavy)
    assert (len(first.plays), first.skipped == [] or first.skipped == [lastfm.PLAYING]) == (200, True)
    last = lastfm.recent_tracks(heavy, page=first.total_pages or 1)
    assert last.plays
    assert last.next_cursor == ""
    assert listenbrainz.listen_count(heavy) >= len(listenbrainz.listens(heavy, count=100).plays) == 100


def test_one_play_none_and_a_hidden_history(sandbox):
    assert len(lastfm.recent_tracks(Access(name=BY_KEY["hana"].name)).plays) == 1
    assert lastfm.recent_tracks(Access(name=BY_KEY["gus"].name)).plays == []
    with pytest.raises(Forbidden) as caught:
        lastfm.recent_tracks(Access(name=BY_KEY["cleo"].name))
    assert caught.value.reason == "private"
    with pytest.raises(NotThere):
        lastfm.user_info("nobody-of-this-name")


def test_catalogues_agree_on_an_album(sandbox):
    album = known_album()
    upc, isrc = album.external_ids["upc"], album.tracks[0].external_ids["isrc"]
    assert upc in {found.external_ids["upc"] for found in musicbrainz.by_upc(upc)}
    assert isrc in {track.external_ids["isrc"] for track in musicbrainz.by_isrc(isrc)}
    assert deezer.album_by_upc(upc).title == album.title
    assert deezer.track_by_isrc(isrc).title == album.tracks[0].title
    assert itunes.album_by_upc(upc).title == album.title
    assert lastfm.album_info(album.artist_credit, album.title).tracks
    assert lastfm.album_tags(album.artist_credit, album.title)
    assert musicbrainz.editions(album.external_ids["musicbrainz"]).items
    assert coverart.front_of_release_group(album.external_ids["musicbrainz"])
    assert coverart.pictures(album.external_ids["musicbrainz_release"])


def test_features_come_for_the_tracks_that_were_asked_for(sandbox):
    ids = [
        play.external_ids["spotify"]
        for play in listenbrainz.listens(Access(name=BY_KEY["ada"].name), count=60).plays
        if "spotify" in play.external_ids
    ]
    asked = list(dict.fromkeys(ids))[:40]
    found = reccobeats.audio_features(asked)
    assert found
    assert {one.asked_id for one in found} <= set(asked)
