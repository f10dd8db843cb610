"""Readers of histories: every oddity of a row and a file, no database."""

from __future__ import annotations

import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast

import pytest

from integrations.keys import play_key
from integrations.types import Play
from listening.importers.files import History, Unreadable, open_history
from listening.importers.records import MAX_ROW, records
from listening.importers.rows import Reading, Reject, Row, Skip
from tests.listening.histories import START, listenbrainz_line, real, spotify_file, spotify_row, zipped

LATEST = datetime(2026, 11, 21, tzinfo=UTC)


def opened(data: bytes) -> History:
    return open_history(io.BytesIO(data), len(data))


def rows_of(data: bytes) -> list[Row]:
    return list(opened(data).rows(Reading(LATEST)))


def spotify(**changes: Any) -> Row:
    """What becomes of one Spotify row (beside a good one, so that the file is known)."""
    return rows_of(json.dumps([spotify_row(0, **changes), spotify_row(1)]).encode())[0]


def listenbrainz(**changes: Any) -> Row:
    return rows_of(f"{listenbrainz_line(0, **changes)}\n{listenbrainz_line(1)}".encode())[0]


def said(**changes: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(listenbrainz_line(0))["track_metadata"]
    return {"track_metadata": {**metadata, **changes}}


def play(row: Row) -> Play:
    assert isinstance(row, Play), row
    return row


# --- Spotify


def test_the_start_is_the_end_less_the_time_played() -> None:
    assert play(spotify(ms_played=180_000)).started_at == START - timedelta(minutes=3)


@pytest.mark.parametrize("unit", [1, 1000])
def test_an_offline_play_starts_when_the_device_says(unit: int) -> None:
    heard = datetime(2023, 3, 19, 18, 0, tzinfo=UTC)
    row = spotify(offline=True, offline_timestamp=int(heard.timestamp()) * unit)
    assert play(row).started_at == heard


@pytest.mark.parametrize("clock", [0, None, -5, True, "1679250523", 10**17, 99, 4_000_000_000, float("nan")])
def test_an_offline_clock_that_cannot_be_is_not_believed(clock: Any) -> None:
    assert play(spotify(offline=True, offline_timestamp=clock)).started_at == START - timedelta(minutes=3)


def test_online_plays_ignore_the_offline_clock() -> None:
    row = spotify(offline=False, offline_timestamp=1_600_000_000)
    assert play(row).started_at == START - timedelta(minutes=3)


def test_old_files_with_another_way_to_write_the_time_are_read() -> None:
    assert play(spotify(ts="2016-05-10 08:49:39 UTC", ms_played=0, skipped=None)).started_at.year == 2016


def test_the_album_comes_from_the_doubled_key() -> None:
    assert play(spotify(master_metadata_album_album_name="Post")).album == "Post"
    assert play(spotify(master_metadata_album_album_name=None)).album is None
    assert play(spotify(master_metadata_album_album_name="  ")).album is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"incognito_mode": True}, "private session"),
        ({"master_metadata_track_name": None, "episode_name": "Talk"}, "podcast"),
        ({"master_metadata_track_name": None, "spotify_episode_uri": "spotify:episode:1"}, "podcast"),
        ({"master_metadata_track_name": None, "audiobook_title": "Book"}, "audiobook"),
        ({"master_metadata_track_name": None}, "no track named (video, or removed from Spotify)"),
        ({"ms_played": 29_999, "skipped": True}, "skipped after a few seconds"),
        ({"ms_played": 10_000, "reason_end": "fwdbtn", "skipped": None}, "skipped after a few seconds"),
        ({"ms_played": 0, "reason_end": "endplay"}, "skipped after a few seconds"),
    ],
)
def test_rows_that_are_no_plays_are_skipped_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    assert spotify(**changes) == Skip(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"ms_played": 30_000, "skipped": True, "reason_end": "fwdbtn"},
        {"ms_played": 12_000, "skipped": False, "reason_end": "trackdone"},
        {"ms_played": 12_000, "skipped": None, "reason_end": None},
        {"incognito_mode": None},
        {"reason_end": ["trackdone"]},
    ],
)
def test_rows_that_are_plays_are_kept(changes: dict[str, Any]) -> None:
    play(spotify(**changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ms_played": -1}, "out_of_range"),
        ({"ms_played": 24 * 3600 * 1000 + 1}, "out_of_range"),
        ({"ms_played": "three"}, "not_a_number"),
        ({"ms_played": float("nan")}, "not_a_number"),
        ({"ms_played": float("inf")}, "not_a_number"),
        ({"ms_played": True}, "not_a_number"),
        ({"ms_played": None}, "missing"),
        ({"ms_played": []}, "not_a_number"),
        ({"ts": None}, "missing"),
        ({"ts": 1711022400}, "not_a_time"),
        ({"ts": "yesterday"}, "not_a_time"),
        ({"ts": "2024-03-01T12:00:00"}, "no_time_zone"),
        ({"ts": "2001-03-01T12:00:00Z"}, "too_old"),
        ({"ts": "0001-01-01T00:00:00Z"}, "too_old"),
        ({"ts": "2030-03-01T12:00:00Z"}, "in_the_future"),
        ({"ts": "9999-12-31T23:59:59-23:00"}, "not_a_time"),
        ({"master_metadata_track_name": 7}, "not_text"),
        ({"master_metadata_track_name": "a\x00b"}, "null_characters_not_allowed"),
        ({"master_metadata_track_name": "\ud800"}, "not_unicode"),
        ({"master_metadata_track_name": "\u200b"}, "missing"),
        ({"master_metadata_track_name": "x" * 501}, "too_long"),
        ({"master_metadata_album_artist_name": None}, "missing"),
        ({"master_metadata_album_album_name": {"a": 1}}, "not_text"),
    ],
)
def test_a_row_that_cannot_be_is_rejected_and_the_next_is_read(changes: dict[str, Any], code: str) -> None:
    found = rows_of(json.dumps([spotify_row(0, **changes), spotify_row(1)]).encode())
    assert isinstance(found[0], Reject)
    assert found[0].code == code
    assert isinstance(found[1], Play)


