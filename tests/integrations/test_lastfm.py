"""Last.fm as it really answers: numbers as text, lists of one, a playing track on top, errors with any status."""

from __future__ import annotations

from functools import partial
from hashlib import md5

import pytest

from integrations.errors import (
    BadAnswer,
    ComeBackLater,
    Forbidden,
    Misconfigured,
    MustReconnect,
    NotThere,
    ProviderError,
    Rejected,
    Unavailable,
)
from integrations.providers import lastfm
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.answers import LATEST, UTS, playing, real_json, recent, scrobble, uuid
from tests.integrations.fake_provider import Reply

_md5 = partial(md5, usedforsecurity=False)  # what Last.fm signs with
BY_NAME = Access(name="ann_listens")
SIGNED = Access(7, Secret("session-key-canary"), "ann_listens")


def error(code: int, message: str = "No", status: int = 200) -> Reply:
    return Reply(status, {"error": code, "message": message})


def test_a_page_becomes_plays_newest_first_with_the_page_to_go_on_with(there):
    there.on("/2.0/", Reply(200, recent(scrobble(0), scrobble(1), page=2, pages=3)))
    page = lastfm.recent_tracks(BY_NAME, page=2, from_ts=UTS - 999, to_ts=UTS + 1)
    assert [play.track for play in page.plays] == ["Song 0", "Song 1"]
    assert page.plays[0].started_at.timestamp() == UTS
    assert page.plays[0].external_ids == {"musicbrainz_artist": uuid(1), "musicbrainz_release": uuid(2)}
    assert (page.total_pages, page.next_cursor, page.full) == (3, "3", True)
    (seen,) = there.requests
    asked = {key: seen.param(key) for key in ("method", "user", "limit", "page", "from", "to", "format", "extended")}
    assert asked == {
        "method": "user.getRecentTracks",
        "user": "ann_listens",
        "limit": "200",
        "page": "2",
        "from": str(UTS - 999),
        "to": str(UTS + 1),
        "format": "json",
        "extended": "0",
    }
    assert "Sidetrack" in seen.headers["user-agent"]


def test_the_playing_track_is_no_play_on_any_page(there):
    for page in (1, 2, 3):
        there.on("/2.0/", Reply(200, recent(playing(), scrobble(page), page=page, pages=3)))
        found = lastfm.recent_tracks(BY_NAME, page=page)
        assert [play.track for play in found.plays] == [f"Song {page}"]
        assert [row.why for row in found.skipped] == ["playing now, not a listen"]


def test_a_playing_track_that_tells_a_date_is_no_play_either():
    assert lastfm.play_of({**playing(), "date": scrobble()["date"]}, LATEST) == lastfm.PLAYING


@pytest.mark.parametrize("many", [scrobble(), [scrobble()]], ids=["as an object", "in a list"])
def test_a_single_play_is_read_however_it_comes(many):
    assert len(lastfm.parse_plays(recent(many=many), "ann_listens", LATEST).plays) == 1


@pytest.mark.parametrize("many", ["", [], None])
def test_no_plays_are_no_plays_however_they_come(many):
    page = recent(many=many)
    if many is None:
        del page["recenttracks"]["track"]
    assert lastfm.parse_plays(page, "ann_listens", LATEST).plays == []


def test_the_extended_form_says_the_same():
    plain, extended = scrobble(), scrobble(artist={"name": "Tame Impala", "mbid": uuid(1), "url": ""}, loved="1")
    plays = [lastfm.play_of(row, LATEST) for row in (plain, extended)]
    assert plays[0] == plays[1]


