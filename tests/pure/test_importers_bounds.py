"""Whatever bytes come: rows or a sentence, in little memory and in time."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.types import Play
from listening.importers.files import Unreadable, open_history
from listening.importers.rows import Reading, Reject, Skip
from tests.listening.histories import FORMATS, lastfm_track, scrobbles, zipped
from tests.pure.importing import LATEST, kinds, opened, rows_of

FILES = {name: make(4) for name, make in FORMATS.items()}
SCRAPS = [b'"', b"{", b"}", b"[", b"]", b"\x00", b"NaN", b"\\", b"\xff\xfe", b"null,", b"\n", b"\r", b";", b",", b"\t"]
SCRAPS += [b"<track>", b"</track>", b"<", b"&a;", b"#", b"+ACM-", b"\xef\xbb\xbf", b"9" * 400, b"'", b"\xe9", b"1e999"]


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A file of any kind, with bytes changed, taken out, put in and doubled."""
    data = bytearray(draw(st.sampled_from(list(FILES.values()))))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = draw(st.binary(max_size=3))
            case 1:
                del data[at : at + draw(st.integers(1, 200))]
            case 2:
                data[at:at] = draw(st.sampled_from(SCRAPS))
            case _:
                data[at:at] = data[: draw(st.integers(0, 300))]
    return bytes(data)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutilated(), st.sampled_from(["loose", "zip", "gzip"]))
def test_no_mutilated_file_breaks_its_reader(data: bytes, packed: str) -> None:
    whole = {"loose": data, "zip": zipped({"a": data}), "gzip": gzip.compress(data)}[packed]
    with suppress(Unreadable):
        first = rows_of(whole)
        assert all(isinstance(row, Play | Skip | Reject) for row in first)
        assert rows_of(whole) == first, "the same bytes are the same rows"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(FORMATS)), st.data())
def test_a_file_cut_anywhere_gives_the_rows_before(name: str, data: st.DataObject) -> None:
    whole = FILES[name]
    before = rows_of(whole)
    with suppress(Unreadable):
        found = rows_of(whole[: data.draw(st.integers(0, len(whole) - 1))])
        plays = [row for row in found if isinstance(row, Play)]
        assert len(found) - len(plays) <= 1
        # The last row of a table may lack its end without a sign of it.
        assert plays[:-1] == before[: len(plays[:-1])]


def long_files() -> dict[str, tuple[bytes, bytes, bytes]]:
    """Beginning, what is repeated, and end."""
    row = scrobbles(1)[0]
    stats = json.dumps({**row, "date": row["uts"] * 1000}).encode() + b","
    xml = FORMATS["lastfm_xml"](1)
    cut, end = xml.index(b"<track>"), xml.index(b"</track>") + len(b"</track>")
    table = b"Artist;Album;AlbumId;Track;Date#x\n"
    return {
        "object": (b'{"username": "x", "scrobbles": [', stats, b"{}]}"),
        "pages": (b'{"recenttracks": {"track": [', json.dumps(lastfm_track(row)).encode() + b",", b"{}]}}"),
        "table": (table, b"Band;Album;;" + b"Song " * 20 + b";1709294400000\n", b""),
        "xml": (xml[:cut], xml[cut:end].replace(b"<mbid>", b"<mbid>" + b" " * 1000), xml[end:]),
        "passed over": (b'{"scrobbles": [{"artist": "A", "date": 1}], "x": "', b"x" * 100, b'"}'),
        "blank": (b'{"scrobbles": [{"artist": "A", "date": 1}', b" " * 100, b"]}"),
        "open quote": (table + b'"', b"x" * 99 + b"\n", b""),
        "one line": (table, b"x" * 100, b""),
        "one track": (xml[:cut] + b"<track>", b"x" * 100, b""),
    }