def test_a_row_without_its_keys_is_rejected() -> None:
    found = rows_of(json.dumps([{}, [], None, "x", 5, {"ts": "x"}, spotify_row(1)]).encode())
    assert [type(row) for row in found] == [Reject] * 6 + [Play]


def test_the_key_is_what_the_source_said_and_nothing_private() -> None:
    private = {"username": "x", "ip_addr": "203.0.113.7", "conn_country": "GB", "platform": "ios"}
    plain = play(spotify())
    assert play(spotify(**private)) == plain
    assert play(spotify(master_metadata_track_name="Renamed")).source_key == plain.source_key
    assert play(spotify(ms_played=180_001)).source_key != plain.source_key
    assert play(spotify(spotify_track_uri="spotify:track:" + "9" * 22)).source_key != plain.source_key


def test_offline_plays_uploaded_together_are_each_their_own() -> None:
    first, second = (play(spotify(offline=True, offline_timestamp=1_679_250_000 + n)) for n in (0, 300))
    assert first.source_key != second.source_key
    old_file = play(spotify(offline=True, offline_timestamp=1_679_250_000_000))
    assert old_file.source_key == first.source_key


def test_a_local_file_has_no_spotify_id() -> None:
    assert play(spotify(spotify_track_uri="spotify:local:a:b:c:120")).external_ids == {}


# --- ListenBrainz


@pytest.mark.parametrize("moment", [1_709_294_400, 1_709_294_400.0])
def test_listened_at_is_the_start_whole_or_not(moment: float) -> None:
    assert play(listenbrainz(listened_at=moment)).started_at == datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


