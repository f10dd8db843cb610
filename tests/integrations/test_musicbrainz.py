"""MusicBrainz: release groups, editions and recordings, by id, address, ISRC, barcode and search."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import BadAnswer, ComeBackLater, Misconfigured, NotThere, Rejected
from integrations.providers import musicbrainz
from integrations.types import ArtistData, TagData
from tests.integrations.answers import real_json, uuid
from tests.integrations.fake_provider import Reply

CREDIT = [
    {
        "name": "Bowie",
        "joinphrase": " & ",
        "artist": {"id": uuid(1), "name": "David Bowie", "sort-name": "Bowie, David"},
    },
    {"name": "Queen", "joinphrase": "", "artist": {"id": uuid(2), "name": "Queen"}},
]
SPOTIFY_ALBUM = "https://open.spotify.com/album/0KTj6k94XrH0c6IEMfxeWV"


def group(**changes: Any) -> dict[str, Any]:
    return {
        "id": uuid(10),
        "title": "Under Pressure",
        "primary-type": "Single",
        "secondary-types": [],
        "first-release-date": "1981-10",
        "artist-credit": CREDIT,
        "releases": [
            {"id": uuid(22), "status": "Official", "date": "1990"},
            {"id": uuid(20), "status": "Pseudo-Release", "date": "1970"},
            {"id": uuid(21), "status": "Official", "date": "1981-10-26"},
            {"id": uuid(23), "status": "Official", "date": ""},
        ],
        "genres": [{"name": "rock", "count": 3, "id": uuid(5)}],
        "tags": [{"name": "rock", "count": 3}, {"name": "duet", "count": 2}, {"name": "bad", "count": -1}],
        "relations": [{"type": "free streaming", "ended": False, "url": {"resource": SPOTIFY_ALBUM}}],
        **changes,
    }


def release(**changes: Any) -> dict[str, Any]:
    def track(n: int) -> dict[str, Any]:
        recording = {
            "id": uuid(100 + n),
            "title": f"Track {n}",
            "length": 1000 * n,
            "isrcs": ["GBUM72000433", "USABC2000001"],
        }
        return {"id": uuid(200 + n), "position": n, "number": f"A{n}", "title": f"Track {n}", "recording": recording}

    media = [
        {"position": 1, "track-count": 2, "tracks": [track(1), {**track(2), "artist-credit": CREDIT[:1]}]},
        {"position": 2, "track-count": 1, "tracks": [track(1) | {"length": 5000, "artist-credit": CREDIT}]},
    ]
    return {
        "id": uuid(21),
        "title": "Under Pressure",
        "status": "Official",
        "date": "1981-10-26",
        "country": "GB",
        "barcode": "0724352186457",
        "artist-credit": CREDIT,
        "release-group": {k: v for k, v in group().items() if k != "releases"},
        "media": media,
        **changes,
    }


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ('AC/DC "live"', r"AC\/DC \"live\""),
        (r"a\b (c) [d] {e}", r"a\\b \(c\) \[d\] \{e\}"),
        ("+-&&||!^~*?:", r"\+\-\&\&\|\|\!\^\~\*\?\:"),
        ("NOT this\x00 AND\nthat", "NOT this AND that"),
        ("放課後の記憶", "放課後の記憶"),
    ],
)
def test_what_a_query_language_would_read_is_escaped(typed, sent):
    assert musicbrainz.escaped(typed) == sent


def test_a_search_asks_for_both_names_and_pages_on(there):
    hits = [group(score=100), group(score="84", id=uuid(11))]
    there.on("/release-group", Reply(200, {"count": 7, "offset": 0, "release-groups": hits}))
    page = musicbrainz.search_release_groups('Bowie "D"', "Under: Pressure", limit=2, cursor="4")
    assert [album.score for album in page.items] == [100.0, 84.0]
    assert (page.next_cursor, page.total) == ("6", 7)
    (seen,) = there.requests
    assert seen.param("query") == r'releasegroup:"Under\: Pressure" AND artist:"Bowie \"D\""'
    assert (seen.param("fmt"), seen.param("limit"), seen.param("offset")) == ("json", "2", "4")
    assert "Sidetrack" in seen.headers["user-agent"]


def test_a_search_for_nothing_is_not_sent(there):
    with pytest.raises(Rejected):
        musicbrainz.search_release_groups(" ", "\u200b")
    assert there.requests == []


def test_a_merged_id_becomes_the_one_in_the_answer(there):
    there.on(f"/release-group/{uuid(9)}", Reply(200, group()))
    album = musicbrainz.release_group(uuid(9).upper())
    assert album.external_ids == {
        "musicbrainz": uuid(10),
        "musicbrainz_release": uuid(21),
        "spotify": "0KTj6k94XrH0c6IEMfxeWV",
    }
    assert there.requests[0].param("inc").split() == musicbrainz.OF_GROUP.split()
    assert (album.released, album.year, album.kind) == ("1981-10", 1981, "single")
    assert album.artist_credit == "Bowie & Queen"
    assert album.artists == (
        ArtistData("David Bowie", {"musicbrainz": uuid(1)}),
        ArtistData("Queen", {"musicbrainz": uuid(2)}),
    )
    assert album.tags == (TagData("rock", 3, is_genre=True), TagData("duet", 2))


@pytest.mark.parametrize(
    ("primary", "secondary", "kind"),
    [("Album", [], "album"), ("Album", ["Compilation"], "compilation"), ("EP", [], "ep"), (None, None, "")],
)
def test_the_kind_is_the_secondary_type_where_there_is_one(primary, secondary, kind):
    assert (
        musicbrainz.parse_release_group(group(**{"primary-type": primary, "secondary-types": secondary})).kind == kind
    )


@pytest.mark.parametrize("date", ["", None, "0000", "soon", 1981])
def test_an_unknown_date_is_empty(date):
    album = musicbrainz.parse_release_group(group(**{"first-release-date": date}))
    assert (album.released, album.year) == ("", None)


def test_an_edition_has_its_tracks_over_all_discs(there):
    there.on(f"/release/{uuid(21)}", Reply(200, release()))
    album = musicbrainz.release(uuid(21))
    assert album.external_ids == {
        "musicbrainz": uuid(10),
        "musicbrainz_release": uuid(21),
        "upc": "0724352186457",
    }
    assert [(track.disc, track.number, track.title, track.duration_ms) for track in album.tracks] == [
        (1, 2, "Track 2", 2000),
        (2, 1, "Track 1", 5000),
    ], "a track that names nobody, nor does its recording, is left out"
    assert album.tracks[1].external_ids == {"musicbrainz": uuid(101), "isrc": "GBUM72000433"}
    assert (album.tracks_total, album.country, album.kind) == (3, "GB", "single")
    assert album.tags[0] == TagData("rock", 3, is_genre=True)


def test_addresses_elsewhere_are_mapped_in_one_call(there):
    other, unknown = "https://www.deezer.com/album/302127", "https://open.spotify.com/album/1KTj6k94XrH0c6IEMfxeWV"
    urls = [
        {
            "id": uuid(50),
            "resource": SPOTIFY_ALBUM,
            "relations": [
                {"target-type": "release", "ended": True, "release": {"id": uuid(29)}},
                {"target-type": "release", "release": {"id": uuid(21)}},
                {"target-type": "release", "release": {"id": uuid(22)}},
            ],
        },
        {"resource": other, "relations": [{"target-type": "release_group", "release_group": {"id": uuid(10)}}]},
        {"resource": "https://elsewhere.example/", "relations": [{"release": {"id": uuid(66)}}]},
    ]
    there.on("/url", Reply(200, {"url-count": 3, "url-offset": 0, "urls": urls}))
    found = musicbrainz.by_urls([SPOTIFY_ALBUM, other, unknown, SPOTIFY_ALBUM, ""])
    assert found == {SPOTIFY_ALBUM: {"musicbrainz_release": uuid(21)}, other: {"musicbrainz": uuid(10)}}
    assert there.requests[0].query["resource"] == [SPOTIFY_ALBUM, other, unknown]


def test_a_single_address_answers_in_another_form_or_not_at_all(there):
    one = {"resource": SPOTIFY_ALBUM, "relations": [{"target-type": "release", "release": {"id": uuid(21)}}]}
    there.on("/url", Reply(200, one), Reply(404, {"error": "Not Found"}))
    assert musicbrainz.by_urls([SPOTIFY_ALBUM]) == {SPOTIFY_ALBUM: {"musicbrainz_release": uuid(21)}}
    assert musicbrainz.by_urls([SPOTIFY_ALBUM]) == {}
    assert musicbrainz.by_urls([]) == {}
    assert len(there.requests) == 2


def test_more_addresses_than_a_call_takes_are_refused_here(there):
    with pytest.raises(Rejected):
        musicbrainz.by_urls([f"{SPOTIFY_ALBUM}{n}" for n in range(101)])
    assert there.requests == []


def test_an_isrc_gives_recordings(there):
    row = {
        "id": uuid(101),
        "title": "Under Pressure",
        "length": 248000,
        "artist-credit": CREDIT,
        "releases": [{"title": "Hot Space"}],
    }
    there.on("/isrc/GBUM72000433", Reply(200, {"isrc": "GBUM72000433", "recordings": [row, {"title": "?"}, None]}))
    (track,) = musicbrainz.by_isrc("gb-um7-20-00433")
    assert (track.title, track.album, track.duration_ms) == ("Under Pressure", "Hot Space", 248000)
    assert track.external_ids == {"musicbrainz": uuid(101), "isrc": "GBUM72000433"}


def test_a_barcode_gives_editions(there):
    there.on("/release", Reply(200, {"count": 1, "releases": [release(score=100, media=[{"track-count": 12}])]}))
    (album,) = musicbrainz.by_upc("0724352186457")
    assert (album.external_ids["musicbrainz"], album.tracks, album.tracks_total) == (uuid(10), (), 12)
    assert there.requests[0].param("query") == "barcode:0724352186457"


def test_an_artists_albums_are_paged(there):
    there.on(
        "/release-group",
        Reply(200, {"release-group-count": 101, "release-group-offset": 0, "release-groups": [group()]}),
    )
    page = musicbrainz.release_groups_of(uuid(1), cursor="99")
    assert (page.next_cursor, page.total) == ("100", 101)
    assert there.requests[0].param("type") == "album|ep"


def test_editions_are_paged(there):
    there.on("/release", Reply(200, {"release-count": 1, "releases": [release()]}))
    page = musicbrainz.editions(uuid(10))
    assert (page.next_cursor, len(page.items)) == ("", 1)
    assert there.requests[0].param("release-group") == uuid(10)


def test_an_artists_genres_stand_in(there):
    there.on(f"/artist/{uuid(1)}", Reply(200, {"genres": [{"name": "glam rock", "count": 9}], "tags": []}))
    assert musicbrainz.artist_about(uuid(1))[1] == [TagData("glam rock", 9, is_genre=True)]


def test_words_are_found_in_title_or_artist_and_none_is_an_operator(there):
    there.on("/release-group", Reply(200, {"count": 1, "release-groups": [group()]}))
    assert [album.title for album in musicbrainz.find_release_groups("Queen OR NOT (x)")] == ["Under Pressure"]
    query = there.requests[0].param("query")
    assert query.startswith("(releasegroup:queen OR artist:queen) AND (releasegroup:or OR artist:or) AND ")
    assert query.endswith(r"(releasegroup:\(x\) OR artist:\(x\))")
    with pytest.raises(Rejected):
        musicbrainz.find_release_groups(" \u200b ")


def test_an_isrc_gives_the_editions_it_stands_on(there):
    recording = {
        "id": uuid(101),
        "artist-credit": CREDIT,
        "releases": [{"id": uuid(21), "title": "Hot Space"}, {"id": 7}],
    }
    there.on("/isrc/GBUM72000433", Reply(200, {"recordings": [recording]}), Reply(200, {"isrc": "x"}))
    (album,) = musicbrainz.releases_by_isrc("GBUM72000433")
    assert (album.title, album.artist_credit) == ("Hot Space", "Bowie & Queen")
    assert album.external_ids == {"musicbrainz_release": uuid(21)}
    with pytest.raises(BadAnswer):
        musicbrainz.releases_by_isrc("GBUM72000433")


@pytest.mark.parametrize(("told", "country"), [("GB", "GB"), (None, ""), ("gb", ""), ("England", ""), (["GB"], "")])
def test_an_artist_is_of_a_country_where_it_is_told(there, told, country):
    there.on(f"/artist/{uuid(1)}", Reply(200, {"country": told, "genres": []}))
    assert musicbrainz.artist_about(uuid(1)) == (country, [])


@pytest.mark.parametrize("call", ["release_group", "release", "editions", "release_groups_of", "artist_about"])
@pytest.mark.parametrize("mbid", ["", "x", "../url", f"{uuid(1)}/x"])
def test_what_is_no_id_is_not_sent(there, call, mbid):
    with pytest.raises(Rejected):
        getattr(musicbrainz, call)(mbid)
    assert there.requests == []


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(503, {"error": "Your requests are exceeding the allowable rate limit."}), ComeBackLater),
        (Reply(403, "?"), Misconfigured),
        (Reply(404, {"error": "Not Found"}), NotThere),
        (Reply(400, {"error": "wrong inc"}), Rejected),
        (Reply(200, {"id": uuid(1)}), BadAnswer),
        (Reply(200, "<html>", type="text/html"), BadAnswer),
    ],
)
def test_refusals_have_their_meaning(there, reply, outcome):
    there.on("*", reply)
    with pytest.raises(outcome):
        musicbrainz.release_group(uuid(10))


def hyphenated(value: Any) -> Any:
    """The recording is kept with underscores in its keys; the service writes hyphens, and one list of relations."""
    if isinstance(value, list):
        return [hyphenated(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {key.replace("_", "-"): hyphenated(one) for key, one in value.items()}
    relations = [row for key in list(named) if key.endswith("-relations") for row in named.pop(key)]
    return {**named, "relations": relations} if relations else named


def test_a_recorded_release_is_read():
    album = musicbrainz.parse_release(hyphenated(real_json("beets/mbpseudo/official_release.json")))
    assert (album.title, album.artist_credit, album.released) == ("百花繚乱", "幾田りら", "2025-01-10")
    assert (album.country, album.kind, album.tracks_total) == ("XW", "single", 1)
    assert album.external_ids == {
        "musicbrainz": "da0d6bbb-f44b-4fff-8739-9d72db0402a1",
        "musicbrainz_release": "a5ce1d11-2e32-45a4-b37f-c1589d46b103",
        "upc": "199066336168",
        **{
            scheme: album.external_ids[scheme]
            for scheme in ("spotify", "deezer", "apple")
            if scheme in album.external_ids
        },
    }
    (track,) = album.tracks
    assert (track.title, track.duration_ms) == ("百花繚乱", 179239)
    assert track.external_ids == {"musicbrainz": "781724c1-a039-41e6-bd9b-770c3b9d5b8e", "isrc": "JPP302400868"}


def test_a_recorded_translation_is_credited_as_written_and_names_the_artist_by_their_own_name():
    album = musicbrainz.parse_release(hyphenated(real_json("beets/mbpseudo/pseudo_release.json")))
    assert (album.title, album.artist_credit, album.artists[0].name) == ("In Bloom", "Lilas Ikuta", "幾田りら")
    assert (album.released, album.country, "upc" in album.external_ids) == ("", "", False)
    assert [track.title for track in album.tracks] == ["In Bloom"]