@pytest.mark.parametrize("name", long_files())
def test_a_long_file_is_never_in_memory_as_a_whole(name: str, tmp_path: Path) -> None:
    head, piece, tail = long_files()[name]
    path, size = tmp_path / "history", 6 * 1024 * 1024
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size // len(piece) // 100):
            file.write(piece * 100)
        file.write(tail)
    with path.open("rb") as file:
        tracemalloc.start()
        history = open_history(file, path.stat().st_size)
        seen = sum(1 for _ in history.rows(Reading(LATEST)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert seen
    assert peak < 4 * 1024 * 1024
    assert history.bytes_done == history.bytes_total


@pytest.mark.parametrize("name", FORMATS)
def test_loose_zipped_and_gzipped_are_the_same(name: str) -> None:
    data = FILES[name]
    assert rows_of(zipped({"x/y": data})) == rows_of(gzip.compress(data)) == rows_of(data)


def test_progress_through_a_gzipped_file_is_told_in_its_own_bytes() -> None:
    data = gzip.compress(FORMATS["spotify_extended"](20_000))
    history = opened(data)
    rows = history.rows(Reading(LATEST))
    for _ in range(10_000):
        next(rows)
    assert 0.3 < history.bytes_done / history.bytes_total < 0.8
    assert len(list(rows)) == 10_000
    assert history.bytes_done == history.bytes_total == len(data)


def test_what_is_no_history_is_told_what_is() -> None:
    with pytest.raises(Unreadable) as refusal:
        opened(b"%PDF-1.4")
    for word in ("Spotify", "Last.fm", "ListenBrainz", "Libre.fm", "Maloja", "Koito", ".scrobbler.log"):
        assert word in str(refusal.value)


def test_a_file_of_bad_rows_is_all_rejects() -> None:
    rows = json.dumps([{"ms_played": "x", "spotify_track_uri": None}] * 3).encode()
    assert kinds(rows_of(rows)) == ["missing"] * 3


HISTORY = FILES["spotify_account"]
LONG_HISTORY = FORMATS["spotify_account"](200)
NOTES = {f"__MACOSX/listens/._{n}.json": b"\x00\x05\x16\x07Mac OS X" for n in range(300)}


def damaged(data: bytes) -> bytes:
    """A zip with a letter changed in its first file that is packed as it is."""
    return data.replace(b"Band 1", b"Bend 1", 1)


def test_a_macs_own_notes_are_not_counted_among_the_files_of_a_zip() -> None:
    whole = zipped({**{f"listens/{n}.json": HISTORY for n in range(300)}, **NOTES})
    assert len(opened(whole).known) == 300


def test_a_damaged_file_in_a_zip_is_named_and_the_others_are_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("StreamingHistory_music_0.json", LONG_HISTORY)
        archive.writestr("StreamingHistory_music_1.json", HISTORY)
    rows = rows_of(damaged(file.getvalue()))
    assert kinds(rows) == ["cut_short"] + ["play"] * 4
    assert "StreamingHistory_music_0.json" in str(rows[0])


def test_a_short_gzipped_file_that_is_cut_off_is_damaged_not_empty() -> None:
    packed = gzip.compress(LONG_HISTORY)
    assert kinds(rows_of(packed[: len(packed) // 2])) == ["cut_short"]


def test_a_file_of_which_nothing_can_be_read_is_called_damaged() -> None:
    with pytest.raises(Unreadable, match="is damaged or incomplete") as refusal:
        opened(b"\x1f\x8b\x08\x00 this was never packed")
    assert refusal.value.code == "unreadable"


def test_a_zip_in_a_zip_is_never_passed_over_in_silence() -> None:
    inner = zipped({"a.json": HISTORY})
    with pytest.raises(Unreadable, match="holds another zip"):
        opened(zipped({"my_spotify_data.zip": inner}))
    rows = rows_of(zipped({"b.json": HISTORY, "my_spotify_data.zip": inner}))
    assert kinds(rows) == ["play"] * 4 + ["a zip inside this zip (upload it on its own)"]
