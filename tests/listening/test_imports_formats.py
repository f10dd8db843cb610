"""Every kind of history file on its way into the database, by each door."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from listening.models import ImportReject, ListenEvent, ListenImport
from listening.services import imports as service
from listening.services.imports import run_import, start_import
from listening.services.submissions import submit_listens
from sidetrack.actors import Actor
from sidetrack.errors import Invalid
from sidetrack.models import User
from tests.jobs import drain
from tests.listening.histories import (
    FORMATS,
    REAL_FILES,
    START,
    lastfm_page,
    lastfm_track,
    lastfmstats_csv,
    real,
    scrobbler_log,
    scrobbles,
    spotify_account_file,
    spotify_file,
    spotify_row,
    zipped,
)

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]

SECONDS = [name for name in FORMATS if name.startswith("lastfm") and name != "lastfm_minutes"]


def imported(data: bytes, user: User) -> ListenImport:
    row = start_import(ContentFile(data, name="history"), by=Actor(user=user), queue=False)
    run_import(row.pk)
    row.refresh_from_db()
    return row


def counts(row: ListenImport) -> tuple[str, int, int, int, int]:
    return row.state, row.inserted, row.duplicates, row.skipped_count, row.rejected_count


def starts(user: User) -> list[Any]:
    return list(ListenEvent.objects.filter(user=user).order_by("started_at").values_list("started_at", flat=True))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "loose": bytes,
    "zip": lambda data: zipped({"a/b": data, "ReadMe.pdf": b"%PDF-1.4"}),
    "gzip": gzip.compress,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_kind_of_file_imports_however_packed_and_only_once(ann: User, name: str) -> None:
    data = FORMATS[name](7)
    for at, pack in enumerate(PACKED.values()):
        done = imported(pack(data), ann)
        assert counts(done) == (("done", 7, 0, 0, 0) if at == 0 else ("done", 0, 7, 0, 0))
        assert (done.format, done.rows_total, done.percent) == (name, 7, 100)


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_imports_through_the_api_and_a_second_time_inserts_nothing(api: Api, ann: User, name: str) -> None:
    for at, pack in enumerate([PACKED["gzip"], PACKED["loose"]]):
        data = real(name)
        file = SimpleUploadedFile("history", data if name.endswith(".zip") else pack(data))
        answer = api(ann).post("/api/v1/imports", {"file": file}, format="multipart")
        assert answer.status_code == 202
        drain()
        done = api(ann).get(f"/api/v1/imports/{answer.json()['id']}").json()
        assert (done["state"], done["inserted"]) == ("done", 0 if at else REAL_FILES[name])
        assert (done["duplicates"], done["rejected_count"]) == (REAL_FILES[name] if at else 0, 0)


@pytest.mark.parametrize("name", SECONDS)
def test_the_same_scrobble_from_two_kinds_of_file_is_stored_once(ann: User, name: str) -> None:
    imported(FORMATS["lastfm_pages"](5), ann)
    assert counts(imported(FORMATS[name](5), ann)) == ("done", 0, 5, 0, 0)


@pytest.mark.parametrize(
    ("name", "source"),
    [(name, "lastfm") for name in SECONDS]
    + [(name, name) for name in ("librefm", "maloja", "koito", "scrobbler_log")]
    + [("listenbrainz_export", "listenbrainz")],
)
def test_a_listen_that_was_posted_is_not_taken_again_from_a_file(ann: User, name: str, source: str) -> None:
    word = "Song" if name == "listenbrainz_export" else "Söng"
    row = {"track": f"{word} 0", "artist": "Band 0", "listened_at": START.isoformat(), "source": source}
    assert submit_listens([row], by=Actor(user=ann)).outcome.inserted == 1
    assert counts(imported(FORMATS[name](2), ann)) == ("done", 1, 1, 0, 0)


@pytest.mark.parametrize("name", ["lastfm_pages", "lastfm_xml", "lastfmstats_csv", "spotify_account", "scrobbler_log"])
def test_a_file_stopped_in_the_middle_is_gone_on_with(ann: User, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    record, stops = service.record_plays, iter([False, True])

    def stop(*args: Any, **kwargs: Any) -> Any:
        if next(stops, False):
            raise KeyboardInterrupt
        return record(*args, **kwargs)

    monkeypatch.setattr(service, "record_plays", stop)
    with pytest.raises(KeyboardInterrupt):
        imported(FORMATS[name](25), ann)
    done = imported(FORMATS[name](25), ann)
    assert (counts(done), done.rows_done) == (("done", 25, 0, 0, 0), 25)
    assert ListenImport.objects.count() == 1


def test_two_tracks_in_one_second_are_two_listens(ann: User) -> None:
    row = scrobbles(1)[0]
    page = lastfm_page(lastfm_track(row), lastfm_track({**row, "track": "Another"}), lastfm_track(row))
    assert counts(imported(json.dumps(page).encode(), ann)) == ("done", 2, 1, 0, 0)


def test_a_file_of_rows_left_out_alone_is_done_and_says_why(ann: User) -> None:
    rows = [spotify_row(n, incognito_mode=True) for n in range(3)] + [spotify_row(3, ms_played=5, skipped=True)]
    done = imported(json.dumps(rows).encode(), ann)
    assert counts(done) == ("done", 0, 0, 4, 0)
    assert done.skipped == {"private session": 3, "skipped after a few seconds": 1}
    assert done.error == ""


def test_podcasts_audiobooks_and_tracks_without_a_name_are_left_out_and_the_rest_is_stored(ann: User) -> None:
    nameless = {"master_metadata_track_name": None, "spotify_track_uri": None}
    rows = [
        spotify_row(0, **nameless, episode_name="Talk"),
        spotify_row(1, **nameless, audiobook_title="Book"),
        spotify_row(2, **nameless),
        spotify_row(3, spotify_track_uri="spotify:local:a:b:c:120"),
        spotify_row(4),
    ]
    assert counts(imported(json.dumps(rows).encode(), ann)) == ("done", 2, 0, 3, 0)


def test_batches_of_bad_rows_alone_are_passed_and_their_rows_named(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 10)
    lines = lastfmstats_csv(35, quoting=csv.QUOTE_ALL).decode().splitlines()
    bad = ['"Band";"Album";"";"Song";"soon"'] * 25
    done = imported("\n".join([lines[0], *bad, *lines[1:]]).encode(), ann)
    assert counts(done) == ("done", 35, 0, 0, 25)
    listed = list(ImportReject.objects.filter(listen_import=done).values_list("row", "code", "detail"))
    assert listed == [(n, "not_a_number", "The date is not a number.") for n in range(1, 26)]


def test_a_now_playing_track_on_every_page_is_stored_not_once(ann: User) -> None:
    playing = lastfm_track(scrobbles(1)[0], **{"@attr": {"nowplaying": "true"}, "date": None})
    pages = [lastfm_page(playing, lastfm_track(row)) for row in scrobbles(4)[1:]]
    done = imported(json.dumps(pages).encode(), ann)
    assert counts(done) == ("done", 3, 0, 3, 0)
    assert done.skipped == {"playing now, not a listen": 3}


def test_a_players_log_is_read_in_the_members_zone_and_a_move_doubles_nothing(ann: User) -> None:
    ann.time_zone = "Asia/Tokyo"
    ann.save()
    data = scrobbler_log(2, zone="UNKNOWN")
    assert counts(imported(data, ann)) == ("done", 2, 0, 0, 0)
    assert starts(ann)[0].astimezone(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None) == START.replace(tzinfo=None)
    ann.time_zone = "America/Lima"
    ann.save()
    assert counts(imported(data, ann)) == ("done", 0, 2, 0, 0)


def test_the_account_data_beside_an_extended_history_is_named_and_left(ann: User) -> None:
    data = zipped({"endsong_0.json": spotify_file(2), "StreamingHistory0.json": spotify_account_file(2)})
    done = imported(data, ann)
    assert counts(done) == ("done", 2, 0, 1, 0)
    assert "extended history" in next(iter(done.skipped))


@pytest.mark.parametrize(
    ("text", "name"),
    [("\ufeffSöng 0", "Söng 0"), ("Sö\u200bng 0", "Söng 0"), ("  Söng \t 0 ", "Söng 0"), ("So\u0308ng 0", "Söng 0")],
)
def test_names_with_hidden_marks_are_the_same_track(ann: User, text: str, name: str) -> None:
    imported(FORMATS["lastfm_pages"](1), ann)
    track = lastfm_track({**scrobbles(1)[0], "track": text})
    assert counts(imported(json.dumps(lastfm_page(track)).encode(), ann)) == ("done", 0, 1, 0, 0)


@pytest.mark.storm
@pytest.mark.parametrize("seed", range(4))
def test_mutilated_files_import_once_and_never_break(ann: User, seed: int) -> None:
    dice = random.Random(seed)
    for make in FORMATS.values():
        data = bytearray(make(6))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(data))
            data[at : at + dice.choice([0, 1, 20])] = dice.choice(
                [b"", b"\x00", b'"', b"\xff", b"\\", b"{", b"9999", b"\n"]
            )
        try:
            first = imported(bytes(data), ann)
        except Invalid:
            continue
        assert first.state == "done"
        again = imported(bytes(data), ann)
        assert (again.state, again.inserted) == ("done", 0)
        assert again.duplicates == first.inserted + first.duplicates