def test_the_key_is_the_same_for_whole_and_broken_seconds() -> None:
    assert (
        play(listenbrainz(listened_at=1_709_294_400)).source_key
        == play(listenbrainz(listened_at=1_709_294_400.25)).source_key
    )


def test_the_key_is_time_and_names_whatever_the_server_says_of_them() -> None:
    plain = play(listenbrainz())
    assert play(listenbrainz(**said(recording_msid=None))).source_key == plain.source_key
    assert play(listenbrainz(**said(track_name="Another"))).source_key != plain.source_key
    assert plain.source_key == play_key(plain.started_at, plain.artist, plain.track)


@pytest.mark.parametrize("page", ['{{"payload": {{"count": 2, "listens": [{}]}}}}', '{{"payload":\n[{}]}}'])
def test_a_page_of_the_api_is_read(page: str) -> None:
    lines = f"{listenbrainz_line(0)}, {listenbrainz_line(1)}"
    assert [type(row) for row in rows_of(page.format(lines).encode())] == [Play, Play]


@pytest.mark.parametrize("match", [None, {}, "x", [], {"artists": None}, {"artists": ["x"]}])
def test_a_match_that_is_none_is_no_harm(match: Any) -> None:
    assert play(listenbrainz(**said(mbid_mapping=match))).external_ids == {}


MBID = "30d0ab91-d72c-4a55-9c53-5e2c16d1a111"
OTHER = "e96cab91-d72c-4a55-9c53-5e2c16d1a222"


def test_ids_of_a_match_are_taken_where_the_names_agree() -> None:
    match = {
        "recording_mbid": MBID,
        "recording_name": "song 0",
        "artists": [{"artist_mbid": OTHER, "artist_credit_name": "Band 0"}],
    }
    assert play(listenbrainz(**said(mbid_mapping=match))).external_ids == {
        "musicbrainz": MBID,
        "musicbrainz_artist": OTHER,
    }
    match["recording_name"] = match["artists"][0]["artist_credit_name"] = "Somebody else"  # type: ignore[index]
    assert play(listenbrainz(**said(mbid_mapping=match))).external_ids == {}


def test_the_album_of_a_match_is_taken_for_the_same_release_only() -> None:
    match = {"release_mbid": OTHER, "release_group_mbid": MBID}
    same = said(mbid_mapping=match, additional_info={"release_mbid": OTHER})
    assert play(listenbrainz(**same)).external_ids["musicbrainz_release_group"] == MBID
    another = said(mbid_mapping=match, additional_info={"release_mbid": MBID})
    assert "musicbrainz_release_group" not in play(listenbrainz(**another)).external_ids
    assert play(listenbrainz(**said(mbid_mapping=match))).external_ids == {}


def test_what_clients_claim_is_read_with_care() -> None:
    claims = {
        "duration_ms": "402390",
        "duration": 200,
        "isrc": "gb-um7-20-00433",
        "spotify_id": "https://open.spotify.com/track/02MWAaffLxlfxAUY7c5dvx?si=1",
        "recording_mbid": "no",
        "artist_mbids": "x",
    }
    found = play(listenbrainz(**said(additional_info=claims)))
    assert found.external_ids == {"isrc": "GBUM72000433", "spotify": "02MWAaffLxlfxAUY7c5dvx"}
    assert found.duration_ms == 402_390


@pytest.mark.parametrize("length", [215.3, "215.3", " 215.3 "])
def test_a_length_may_be_text_with_a_fraction(length: object) -> None:
    assert play(listenbrainz(**said(additional_info={"duration": length}))).duration_ms == 215_300


