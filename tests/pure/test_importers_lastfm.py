"""Histories of Last.fm in all the shapes they are saved in, no database."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.keys import play_key
from listening.importers.rows import Skip
from tests.listening.histories import (
    FORMATS,
    START,
    csv_file,
    lastfm_json,
    lastfm_minutes,
    lastfm_page,
    lastfm_track,
    lastfm_tracks,
    lastfm_uts_csv,
    lastfm_xml,
    lastfm_xml_track,
    lastfmstats_csv,
    lastfmstats_json,
    real,
    scrobbles,
    zipped,
)
from tests.pure.importing import kinds, opened, play, rows_of, told

SECONDS = [name for name in FORMATS if name.startswith("lastfm") and name != "lastfm_minutes"]
ROW, OTHER = scrobbles(2)
NOW = {"@attr": {"nowplaying": "true"}}
PLAYING = "playing now, not a listen"
MBID = "30d0ab91-d72c-4a55-9c53-5e2c16d1a111"


def now_playing() -> dict[str, Any]:
    track = lastfm_track(ROW, **NOW)
    del track["date"]
    return track


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("name", SECONDS)
def test_every_file_that_tells_seconds_tells_the_same_scrobbles(name: str) -> None:
    history = opened(FORMATS[name](60))
    assert history.importer.name == name
    assert history.importer.source == "lastfm"
    assert rows_of(FORMATS[name](60)) == rows_of(lastfm_json(60))


def test_the_key_is_that_of_a_posted_listen() -> None:
    found = play(rows_of(lastfm_json(1))[0])
    assert found.source_key == play_key(START, "Band 0", "Söng 0")
    assert (found.started_at, found.album) == (START, "Album 0")


def test_the_minute_alone_is_a_source_of_its_own() -> None:
    history = opened(lastfm_minutes(3))
    assert (history.importer.name, history.importer.source) == ("lastfm_minutes", "lastfm_minutes")
    assert told(rows_of(lastfm_minutes(60))) == told(rows_of(lastfm_json(60)))


# --- pages


def test_the_track_that_is_playing_is_skipped_on_whatever_page() -> None:
    pages = [lastfm_page(now_playing(), lastfm_track(row)) for row in scrobbles(3)]
    assert kinds(rows_of(dumped(pages))) == [PLAYING, "play"] * 3
    assert kinds(rows_of(dumped([now_playing(), lastfm_track(ROW)]))) == [PLAYING, "play"]
    dated = lastfm_track(ROW, **NOW)
    assert kinds(rows_of(dumped(lastfm_page(dated)))) == [PLAYING]


@pytest.mark.parametrize("date", [None, "", {}, []])
def test_a_row_without_a_date_is_no_listen(date: Any) -> None:
    assert kinds(rows_of(dumped(lastfm_page(lastfm_track(ROW, date=date), lastfm_track(OTHER))))) == [PLAYING, "play"]


def test_a_single_track_may_stand_where_a_list_should() -> None:
    page = {"recenttracks": {"track": lastfm_track(ROW), "@attr": {"page": "2"}}}
    assert kinds(rows_of(dumped(page))) == ["play"]
    assert kinds(rows_of(dumped([lastfm_page(lastfm_track(OTHER)), page]))) == ["play", "play"]


@pytest.mark.parametrize("nothing", ['""', "[]", "{}", "null"])
def test_a_page_without_tracks_is_no_harm(nothing: str) -> None:
    empty = f'{{"recenttracks": {{"track": {nothing}, "@attr": {{}}}}}}'
    found = kinds(rows_of(f"[{empty}, {json.dumps(lastfm_page(lastfm_track(ROW)))}]".encode()))
    assert found[-1] == "play"
    assert found[:-1] in ([], [PLAYING])


def test_pages_come_in_a_list_bare_or_one_behind_another() -> None:
    one, two = lastfm_page(lastfm_track(ROW)), lastfm_page(lastfm_track(OTHER))
    bare = [one["recenttracks"], two["recenttracks"]]
    for data in (dumped([one, two]), dumped(bare), dumped(one) + b"\n" + dumped(two), dumped(one) + dumped(two)):
        assert rows_of(data) == rows_of(lastfm_tracks(2))


def test_extended_pages_name_the_artist_otherwise() -> None:
    track = lastfm_track(ROW, artist={"name": "Band 0", "mbid": MBID, "url": "x", "image": []}, loved="1")
    found = play(rows_of(dumped(lastfm_page(track)))[0])
    assert found.artist == "Band 0"
    assert found.external_ids == {"musicbrainz_artist": MBID}


def test_ids_of_artist_and_release_are_taken_and_those_of_tracks_are_not() -> None:
    ids = {"artist": {"#text": "A", "mbid": MBID}, "album": {"#text": "B", "mbid": MBID.upper()}, "mbid": MBID}
    found = play(rows_of(dumped(lastfm_page(lastfm_track(ROW, **ids))))[0])
    assert found.external_ids == {"musicbrainz_artist": MBID, "musicbrainz_release": MBID}
    ids["album"] = {"#text": "", "mbid": MBID}
    assert play(rows_of(dumped(lastfm_page(lastfm_track(ROW, **ids))))[0]).external_ids == {"musicbrainz_artist": MBID}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": {"uts": "soon"}}, "not_a_number"),
        ({"date": {"uts": "nan"}}, "not_a_number"),
        ({"date": {"uts": "0"}}, "too_old"),
        ({"date": {"uts": "9" * 30}}, "out_of_range"),
        ({"date": {"uts": "4000000000"}}, "in_the_future"),
        ({"date": {"#text": "22 May 2014, 20:11"}}, "missing"),
        ({"name": ""}, "missing"),
        ({"name": "a\x00b"}, "null_characters_not_allowed"),
        ({"artist": "\ufeff"}, "missing"),
        ({"artist": {"#text": 7}}, "not_text"),
    ],
)
def test_a_track_that_cannot_be_is_rejected_and_the_next_is_read(changes: dict[str, Any], code: str) -> None:
    assert kinds(rows_of(dumped(lastfm_page(lastfm_track(ROW, **changes), lastfm_track(OTHER))))) == [code, "play"]


def test_marks_inside_of_names_are_taken_out() -> None:
    track = lastfm_track(ROW, name="\ufeffSöng\u200b 0", artist={"#text": "Band\ufeff 0"}, album={"#text": " "})
    found = play(rows_of(dumped(lastfm_page(track)))[0])
    assert (found.track, found.artist, found.album) == ("Söng 0", "Band 0", None)


def test_two_tracks_in_one_second_are_two() -> None:
    row = {**ROW, "track": "Another"}
    first, second = rows_of(dumped(lastfm_page(lastfm_track(ROW), lastfm_track(row))))
    assert play(first).started_at == play(second).started_at
    assert play(first).source_key != play(second).source_key


def test_loved_tracks_are_no_listens() -> None:
    loved = dumped({"lovedtracks": {"track": [lastfm_track(ROW)]}})
    with pytest.raises(Exception, match="do not know this kind"):
        opened(loved)


def test_a_key_inside_of_a_name_opens_no_list() -> None:
    track = lastfm_track(ROW, name='"track": [{"a": 1}]')
    assert play(rows_of(dumped(lastfm_page(track)))[0]).track == '"track": [{"a": 1}]'
    before = {"note": '"track": [{}]', **lastfm_page(lastfm_track(ROW))}
    assert kinds(rows_of(dumped(before))) == ["play"]


# --- XML


def xml(*tracks: str) -> bytes:
    return f'<lfm status="ok"><recenttracks user="x">{"".join(tracks)}</recenttracks></lfm>'.encode()


def test_a_broken_track_in_xml_costs_itself_alone() -> None:
    good = lastfm_xml_track(ROW)
    broken = ["<track><name>a</track>", "<track>&unknown;</track>", "<track><name>no end", "<track>\x00</track>"]
    for each in broken:
        assert kinds(rows_of(xml(good, each, good)))[::2] == ["play", "play"]
    assert kinds(rows_of(xml(good)[:-60])) == ["cut_short"]


def test_entities_of_xml_are_never_expanded() -> None:
    bomb = '<!DOCTYPE lfm [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    track = "<track><artist>&b;</artist><name>&c;</name><date uts='1400789483'/></track>"
    assert kinds(rows_of(bomb.encode() + xml(track, lastfm_xml_track(ROW)))) == ["broken", "play"]


def test_what_is_playing_in_xml_is_skipped() -> None:
    playing = '<track nowplaying="true"><artist mbid="">A</artist><name>T</name></track>'
    assert kinds(rows_of(xml(playing, lastfm_xml_track(ROW)))) == [PLAYING, "play"]


def test_pages_of_xml_one_behind_another_are_read() -> None:
    assert kinds(rows_of(lastfm_xml(2) + b"\n" + lastfm_xml(3))) == ["play"] * 5


def test_the_real_page_and_the_same_in_xml_hold_ids() -> None:
    found = play(rows_of(real("lastfm-to-csv/fixture.small.xml"))[0])
    assert found.track == "Roses & Wine"
    assert found.external_ids["musicbrainz_release"] == "74cbe50c-c1c9-4ba3-bd8f-9b0a1c37ee8f"


# --- tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_table_written_by_two_hands_is_one(delimiter: str, quoting: Any, end: str) -> None:
    data = lastfmstats_csv(20, delimiter=delimiter, quoting=quoting, lineterminator=end)
    assert rows_of(data) == rows_of(lastfmstats_json(20))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_quotes_delimiters_and_ends_of_line_inside_of_names_are_read(delimiter: str) -> None:
    names = ['12" Mix', "a;b,c", "two\nlines", '"all"', "tab\there", ' "', "", "'"]
    table = [[f"A{name}", name, "", f"T{name}", "1709294400000"] for name in names]
    data = csv_file(["Artist", "Album", "AlbumId", "Track", "Date#x"], table, delimiter=delimiter)
    found = [play(row) for row in rows_of(data)]
    assert [row.artist for row in found] == [" ".join(f"A{name}".split()) for name in names]
    assert [row.album for row in found] == [" ".join(name.split()) or None for name in names]


@pytest.mark.parametrize(
    "broken", ['"open', '"a"b;x;y;z;1', "a;b;c;d;e;f;g", '"a\n', "x" * 300_000, '"' + "x" * 140_000]
)
def test_a_broken_line_costs_itself_alone(broken: str) -> None:
    whole = lastfmstats_csv(20, quoting=csv.QUOTE_ALL).decode().splitlines()
    found = kinds(rows_of("\n".join([*whole[:8], broken, *whole[8:]]).encode()))
    assert found[:7] == ["play"] * 7
    assert found[-13:] == ["play"] * 13
    assert {*found[7:-13]} <= {"broken", "columns", "too_long"}
    assert 1 <= len(found[7:-13]) <= 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_the_encodings_of_old_machines(encoding: str) -> None:
    data = lastfm_uts_csv(3).decode().encode(encoding)
    assert told(rows_of(data)) == told(rows_of(lastfm_json(3)))


def test_short_rows_lack_what_is_missing() -> None:
    assert kinds(rows_of(b"uts,artist,track\n1709294400,A\n\n1709294400,A,T\n1709294400\n,A,T\n")) == [
        "missing",
        "play",
        "missing",
        PLAYING,
    ]


# --- minutes


def minute(line: str) -> str:
    return kinds(rows_of(f"{line}\nBand,Album,Song,06 Sep 2020, 14:23\n".encode()))[0]


@pytest.mark.parametrize("date", ["06 Sep 2020, 14:23", "6 Sep 2020 14:23", '"06 Sep 2020, 14:23"'])
def test_the_date_is_read_with_its_comma_and_without(date: str) -> None:
    found = play(rows_of(f"Band,Album,Song,{date}\r\n".encode())[0])
    assert found.started_at == datetime(2020, 9, 6, 14, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Band,Album,Song,", PLAYING),
        ("Band,Album,Song,undefined", PLAYING),
        ("Artist,Album,Song,RawDateTime", "the names of the columns"),
        ("Band,,Song,06 Sep 2020, 14:23", "play"),
        ("[unknown],Album,Song,06 Sep 2020, 14:23", "play"),
        (",Album,Song,06 Sep 2020, 14:23", "missing"),
        ("Band,Al,bum,Song,06 Sep 2020, 14:23", "columns"),
        ("Band,Song,06 Sep 2020, 14:23", "not_a_time"),
        ("Band,Album,Song,06 Mai 2020, 14:23", "not_a_time"),
        ("Band,Album,Song,31 Feb 2020, 14:23", "not_a_time"),
        ("Band,Album,Song,06 Sep 1999, 14:23", "too_old"),
        ("nonsense", "columns"),
    ],
)
def test_what_becomes_of_a_line(line: str, what: str) -> None:
    assert minute(line) == what


def test_a_zip_of_several_kinds_of_one_source_is_read() -> None:
    data = zipped({"a.csv": lastfm_uts_csv(2), "b.json": lastfm_json(2), "readme.txt": b"hello"})
    assert len({play(row).source_key for row in rows_of(data)}) == 2


@pytest.mark.parametrize("date", [10**400, -(10**400), 1e308, "9" * 39, 10**15])
def test_a_date_without_end_is_out_of_range(date: Any) -> None:
    row = {"track": "T", "artist": "A", "album": "", "date": date}
    assert kinds(rows_of(dumped({"username": "x", "scrobbles": [row]})))[0] in ("out_of_range", "in_the_future")


def test_the_track_that_plays_is_skipped_in_tables_too() -> None:
    stats = dumped({"username": "x", "scrobbles": [{"track": "T", "artist": "A", "album": "", "date": 0}]})
    assert rows_of(stats) == [Skip(PLAYING)]


@pytest.mark.parametrize("name", ["a,b,c,d,e,f", "a;b", "a#b,c,d,e,f,g", "a\tb\tc\td\te\tf"])
def test_the_name_behind_the_date_does_not_part_the_columns(name: str) -> None:
    stats = f'\ufeffArtist;Album;AlbumId;Track;Date#{name}\n"A, b";"C";"";"D";"1671414109000"\n'
    assert told(rows_of(stats.encode())) == [(datetime(2022, 12, 19, 1, 41, 49, tzinfo=UTC), "A, b", "D", "C")]
