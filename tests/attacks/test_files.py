"""Uploaded files made to fill the memory, hold up a worker or break the page."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from listening.importers.files import MAX_LIST_BYTES, Unreadable, open_history
from listening.importers.records import records
from listening.importers.rows import Reject
from listening.models import ListenImport
from sidetrack.models import User

Web = Callable[[User | None], Client]


def refused(content: bytes) -> str:
    with pytest.raises(Unreadable) as refusal:
        open_history(io.BytesIO(content), len(content))
    return str(refusal.value)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_small_zip_does_not_fill_the_memory(method: int) -> None:
    """zipfile unpacks these two without a bound, and the size a zip states may be a lie."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made, made.open("a.json", "w") as member:
        for _ in range(100):
            member.write(bytes(1024 * 1024))
    raw = bytearray(file.getvalue())
    at = raw.rfind(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<I", 1000)
    tracemalloc.start()
    assert "packed in a way" in refused(bytes(raw))
    assert tracemalloc.get_traced_memory()[1] < 10 * 1024 * 1024
    tracemalloc.stop()


def test_a_zip_of_millions_of_files_is_refused_before_they_are_listed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a", b"")
    raw = file.getvalue()
    at = raw.find(b"PK\x01\x02")
    listed = raw[at : at + 47] * (MAX_LIST_BYTES // 47 + 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(listed), at, 0)
    assert "too many files" in refused(raw[:at] + listed + end)


def test_five_hundred_files_with_long_names_are_still_opened() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(499):
            made.writestr(f"{number} " + "x" * 900, b"[]")
        made.writestr("endsong_0.json", b'[{"ms_played": 1, "spotify_track_uri": null}]')
    history = open_history(file, len(file.getvalue()))
    assert [part.name for part, _ in history.known] == ["endsong_0.json"]


def test_a_name_of_thousands_of_foreign_digits_breaks_nothing() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("\u0663" * 5000, b"[]")
    assert "not a single listen" in refused(file.getvalue())


def test_a_row_of_brackets_is_passed_in_one_go() -> None:
    """Quadratic, one such row held a worker up for an hour."""
    row = b"{" * 100_000 + b"[]" * 100_000 + b"}" * 100_000
    found = list(records(io.BytesIO(b"[" + row + b', {"a": 1}]')))
    assert isinstance(found[0], Reject)
    assert found[1:] == [{"a": 1}]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "a\u202egpj.zip", "/etc/shadow", "x" * 5000])
def test_a_file_is_never_stored_under_the_name_it_came_with(web: Web, ann: User, name: str) -> None:
    row = b'[{"ms_played": 1, "spotify_track_uri": null, "master_metadata_track_name": null}]'
    web(ann).post("/imports/", {"file": SimpleUploadedFile("x.json", row)})
    stored = ListenImport.objects.get()
    ListenImport.objects.all().delete()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name.encode()
        + row
        + b"\r\n--b--"
    )
    web(ann).post("/imports/", body, content_type="multipart/form-data; boundary=b")
    for made in [stored, *ListenImport.objects.all()]:
        assert str(made.file.name).startswith("imports/")
        assert ".." not in str(made.file.name)
        assert "\u202e" not in made.file_name
        assert "/" not in made.file_name
        assert len(made.file_name) <= 200