@pytest.mark.parametrize("length", ["", "long", "1e999", "-3", "9" * 50, True, [215], "nan"])
def test_a_length_that_cannot_be_is_not_known(length: object) -> None:
    assert play(listenbrainz(**said(additional_info={"duration": length}))).duration_ms is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"listened_at": None}, "missing"),
        ({"listened_at": "noon"}, "not_a_number"),
        ({"listened_at": "1_709_294_400 s"}, "not_a_number"),
        ({"listened_at": 1_709_294_400_000}, "out_of_range"),
        ({"listened_at": 0}, "too_old"),
        ({"listened_at": -(10**12)}, "out_of_range"),
        ({"listened_at": 2_000_000_000}, "in_the_future"),
        ({"listened_at": float("nan")}, "not_a_number"),
        ({"track_metadata": None}, "missing"),
        ({"track_metadata": "x"}, "missing"),
    ],
)
def test_a_listen_that_cannot_be_is_rejected(changes: dict[str, Any], code: str) -> None:
    row = listenbrainz(**changes)
    assert isinstance(row, Reject)
    assert row.code == code


def test_what_is_playing_now_is_no_listen() -> None:
    assert isinstance(listenbrainz(playing_now=True, listened_at=None), Skip)


def test_feedback_and_pins_beside_the_listens_are_not_read() -> None:
    data = zipped(
        {
            "user.json": b'{"user_id": 1, "username": "x"}',
            "feedback.jsonl": b'{"recording_msid": "x", "score": 1, "created": 5}',
            "pinned_recording.jsonl": b'{"track_metadata": {"track_name": "T"}, "pinned_until": 5}',
            "listens/2024/3.jsonl": listenbrainz_line(0).encode(),
        }
    )
    assert [type(row) for row in rows_of(data)] == [Play]


def test_months_are_read_in_order_of_their_numbers() -> None:
    data = zipped({f"listens/2024/{month}.jsonl": listenbrainz_line(month).encode() for month in (10, 9, 1, 11, 2)})
    starts = [play(row).started_at for row in rows_of(data)]
    assert starts == sorted(starts)
    assert next(part.name for part, _ in opened(data).known) == "listens/2024/1.jsonl"


# --- files


def test_a_zip_with_stray_bytes_inside_is_read() -> None:
    assert [type(row) for row in rows_of(real("koito/listenbrainz_shoko1_1749780844.zip"))] == [Play] * 5


@pytest.mark.parametrize("stray", [b"", b"\x00" * 6, b"PK\x03\x04", b"junk" * 5000])
@pytest.mark.parametrize("where", ["front", "inside"])
def test_a_zip_with_bytes_too_many_is_read(stray: bytes, where: str) -> None:
    data = zipped({"a.jsonl": listenbrainz_line(0).encode(), "b.jsonl": listenbrainz_line(1).encode()})
    at = 0 if where == "front" else data.index(b"PK\x03\x04", 4)
    assert [type(row) for row in rows_of(data[:at] + stray + data[at:])] == [Play, Play]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_with_a_mark_are_read(encoding: str) -> None:
    text = json.dumps([spotify_row(0, master_metadata_track_name="Ágætis býrjun 空中")], ensure_ascii=False)
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert play(rows_of((mark + text).encode(encoding))[0]).track == "Ágætis býrjun 空中"


@pytest.mark.parametrize("around", [b"\n\n  \t", b"\xef\xbb\xbf\r\n"])
def test_white_space_in_front_is_no_harm(around: bytes) -> None:
    assert len(rows_of(around + spotify_file(2))) == 2
    assert len(rows_of(around + listenbrainz_line(0).encode() + b"\r\n\r\n" + listenbrainz_line(1).encode())) == 2


def test_listens_as_one_list_are_read_too() -> None:
    assert len(rows_of(f"[{listenbrainz_line(0)},{listenbrainz_line(1)}]".encode())) == 2


