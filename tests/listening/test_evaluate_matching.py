"""Two lists of albums matched from the command line."""

from __future__ import annotations

import csv
import io
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listening.matching import Described
from listening.pairing import pair
from tests.listening.histories import real

A = "Title,Artist,Year\nHomogenic,Björk,1997\nLow,David Bowie,1977\nSpiderland,Slint,1991\nKid A,Radiohead,2000\n"
B = (
    "YEAR;extra;artist;id;album\n1997;x;Bjork;b1;HOMOGENIC (Remastered)\n;x;Slint;b2;Spider Land\n"
    "1977;x;Bowie;b3;Low\n2000;x;Radiohead;b4;Kid B\n"
)


def run(folder: Path, *files: str | bytes, options: tuple[str, ...] = ()) -> str:
    paths = []
    for number, content in enumerate(files):
        path = folder / f"{'abt'[number]}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        paths.append(str(path))
    out = StringIO()
    call_command("evaluate_matching", *paths, *options, stdout=out)
    return out.getvalue()


def test_pairs_are_printed_with_ids_score_and_verdict(tmp_path: Path) -> None:
    lines = run(tmp_path, A, B).splitlines()
    assert lines[3].startswith("4\tb4\tunsure\t80.0\tKid A by Radiohead (2000)\tKid B by Radiohead (2000)\t")
    assert [line.split("\t")[:4] for line in lines[1:3]] == [["1", "b1", "same", "100.0"], ["3", "b2", "same", "100.0"]]
    assert "Homogenic by Björk (1997)\tHOMOGENIC (Remastered) by Bjork (1997)" in lines[1]
    assert "a.csv: 4 albums" in lines
    assert any(line.startswith("same: 2, unsure: 1, seconds: ") for line in lines)


@pytest.mark.parametrize(
    "truth",
    ["idA,idB\n1,b1\n3,b2\n2,b3\n", "1;b1\n3;b2\n2;b3\n", "n,id_a,label,id_b\n7,1,1,b1\n8,4,0,b4\n7,3,1,b2\n7,2,1,b3"],
)
def test_with_the_truth_it_says_how_well(tmp_path: Path, truth: str) -> None:
    out = run(tmp_path, A, B, truth, options=("--misses",))
    assert "true pairs: 3, found: 2, wrong: 0" in out
    assert "same: precision 1.0000, recall 0.6667, F1 0.8000" in out
    assert "missed\t2\tb3\tLow by David Bowie (1977)\tLow by Bowie (1977)\tdifferent (other names" in out


def test_wrong_pairs_cost_precision(tmp_path: Path) -> None:
    out = run(tmp_path, A, B, "1,b1\n", options=("--misses",))
    assert "same: precision 0.5000, recall 1.0000" in out
    assert "wrong\t3\tb2\t" in out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_files_of_any_program_are_read(tmp_path: Path, encoding: str) -> None:
    assert "1\tb1\tsame" in run(tmp_path, A.encode(encoding), B.encode(encoding))


@pytest.mark.parametrize(
    ("a", "b", "truth", "sentence"),
    [
        ("Titel,Artist\nx,y\n", B, None, 'a.csv has no column "title"; its columns are "Titel", "Artist".'),
        ("", B, None, "a.csv is empty."),
        (A, "title,year\nx,1999\n", None, 'b.csv has no column "artist"'),
        (A, "id,title,artist\n1,x,y\n1,z,w\n", None, 'b.csv: "1" stands twice in the column "id".'),
        (A, "id,title,artist\n,x,y\n", None, 'b.csv, row 1: the column "id" is empty.'),
        (A, "title,artist\n,y\n", None, "b.csv names no album"),
        (A, B, "idA\n1\n", "t.csv has one column"),
        (A, B, "idA,idB\n1,zzz\n", 't.csv: no id in the column "idB" is one of the second list\'s.'),
        (A, B, "idA,idB\n", "t.csv names no pair."),
    ],
)
def test_bad_input_is_named_with_file_and_column(
    tmp_path: Path, a: str, b: str, truth: str | None, sentence: str
) -> None:
    with pytest.raises(CommandError) as refusal:
        run(tmp_path, a, b, *([truth] if truth is not None else []))
    assert sentence in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv cannot be read: No such file"):
        call_command("evaluate_matching", str(tmp_path / "gone.csv"), str(tmp_path / "gone.csv"))


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    out = run(tmp_path, A + ",nobody,1999\n,,\nBlue,Joni Mitchell,soon\n", B)
    assert "a.csv: 5 albums, 1 rows without title or artist left out, 1 years that are none" in out


def albums(*described: tuple[str, str, int | None]) -> list[Described]:
    return [Described(title, artist, year) for title, artist, year in described]


def test_each_album_has_one_partner_and_years_choose_among_namesakes() -> None:
    weezers = albums(("Weezer", "Weezer", 2001), ("Weezer", "Weezer", 1994), ("Weezer", "Weezer", None))
    others = albums(("Weezer", "Weezer", 1994), ("Weezer", "Weezer", 2001))
    assert [(each.one, each.other) for each in pair(weezers, others)] == [(0, 1), (1, 0)]


def test_the_same_words_choose_among_editions() -> None:
    blues = albums(("Blue (Deluxe Edition)", "Joni Mitchell", 1971), ("Blue", "Joni Mitchell", 1971))
    others = albums(("Blue", "Joni Mitchell", 1971), ("Blue (Deluxe Edition)", "Joni Mitchell", 1971))
    assert [(each.one, each.other) for each in pair(blues, others)] == [(0, 1), (1, 0)]


def test_a_slip_in_both_names_is_found() -> None:
    found = pair(
        albums(("Ágætis byrjun", "Talking Heads Tonight", None)),
        albums(("Agaetis Byrjn", "Talknig Heads Tonight", None)),
    )
    assert [(each.one, each.other, each.decision.verdict.value) for each in found] == [(0, 0, "same")]


def test_the_order_of_the_lists_decides_nothing() -> None:
    ones = albums(
        *(
            ("Album " + word, "Somebody Known", year)
            for word in ("Stars", "Stairs", "Stars Two")
            for year in (1990, 2000)
        )
    )
    backwards = ones[::-1]
    there = {(str(ones[each.one]), str(ones[each.other])) for each in pair(ones, ones)}
    back = {(str(backwards[each.one]), str(backwards[each.other])) for each in pair(backwards, backwards)}
    assert there == back


def test_long_lists_take_seconds() -> None:
    words = [
        f"{a}{b}{c}" for a in "bdfghklmnp" for b in ("an", "er", "ol", "ist") for c in ("a", "en", "ing", "or", "um")
    ]
    ours = albums(
        *(
            (f"{words[n % 200]} {words[n * 7 % 199]} {n % 13}", f"{words[n * 3 % 197]} {words[n % 193]}", 1960 + n % 60)
            for n in range(3000)
        )
    )
    began = time.process_time()
    found = pair(ours, ours[::-1])
    assert time.process_time() - began < 20
    assert all(ours[each.one] == ours[::-1][each.other] for each in found)
    assert len(found) == len(ours)


def test_real_lists_match_themselves(tmp_path: Path) -> None:
    data = real("albums/acclaimed_albums.csv")
    count = sum(1 for _ in csv.DictReader(io.StringIO(data.decode())))
    truth = "a,b\n" + "".join(f"{n},{n}\n" for n in range(1, count + 1))
    assert f"true pairs: {count}, found: {count}, wrong: 0" in run(tmp_path, data, data, truth)