def test_another_members_plays_are_never_taken():
    with pytest.raises(BadAnswer, match="somebody else"):
        lastfm.parse_plays(recent(scrobble(), user="bea_listens"), "ann_listens", LATEST)
    assert lastfm.parse_plays(recent(scrobble(), user="ANN_Listens"), "ann_listens", LATEST).plays
    unsaid = recent(scrobble())
    del unsaid["recenttracks"]["@attr"]
    with pytest.raises(BadAnswer):
        lastfm.parse_plays(unsaid, "ann_listens", LATEST)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (scrobble(date={"uts": "0", "#text": "01 Jan 1970"}), "the date is before October 2002"),
        (scrobble(date={"uts": "9999999999999"}), "the date is no time"),
        (scrobble(date={"uts": "4102444800"}), "the date is in the future"),
        (scrobble(date={"uts": "NaN"}), "the date is no time"),
        (scrobble(date={"uts": "yesterday"}), "the date is no time"),
        (scrobble(name=""), "the track is missing"),
        (scrobble(name="\u200b\ufeff"), "the track is missing"),
        (scrobble(name="nul\x00"), "the track is no clean text"),
        (scrobble(name="\ud800"), "the track is no clean text"),
        (scrobble(name="x" * 501), "the track is too long"),
        (scrobble(name="x" * 5000), "the track is too long"),
        (scrobble(name=7), "the track is not text"),
        (scrobble(artist=None), "the artist is missing"),
        (scrobble(artist={"#text": ["?"]}), "the artist is not text"),
        (None, "the row is no object"),
        ("now", "the row is no object"),
    ],
)
def test_a_bad_row_is_told_and_the_page_survives(row, why):
    page = lastfm.parse_plays(recent(scrobble(1), row, scrobble(2)), "ann_listens", LATEST)
    assert [play.track for play in page.plays] == ["Song 1", "Song 2"]
    assert [one.why for one in page.skipped] == [why]


def test_names_are_cleaned_of_marks_that_deceive():
    play = lastfm.play_of(scrobble(name="\ufeffApoc\u202ealypse\n Dreams "), LATEST)
    assert play.track == "Apocalypse Dreams"
    assert lastfm.play_of(scrobble(album={"#text": "  ", "mbid": uuid(2)}), LATEST).album is None
    assert (
        "musicbrainz_release" not in lastfm.play_of(scrobble(album={"#text": "", "mbid": uuid(2)}), LATEST).external_ids
    )


def test_a_hidden_history_is_asked_for_signed_and_the_key_stands_in_no_address(there):
    there.on("/2.0/", Reply(200, recent(scrobble())))
    assert lastfm.recent_tracks(SIGNED).plays
    (seen,) = there.requests
    assert seen.method == "POST"
    assert seen.query == {}
    form = {key: said for key, (said,) in seen.form.items()}
    signature = form.pop("api_sig")
    assert form["sk"] == "session-key-canary"
    text = "".join(f"{key}{form[key]}" for key in sorted(form) if key != "format")
    assert signature == _md5(f"{text}site-secret".encode()).hexdigest()


def test_the_signature_is_made_as_documented(settings):
    settings.LASTFM_API_SECRET = "ilovecher"
    params = {"api_key": "xxxxxxxx", "method": "auth.getSession", "token": "yyyyyy", "format": "json", "callback": "x"}
    expected = _md5(b"api_keyxxxxxxxxmethodauth.getSessiontokenyyyyyyilovecher").hexdigest()
    assert lastfm.signature(params) == expected


TABLE = [
    (2, "No", SIGNED, Rejected),
    (3, "No", BY_NAME, Rejected),
    (5, "No", BY_NAME, Rejected),
    (7, "No", BY_NAME, Rejected),
    (4, "No", SIGNED, MustReconnect),
    (9, "No", SIGNED, MustReconnect),
    (4, "No", BY_NAME, Forbidden),
    (9, "No", BY_NAME, Forbidden),
    (6, "User not found", BY_NAME, NotThere),
    (6, "The artist you supplied could not be found", BY_NAME, NotThere),
    (6, "Invalid parameters", BY_NAME, Rejected),
    (8, "No", BY_NAME, Unavailable),
    (11, "No", BY_NAME, Unavailable),
    (16, "No", BY_NAME, Unavailable),
    (10, "No", BY_NAME, Misconfigured),
    (13, "No", SIGNED, Misconfigured),
    (26, "No", BY_NAME, Misconfigured),
    (14, "No", SIGNED, lastfm.StartAgain),
    (15, "No", SIGNED, lastfm.StartAgain),
    (17, "No", BY_NAME, Forbidden),
    (17, "No", SIGNED, Forbidden),
    (27, "No", BY_NAME, Rejected),
    (29, "No", BY_NAME, ComeBackLater),
    (999, "No", BY_NAME, Rejected),
]


