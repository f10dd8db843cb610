"""Match two lists of albums as the catalogue would, and say how well where the truth is known."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from listening.albumlists import AlbumList, BadList, read_albums, read_pairs
from listening.matching import Described, Verdict, decide
from listening.pairing import Pair, pair


class Command(BaseCommand):
    help = (
        "Match the albums of two CSV files (columns title, artist and year in any order and case, an id column if "
        "there is one, else the number of the row) with the rules by which the catalogue knows an album again. With a "
        "third file of true pairs of ids it prints precision and recall."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file_a", type=Path, metavar="FILE_A")
        parser.add_argument("file_b", type=Path, metavar="FILE_B")
        parser.add_argument("truth", type=Path, nargs="?", metavar="TRUTH", help="Pairs of ids, one of each file.")
        parser.add_argument("--misses", action="store_true", help="List what was missed and what was wrong.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ours = read_albums(options["file_a"].name, _bytes(options["file_a"]))
            theirs = read_albums(options["file_b"].name, _bytes(options["file_b"]))
            truth = self._truth(options["truth"], ours, theirs)
        except BadList as error:
            raise CommandError(str(error)) from None
        began = time.perf_counter()
        pairs = pair(ours.albums, theirs.albums)
        seconds = time.perf_counter() - began
        same = [each for each in pairs if each.decision.verdict is Verdict.SAME]
        unsure = [each for each in pairs if each.decision.verdict is Verdict.UNSURE]
        self.stdout.write("\t".join(["id_a", "id_b", "verdict", "score", "album a", "album b", "why"]))
        for each in (*same, *unsure):
            self._print_pair(each, ours, theirs)
        self.stdout.write("")
        for name, albums in ((options["file_a"].name, ours), (options["file_b"].name, theirs)):
            self.stdout.write(f"{name}: {_counts(albums)}")
        self.stdout.write(f"same: {len(same)}, unsure: {len(unsure)}, seconds: {seconds:.2f}")
        if truth is not None:
            self._judge(truth, _ids(same, ours, theirs), _ids(unsure, ours, theirs))
            if options["misses"]:
                self._print_misses(truth, _ids(same, ours, theirs), ours, theirs)

    def _truth(self, path: Path | None, ours: AlbumList, theirs: AlbumList) -> set[tuple[str, str]] | None:
        if path is None:
            return None
        return read_pairs(path.name, _bytes(path), set(ours.ids), set(theirs.ids))

    def _print_pair(self, each: Pair, ours: AlbumList, theirs: AlbumList) -> None:
        self.stdout.write(
            "\t".join(
                [
                    ours.ids[each.one],
                    theirs.ids[each.other],
                    each.decision.verdict.value,
                    f"{each.decision.score:.1f}",
                    _shown(ours.albums[each.one]),
                    _shown(theirs.albums[each.other]),
                    each.decision.reason,
                ]
            )
        )

    def _judge(self, truth: set[tuple[str, str]], same: set[tuple[str, str]], unsure: set[tuple[str, str]]) -> None:
        self.stdout.write(f"true pairs: {len(truth)}, found: {len(truth & same)}, wrong: {len(same - truth)}")
        self.stdout.write(_figures("same", truth, same))
        self.stdout.write(_figures("same, and a person says yes to each question", truth, same | unsure))

    def _print_misses(
        self, truth: set[tuple[str, str]], same: set[tuple[str, str]], ours: AlbumList, theirs: AlbumList
    ) -> None:
        mine = dict(zip(ours.ids, ours.albums, strict=True))
        yours = dict(zip(theirs.ids, theirs.albums, strict=True))
        for title, pairs in (("missed", truth - same), ("wrong", same - truth)):
            for a, b in sorted(pairs):
                if a not in mine or b not in yours:
                    self.stdout.write(f"{title}\t{a}\t{b}\tno such album in the lists")
                    continue
                decision = decide(mine[a], yours[b])
                why = f"{decision.verdict.value} ({decision.reason}, {decision.score:.1f})"
                self.stdout.write("\t".join([title, a, b, _shown(mine[a]), _shown(yours[b]), why]))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadList(f"{path} cannot be read: {error.strerror}.") from None


def _ids(pairs: list[Pair], ours: AlbumList, theirs: AlbumList) -> set[tuple[str, str]]:
    return {(ours.ids[each.one], theirs.ids[each.other]) for each in pairs}


def _figures(what: str, truth: set[tuple[str, str]], found: set[tuple[str, str]]) -> str:
    right = len(truth & found)
    precision, recall = right / len(found) if found else 0.0, right / len(truth)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return f"{what}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}"


def _counts(albums: AlbumList) -> str:
    counts = f"{len(albums.albums)} albums"
    if albums.left_out:
        counts += f", {albums.left_out} rows without title or artist left out"
    if albums.undated:
        counts += f", {albums.undated} years that are none"
    return counts


def _shown(album: Described) -> str:
    return " ".join(f"{album.title} by {album.artist} ({album.year or 'no year'})".split())