def test_a_file_cut_in_the_middle_gives_what_it_has() -> None:
    data = spotify_file(10)
    found = rows_of(data[: len(data) * 2 // 3])
    assert [type(row) for row in found] == [Play] * 6 + [Reject]
    lines = "\n".join(listenbrainz_line(n) for n in range(5)).encode()
    assert [type(row) for row in rows_of(lines[:-20])] == [Play] * 4 + [Reject]


def test_a_damaged_member_gives_what_it_has_and_the_next_is_read() -> None:
    noise = random.Random(7)
    many = json.dumps(
        [spotify_row(n, platform="".join(noise.choices("abcdefghij", k=200))) for n in range(3000)]
    ).encode()
    data = bytearray(zipped({"1.json": many, "2.json": spotify_file(3)}))
    data[len(data) // 2] ^= 0xFF
    found = rows_of(bytes(data))
    kinds = [type(row) for row in found]
    assert kinds.count(Reject) >= 1
    assert kinds[-3:] == [Play] * 3
    assert kinds.count(Play) > 1000


@pytest.mark.parametrize(
    "broken",
    [
        '{"ts": oops}',
        "{'ts': 1}",
        '{"a": "unclosed}, {"b": 1}"}',
        '{"a": [1, 2}',
        "nonsense",
        '{"n": ' + "9" * 5000 + "}",
        '{"deep": ' + "[" * 3000 + "]" * 3000 + "}",
        '{"a" 1}',
    ],
)
def test_a_broken_row_costs_itself_alone(broken: str) -> None:
    good = json.dumps(spotify_row(0))
    found = rows_of(f"[{good}, {broken}, {good}, {good}]".encode())
    assert [type(row) for row in found if isinstance(row, Play)] == [Play] * 3
    lines = f"{listenbrainz_line(0)}\n{broken}\n{listenbrainz_line(1)}\n"
    assert [type(row) for row in rows_of(lines.encode())] == [Play, Reject, Play]


def test_a_row_without_end_ends_the_file_and_not_the_memory() -> None:
    endless = b"[" + json.dumps(spotify_row(0)).encode() + b', {"a": "' + b"x" * 30_000_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kinds = [type(row) for row in rows_of(endless)]
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert kinds == [Play, Reject]
    assert peak < 40 * MAX_ROW


def test_a_line_without_end_is_one_rejected_row() -> None:
    data = listenbrainz_line(0).encode() + b"\n" + b"x" * 3_000_000 + b"\n" + listenbrainz_line(1).encode()
    assert [type(row) for row in rows_of(data)] == [Play, Reject, Play]


class Dribble(io.RawIOBase):
    """Gives a few bytes at a time, as a slow source does."""

    def __init__(self, data: bytes, seed: int) -> None:
        self._data, self._at, self._dice = data, 0, random.Random(seed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._dice.randint(1, 7))
        piece = self._data[self._at : self._at + size]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _elements() -> Iterator[Any]:
    yield from [1, -2.5, "a,]}", '\\"[{', None, True, [], [1, [2]], {}, {"a": {"b": "}"}}, 123456789, "é空", [[]]]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_is_read_the_same_in_any_pieces(seed: int, indent: int | None) -> None:
    values = [*_elements(), *_elements()]
    text = json.dumps(values, indent=indent, ensure_ascii=bool(seed % 2)).encode()
    assert list(records(cast(BinaryIO, io.BufferedReader(Dribble(text, seed), 16)))) == values


@pytest.mark.parametrize("seed", range(60))
def test_no_mutation_of_a_file_breaks_the_reader(seed: int) -> None:
    dice = random.Random(seed)
    pool = (spotify_file(5), "\n".join(map(listenbrainz_line, range(5))).encode(), zipped({"a.json": spotify_file(5)}))
    data = bytearray(dice.choice(pool))
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(data))
        match dice.randrange(3):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randint(1, 30)]
            case _:
                data[at:at] = dice.choice([b'"', b"{", b"]", b"\x00", b"NaN", b"\\", b"\xff\xfe", b"null,"])
    with suppress(Unreadable):
        assert all(isinstance(row, Play | Skip | Reject) for row in rows_of(bytes(data)))