@pytest.mark.parametrize(("code", "message", "access", "outcome"), TABLE)
@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_the_code_in_the_body_decides_whatever_the_status(there, code, message, access, outcome, status):
    there.on("/2.0/", error(code, message, status))
    with pytest.raises(ProviderError) as caught:
        lastfm.recent_tracks(access)
    assert type(caught.value) is outcome
    assert "canary" not in str(caught.value)
    if code == 17:
        assert caught.value.reason == "private"


def test_a_name_that_is_not_known_is_told_with_404_too(there):
    there.on("/2.0/", error(6, "?", 404))
    with pytest.raises(NotThere):
        lastfm.user_info("nobody")


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_an_empty_name_is_refused_before_anything_is_sent(there, name):
    for ask in (lambda: lastfm.recent_tracks(Access(name=name)), lambda: lastfm.user_info(name)):
        with pytest.raises(Rejected):
            ask()
    assert there.requests == []


def test_without_a_key_nothing_is_sent(there, settings):
    settings.LASTFM_API_KEY = ""
    with pytest.raises(Misconfigured):
        lastfm.recent_tracks(BY_NAME)
    assert there.requests == []


@pytest.mark.parametrize(
    "reply", [Reply(200, "<html>Down</html>", type="text/html"), Reply(200, "[1]", type="application/json"), Reply(302)]
)
def test_what_is_no_answer_of_theirs_is_a_bad_answer(there, reply):
    there.on("/2.0/", reply)
    with pytest.raises(BadAnswer):
        lastfm.recent_tracks(BY_NAME)


def test_a_sign_in_token_becomes_a_name_and_a_key_that_does_not_show(there):
    there.on("/2.0/", Reply(200, {"session": {"name": "Ann_Listens", "key": "s" * 32, "subscriber": 0}}))
    name, key = lastfm.session("one-use-token")
    assert (name, key.reveal()) == ("Ann_Listens", "s" * 32)
    assert "s" * 32 not in repr((name, key))
    (seen,) = there.requests
    assert (seen.method, seen.form["token"], "sk" in seen.form) == ("POST", ["one-use-token"], False)


@pytest.mark.parametrize(
    "said", [{}, {"session": None}, {"session": {"name": "x"}}, {"session": {"name": "", "key": "k"}}]
)
def test_a_session_without_name_or_key_is_none(there, said):
    there.on("/2.0/", Reply(200, said))
    with pytest.raises(BadAnswer):
        lastfm.session("one-use-token")


def test_the_page_of_consent_gets_key_and_callback(settings):
    settings.LASTFM_API_KEY, settings.LASTFM_AUTH_URL = "k", "https://www.last.fm/api/auth/"
    url = lastfm.auth_url("https://club.example/back?state=a&b")
    assert url == "https://www.last.fm/api/auth/?api_key=k&cb=https%3A%2F%2Fclub.example%2Fback%3Fstate%3Da%26b"


def test_a_profile_has_its_key_in_small_letters_and_only_pictures_of_theirs(there):
    images = [
        {"size": "small", "#text": "http://lastfm.freetls.fastly.net/i/u/34s/a.png"},
        {"size": "large", "#text": "https://evil.example/a.png"},
    ]
    user = {"name": "Ann_Listens", "url": "https://www.last.fm/user/Ann_Listens", "image": images, "playcount": "3"}
    there.on("/2.0/", Reply(200, {"user": user}))
    profile = lastfm.user_info(" ann_listens ")
    assert (profile.id, profile.name, profile.url) == ("ann_listens", "Ann_Listens", user["url"])
    assert profile.avatar_url == "https://lastfm.freetls.fastly.net/i/u/34s/a.png"
    with pytest.raises(BadAnswer, match="somebody else"):
        lastfm.user_info("bea")


