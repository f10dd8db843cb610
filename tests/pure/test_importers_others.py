"""Spotify's account data, Maloja, Koito, Libre.fm and the logs of players, no database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.keys import play_key
from tests.listening.histories import (
    FORMATS,
    START,
    koito_file,
    librefm_csv,
    maloja_file,
    real,
    scrobbler_log,
    spotify_account_file,
    spotify_file,
    spotify_row,
    zipped,
)
from tests.pure.importing import kinds, opened, play, rows_of, told

BERLIN = ZoneInfo("Europe/Berlin")


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_file_is_known_by_what_it_holds(name: str) -> None:
    assert opened(FORMATS[name](3)).importer.name == name
    assert kinds(rows_of(FORMATS[name](3))) == ["play"] * 3


@pytest.mark.parametrize("name", ["maloja", "koito", "librefm", "scrobbler_log"])
def test_the_key_is_time_and_names(name: str) -> None:
    assert play(rows_of(FORMATS[name](1))[0]).source_key == play_key(START, "Band 0", "Söng 0")
    assert told(rows_of(FORMATS[name](60))) == told(rows_of(FORMATS["lastfm_pages"](60)))


@pytest.mark.parametrize("name", FORMATS)
def test_two_tracks_in_one_second_are_two(name: str) -> None:
    rows = rows_of(FORMATS[name](60))
    assert len({play(row).source_key for row in rows}) == 60


# --- Spotify


def account(**changes: Any) -> str:
    row = {"endTime": "2024-03-01 12:00", "artistName": "A", "trackName": "T", "msPlayed": 180_000, **changes}
    return kinds(rows_of(dumped([row, *json.loads(spotify_account_file(1))])))[0]


def test_the_start_of_account_data_is_the_end_less_the_time_played() -> None:
    found = play(rows_of(spotify_account_file(1))[0])
    assert (found.started_at, found.ms_played, found.album) == (START - timedelta(minutes=3), 180_000, None)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"msPlayed": 29_999}, "played for less than 30 seconds"),
        ({"msPlayed": 0}, "played for less than 30 seconds"),
        ({"msPlayed": "180000"}, "play"),
        ({"msPlayed": -1}, "out_of_range"),
        ({"artistName": "Unknown Artist", "trackName": "Unknown Track"}, "no track named"),
        ({"podcastName": "P", "episodeName": "E"}, "podcast"),
        ({"audiobookName": "B"}, "audiobook"),
        ({"endTime": None}, "missing"),
        ({"endTime": "yesterday"}, "not_a_time"),
        ({"endTime": "0001-01-01 00:00"}, "too_old"),
        ({"endTime": "2024-13-01 00:00"}, "not_a_time"),
        ({"trackName": None}, "missing"),
    ],
)
def test_what_becomes_of_a_row_of_account_data(changes: dict[str, Any], what: str) -> None:
    assert account(**changes) == what


def test_podcasts_of_account_data_are_skipped_row_by_row() -> None:
    podcast = {"endTime": "2024-03-01 12:00", "podcastName": "P", "episodeName": "E", "msPlayed": 1_000_000}
    data = zipped(
        {
            "MyData/StreamingHistory_music_0.json": spotify_account_file(2),
            "MyData/StreamingHistory_podcast_0.json": dumped([podcast, podcast]),
            "MyData/YourLibrary.json": b'{"tracks": [{"artist": "A", "album": "B", "track": "T", "uri": "x"}]}',
            "MyData/Playlist1.json": b'{"playlists": [{"items": [{"track": {"trackName": "T", "artistName": "A"}}]}]}',
        }
    )
    assert kinds(rows_of(data)) == ["play", "play", "podcast", "podcast"]


def test_of_a_zip_with_both_histories_the_extended_one_is_taken_and_the_other_named() -> None:
    data = zipped({"endsong_0.json": spotify_file(2), "StreamingHistory0.json": spotify_account_file(5)})
    found = kinds(rows_of(data))
    assert opened(data).importer.name == "spotify_extended"
    assert found[:2] == ["play", "play"]
    assert "a file of account data" in found[2]
    assert len(found) == 3


def test_a_zip_of_two_services_is_refused() -> None:
    with pytest.raises(Exception, match="several services"):
        opened(zipped({"a.json": spotify_file(1), "b.json": maloja_file(1)}))


def test_old_and_new_exports_that_overlap_tell_the_same_plays() -> None:
    offline = {"offline": True, "offline_timestamp": 1_709_290_000}
    new = spotify_row(0, **offline, audiobook_title=None, spotify_episode_uri=None)
    old = spotify_row(0, **{**offline, "offline_timestamp": 1_709_290_000_123}, username="x", skipped=None)
    first, second = (play(rows_of(dumped([row]))[0]) for row in (new, old))
    assert first.source_key == second.source_key


def test_videos_of_the_extended_history_are_skipped_with_a_reason() -> None:
    video = spotify_row(0, master_metadata_track_name=None, spotify_track_uri=None, episode_name="Talk")
    assert kinds(rows_of(dumped([video, spotify_row(1, master_metadata_track_name=None)]))) == [
        "podcast",
        "no track named (video, or removed from Spotify)",
    ]


# --- Maloja, Koito


def test_lengths_of_maloja_are_seconds() -> None:
    row = {"time": "1709294400", "duration": "100.5", "track": {"artists": ["A", "B"], "title": "T", "length": 200}}
    found = play(rows_of(dumped({"maloja": {}, "scrobbles": [row]}))[0])
    assert (found.artist, found.ms_played, found.duration_ms, found.album) == ("A", 100_500, 200_000, None)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"track": None}, "missing"),
        ({"track": {"artists": [], "title": "T"}}, "missing"),
        ({"track": {"artists": "A", "title": "T"}}, "play"),
        ({"track": {"artists": [7], "title": "T"}}, "not_text"),
        ({"track": {"artists": ["A"], "title": "T", "album": "B"}}, "play"),
        ({"time": None}, "missing"),
        ({"time": {}}, "not_a_number"),
    ],
)
def test_what_becomes_of_a_scrobble_of_maloja(changes: dict[str, Any], what: str) -> None:
    row = {"time": 1_709_294_400, "track": {"artists": ["A"], "title": "T"}, **changes}
    assert kinds(rows_of(dumped({"maloja": {}, "scrobbles": [row, row]}))) == [what, what]


def test_names_of_koito_are_those_it_shows() -> None:
    found = [play(row) for row in rows_of(real("koito/koito_export_test.json"))]
    assert found[0].artist == "American Football"
    assert found[0].duration_ms == 354_000
    assert found[7].duration_ms is None  # told as 0
    assert {row.track for row in found if row.artist == "NELKE"} == {"虹の色よ鮮やかであれ (NELKE ver.)"}


def test_the_primary_artist_of_koito_is_taken() -> None:
    told = json.loads(koito_file(1))
    other = {"mbid": None, "is_primary": True, "aliases": [{"alias": "Main", "is_primary": True}]}
    told["listens"][0]["artists"].append(other)
    assert play(rows_of(dumped(told))[0]).artist == "Main"


@pytest.mark.parametrize("part", ["track", "album", "artists", "listened_at"])
@pytest.mark.parametrize("value", [None, "x", 7, [], ["x"], {"aliases": "x"}, {"aliases": [{"alias": 7}]}])
def test_a_listen_of_koito_that_cannot_be_costs_itself_alone(part: str, value: Any) -> None:
    told = json.loads(koito_file(2))
    told["listens"][0][part] = value
    found = kinds(rows_of(dumped(told)))
    assert found[1] == "play"
    assert found[0] != "play" or part == "album"


# --- Libre.fm


def test_columns_of_librefm_stand_in_any_order_and_case_behind_comments() -> None:
    data = b"# a comment\n#\n\nALBUM,track,Artist,TIME\nAl,T,A,1709294400\n,T,A,2024-03-01 12:00:00\n"
    assert told(rows_of(data)) == [(START, "A", "T", "Al"), (START, "A", "T", None)]


def test_comments_and_names_escaped_in_utf7_are_read() -> None:
    data = b"+ACM- a comment\nTime,Artist,Track\n1709294400,Sigur R+APM-s,A+-B\n1709294400,C+D,T\n"
    assert [row[1:3] for row in told(rows_of(data))] == [("Sigur Rós", "A+B"), ("C+D", "T")]


@pytest.mark.parametrize(
    ("time", "what"),
    [
        ("", "missing"),
        ("soon", "not_a_time"),
        ("1709294400.5", "play"),
        ("2024-03-01T12:00:00+01:00", "play"),
        ("9999-12-31T23:59:59-23:00", "not_a_time"),
        ("-5", "too_old"),
    ],
)
def test_what_becomes_of_a_time_of_librefm(time: str, what: str) -> None:
    data = f"time,artist,track\n{time},A,T\n".encode() + librefm_csv(1).split(b"\n")[2]
    assert kinds(rows_of(data))[0] == what


# --- logs of players


def test_a_log_without_zone_is_read_in_the_members_and_keyed_by_what_the_clock_showed() -> None:
    data = scrobbler_log(1, zone="UNKNOWN")
    berlin, utc = play(rows_of(data, BERLIN)[0]), play(rows_of(data)[0])
    assert berlin.started_at == START - timedelta(hours=1)
    assert utc.started_at == START
    assert berlin.source_key == utc.source_key
    assert play(rows_of(scrobbler_log(1), BERLIN)[0]).started_at == START


@pytest.mark.parametrize("hour", [0, 1, 2, 3])
@pytest.mark.parametrize("day", [datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 10, 27, tzinfo=UTC)])
def test_clocks_of_the_night_of_the_change_are_read(day: datetime, hour: int) -> None:
    shown = int((day + timedelta(hours=hour, minutes=30)).timestamp())
    row = rows_of(f"#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\nA\t\tT\t1\t200\tL\t{shown}\t\n".encode(), BERLIN)[0]
    assert abs(play(row).started_at.timestamp() - shown) <= 2 * 3600


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("A\tB\tT\t1\t200\tS\t1709294400\t", "skipped, says the player"),
        ("A\tB\tT\t1\t200\tL\t1709294400", "play"),
        ('A\tB\tT "x\t1\t200\tL\t1709294400\t', "play"),
        ("A\tB\tT\t\t\tL\t1709294400\t30d0ab91-d72c-4a55-9c53-5e2c16d1a111", "play"),
        ("<Untagged>\t\tT\t1\t200\tL\t1709294400\t", "no artist or track named"),
        ("A\tB\tT\t1\t200\tL\t0\t", "too_old"),
        ("A\tB\tT\t1\t200\tL\t\t", "missing"),
        ("A\tB\tT\t1\t200\tL\tnoon\t", "not_a_number"),
        ("A\tB\tT", "columns"),
        ("\tB\tT\t1\t200\tL\t1709294400\t", "missing"),
    ],
)
def test_what_becomes_of_a_line_of_a_log(line: str, what: str) -> None:
    data = f"#AUDIOSCROBBLER/1.1\n#TZ/UTC\n{line}\n{line}\n"
    assert kinds(rows_of(data.encode())) == [what, what]


def test_a_log_in_an_old_encoding_is_read() -> None:
    assert play(rows_of(scrobbler_log(1).decode().encode("cp1252"))[0]).track == "Söng 0"
