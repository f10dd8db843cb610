"""ListenBrainz: exclusive bounds, ties within a second, tokens that are answered 200 and are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.errors import BadAnswer, ComeBackLater, Forbidden, MustReconnect, NotThere, Rejected
from integrations.providers import listenbrainz
from integrations.secret import Secret
from integrations.types import Access
from tests.integrations.answers import LATEST, UTS, listen, listens, real_json, uuid
from tests.integrations.fake_provider import FakeProvider, Reply, Seen

TOKEN = Access(7, Secret("token-canary"), "ann")
BY_NAME = Access(name="ann")


def changed(**said: object) -> dict[str, object]:
    row = listen()
    return {**row, "track_metadata": {**row["track_metadata"], **said}}


def play(**said: object):
    return listenbrainz.play_of(changed(**said), LATEST)


def test_a_page_becomes_plays(there):
    there.on("/1/user/ann/listens", Reply(200, listens(listen(0), listen(1))))
    page = listenbrainz.listens(TOKEN, min_ts=UTS - 3600, max_ts=UTS + 60, count=500)
    first = page.plays[0]
    assert (first.artist, first.track, first.album) == ("Röyksopp", "Some Resolve 0", "Profound Mysteries II")
    assert (first.started_at.timestamp(), first.duration_ms) == (UTS, 402390)
    assert first.external_ids == {"musicbrainz": uuid(30)}
    assert (page.full, page.next_cursor, len(page.plays)) == (False, "", 2)
    (seen,) = there.requests
    assert {key: seen.param(key) for key in seen.query} == {
        "min_ts": str(UTS - 3600),
        "max_ts": str(UTS + 60),
        "count": "500",
    }
    assert seen.headers["authorization"] == "Token token-canary"


def test_no_more_than_the_limit_is_asked_for_and_no_token_is_made_up(there):
    there.on("/1/user/ann/listens", Reply(200, listens()))
    listenbrainz.listens(BY_NAME, count=5000)
    (seen,) = there.requests
    assert (seen.param("count"), "authorization" in seen.headers, "min_ts" in seen.query) == ("1000", False, False)


def server_of(rows: list[dict]) -> Callable[[Seen], Reply]:
    """The real rule: exclusive bounds, with `min_ts` the oldest after it, always newest first."""

    def answer(seen: Seen) -> Reply:
        least, most = int(seen.param("min_ts") or -1), int(seen.param("max_ts") or 10**12)
        found = sorted(
            (row for row in rows if least < row["listened_at"] < most), key=lambda row: -int(row["listened_at"])
        )
        count = int(seen.param("count"))
        return Reply(200, listens(*(found[-count:] if seen.param("min_ts") else found[:count])))

    return answer


@pytest.mark.parametrize("forward", [True, False])
def test_listens_that_share_a_second_are_all_met_when_paging(there: FakeProvider, forward: bool):
    rows = [listen(n, listened_at=UTS + n // 3, recording_msid=uuid(n)) for n in range(20)]
    there.on("/1/user/ann/listens", server_of(rows))
    met: set[str] = set()
    cursor = str(UTS - 1) if forward else str(UTS + 100)
    for _ in range(40):
        bound = {"min_ts": int(cursor)} if forward else {"max_ts": int(cursor)}
        page = listenbrainz.listens(BY_NAME, count=4, **bound)
        met |= {play.track for play in page.plays}
        if not page.next_cursor:
            break
        assert page.next_cursor != cursor, "paging stands still"
        cursor = page.next_cursor
    assert met == {f"Some Resolve {n}" for n in range(20)}


def test_the_same_listen_told_twice_on_a_page_is_one():
    page = listenbrainz.parse_listens(listens(listen(0), listen(0), listen(1)), "ann", LATEST)
    assert [play.track for play in page.plays] == ["Some Resolve 0", "Some Resolve 1"]


def test_equal_seconds_of_different_tracks_are_both_kept():
    rows = listen(0), listen(1, listened_at=UTS)
    assert len(listenbrainz.parse_listens(listens(*rows), "ann", LATEST).plays) == 2


def test_another_members_listens_are_never_taken():
    with pytest.raises(BadAnswer, match="somebody else"):
        listenbrainz.parse_listens(listens(listen(), user="bea"), "ann", LATEST)
    assert listenbrainz.parse_listens(listens(listen(), user="Ann"), "ann", LATEST).plays


def test_the_servers_match_names_ids_only_where_it_means_the_same():
    match = {
        "recording_mbid": uuid(40),
        "recording_name": "some resolve 0",
        "release_mbid": uuid(41),
        "release_group_mbid": uuid(42),
        "artists": [{"artist_mbid": uuid(43), "artist_credit_name": "RÖYKSOPP"}],
    }
    found = play(mbid_mapping=match, additional_info={"release_mbid": uuid(41)})
    assert found.external_ids == {
        "musicbrainz": uuid(40),
        "musicbrainz_artist": uuid(43),
        "musicbrainz_release": uuid(41),
        "musicbrainz_release_group": uuid(42),
    }
    other = {**match, "recording_name": "Another", "release_mbid": uuid(99), "artists": match["artists"] * 2}
    assert play(mbid_mapping=other, additional_info=None).external_ids == {}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (changed(track_name=None), "the track is missing"),
        (changed(artist_name="nul\x00"), "the artist is no clean text"),
        (changed(release_name=["x"]), "the album is not text"),
        (listen(listened_at=None), "the listened_at is no time"),
        (listen(listened_at=0), "the listened_at is before October 2002"),
        (listen(listened_at=True), "the listened_at is no time"),
        (listen(track_metadata="x"), "the track_metadata is missing"),
        (listen(playing_now=True), "playing now, not a listen"),
        (17, "the track_metadata is missing"),
    ],
)
def test_a_bad_row_is_told_and_the_page_survives(row, why):
    page = listenbrainz.parse_listens(listens(listen(1), row, listen(2)), "ann", LATEST)
    assert (len(page.plays), [one.why for one in page.skipped]) == (2, [why])


def test_times_may_be_fractions_and_lengths_text():
    found = listenbrainz.play_of(
        {**changed(additional_info={"duration": "215.3", "duration_played": 100.5}), "listened_at": UTS + 0.25}, LATEST
    )
    assert (found.duration_ms, found.ms_played, found.started_at.microsecond) == (215_300, 100_500, 250_000)
    assert found.source_key == play().source_key


def test_a_token_tells_whose_it_is(there):
    there.on("/1/validate-token", Reply(200, {"code": 200, "valid": True, "user_name": "Ann"}))
    profile = listenbrainz.validate_token(TOKEN)
    assert (profile.id, profile.name, profile.url) == ("ann", "Ann", "https://listenbrainz.org/user/Ann/")
    assert there.requests[0].headers["authorization"] == "Token token-canary"


def test_a_bad_token_is_answered_200_and_must_be_given_anew(there):
    there.on("/1/validate-token", Reply(200, {"code": 200, "message": "Token invalid.", "valid": False}))
    with pytest.raises(MustReconnect):
        listenbrainz.validate_token(TOKEN)
    there.on("/1/validate-token", Reply(200, {"message": "?"}))
    with pytest.raises(BadAnswer):
        listenbrainz.validate_token(TOKEN)


def test_no_token_is_not_asked_about(there):
    with pytest.raises(MustReconnect):
        listenbrainz.validate_token(BY_NAME)
    assert there.requests == []


@pytest.mark.parametrize(
    ("access", "reply", "outcome"),
    [
        (TOKEN, Reply(401, {"code": 401, "error": "Invalid"}), MustReconnect),
        (BY_NAME, Reply(401, {"code": 401, "error": "You need to provide an Authorization token"}), Forbidden),
        (BY_NAME, Reply(404, {"code": 404, "error": "Cannot find user: ann"}), NotThere),
        (BY_NAME, Reply(400, {"code": 400, "error": "max_ts"}), Rejected),
        (BY_NAME, Reply(200, "<html>", type="text/html"), BadAnswer),
        (BY_NAME, Reply(200, {"payload": {"listens": None}}), BadAnswer),
    ],
)
def test_refusals_have_their_meaning(there, access, reply, outcome):
    there.on("/1/user/ann/listens", reply)
    with pytest.raises(outcome) as caught:
        listenbrainz.listens(access)
    assert type(caught.value) is outcome


def test_the_wait_of_a_429_stands_in_a_header_of_its_own(there):
    headers = {"X-RateLimit-Reset-In": "7", "X-RateLimit-Remaining": "0"}
    there.on("/1/user/ann/listens", Reply(429, {"code": 429}, headers))
    with pytest.raises(ComeBackLater) as caught:
        listenbrainz.listens(BY_NAME)
    assert 4 < (caught.value.until - timezone.now()).total_seconds() <= 7.5


@pytest.mark.parametrize("name", ["", " ", ".", "..", "x" * 121, "a\nb"])
def test_what_cannot_be_a_name_is_refused_before_anything_is_sent(there, name):
    with pytest.raises(Rejected):
        listenbrainz.listens(Access(name=name))
    assert there.requests == []


def test_a_name_stays_within_its_path(there):
    there.on("*", Reply(200, {"payload": {"count": 3}}))
    assert listenbrainz.listen_count(Access(name="a/../b?c#d é")) == 3
    assert there.requests[0].path == "/1/user/a%2F..%2Fb%3Fc%23d%20%C3%A9/listen-count"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("correctlyMapped/artistProperHasJoinerInName", 4),
        ("correctlyMapped/multiArtistInArtistName", 7),
        ("correctlyMapped/multiArtistInTrackName", 4),
        ("correctlyMapped/multiArtistMappingWithSingleRecordedArtist", 3),
        ("correctlyMapped/noArtistMapping", 1),
        ("correctlyMapped/normalizedName", 2),
        ("correctlyMapped/trackNameSlightlyDifferent", 3),
        ("incorrectlyMapped/multiArtistsInTrackName", 1),
        ("incorrectlyMapped/veryWrong", 2),
    ],
)
def test_recorded_listens_are_read_as_they_were_named(name, count):
    rows = [one["data"] for one in real_json(f"multi-scrobbler/listenbrainz/{name}.json")]
    plays = [listenbrainz.play_of(row, LATEST) for row in rows]
    said = [row["track_metadata"] for row in rows]
    assert [play.track for play in plays] == [one["track_name"] for one in said]
    assert [play.artist for play in plays] == [one["artist_name"] for one in said]
    assert len(plays) == count


def test_a_wrong_match_gives_no_id():
    wrong = [one["data"] for one in real_json("multi-scrobbler/listenbrainz/incorrectlyMapped/veryWrong.json")]
    first, second = (listenbrainz.play_of(row, LATEST) for row in wrong)
    assert "musicbrainz_artist" not in first.external_ids
    assert "musicbrainz" not in second.external_ids