ALBUM = {
    "name": "Lonerism",
    "artist": "Tame Impala",
    "mbid": uuid(2),
    "image": [
        {"size": "small", "#text": "https://lastfm.freetls.fastly.net/i/u/34s/a.png"},
        {"size": "mega", "#text": f"https://lastfm.freetls.fastly.net/i/u/300x300/{lastfm.NO_PICTURE}.png"},
    ],
    "tracks": {
        "track": [
            {"name": "Be Above It", "duration": 201, "@attr": {"rank": 1}, "artist": {"name": "Tame Impala"}},
            {"name": "Endors Toi", "duration": None, "@attr": {"rank": "2"}, "artist": {"name": "Tame Impala"}},
        ]
    },
    "tags": {"tag": [{"name": "psychedelic rock"}, {"name": "seen live"}]},
}


def test_an_album_has_its_tracks_tags_and_cover(there):
    there.on("/2.0/", Reply(200, {"album": ALBUM}))
    album = lastfm.album_info("tame impala", "lonerism")
    assert (album.title, album.artist_credit, album.external_ids) == (
        "Lonerism",
        "Tame Impala",
        {"musicbrainz_release": uuid(2)},
    )
    assert album.cover_url.endswith("/34s/a.png")
    assert [(track.number, track.title, track.duration_ms) for track in album.tracks] == [
        (1, "Be Above It", 201_000),
        (2, "Endors Toi", None),
    ]
    assert [(tag.name, tag.weight) for tag in album.tags] == [("psychedelic rock", 1), ("seen live", 1)]


def test_one_track_and_one_tag_may_stand_for_themselves_and_none_as_empty_text():
    alone = {**ALBUM, "tracks": {"track": ALBUM["tracks"]["track"][0]}, "tags": {"tag": {"name": "psych"}}}
    album = lastfm.parse_album({"album": alone})
    assert (len(album.tracks), [tag.name for tag in album.tags]) == (1, ["psych"])
    none = lastfm.parse_album({"album": {**ALBUM, "tracks": "", "tags": "", "image": ""}})
    assert (none.tracks, none.tags, none.cover_url) == ((), (), "")


@pytest.mark.parametrize(
    ("ask", "method"),
    [
        (lambda: lastfm.album_tags("a", "b"), "album.getTopTags"),
        (lambda: lastfm.artist_tags("a"), "artist.getTopTags"),
        (lambda: lastfm.track_tags("a", "b"), "track.getTopTags"),
    ],
)
def test_tags_come_with_their_weights(there, ask, method):
    tags = {"tag": [{"name": "shoegaze", "count": 100}, {"name": "seen live", "count": "0"}, {"name": ""}]}
    there.on("/2.0/", Reply(200, {"toptags": tags}))
    assert [(tag.name, tag.weight, tag.is_genre) for tag in ask()] == [
        ("shoegaze", 100, False),
        ("seen live", 0, False),
    ]
    assert there.requests[0].param("method") == method


def test_the_recorded_page_is_read_whole():
    body = real_json("music-stats-lastfm-json/recent_tracks.json")
    page = lastfm.parse_plays(body, "Fixture_User", LATEST)
    assert (len(page.plays), page.skipped, page.total_pages, page.next_cursor) == (200, [], 2, "2")
    assert page.plays[0].artist == "HUNTR/X"
    assert sum("musicbrainz_artist" not in play.external_ids for play in page.plays) == 59


def test_a_page_that_a_downloader_saved_is_read():
    (body,) = real_json("koito/recenttracks-shoko2-1749776100.json")
    page = lastfm.parse_plays({"recenttracks": body}, body["@attr"]["user"], LATEST)
    assert len(page.plays) == 10
    assert page.plays[4].track == "放課後の記憶"
    assert [play.album for play in page.plays[:2]] == [None, None]


def test_probing_asks_about_the_account_where_there_is_one(there):
    there.on("/2.0/", Reply(200, {"user": {"name": "ann_listens"}, "toptags": {"tag": []}}))
    lastfm.PROVIDER.probe(BY_NAME)
    lastfm.PROVIDER.probe(Access())
    assert [seen.param("method") for seen in there.requests] == ["user.getInfo", "artist.getTopTags"]
