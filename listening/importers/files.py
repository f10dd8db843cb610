"""A history file as it was uploaded: loose, in a zip or gzipped; opened within bounds and read as a stream.

Zips are never unpacked to disk. Which members are read is decided by what they hold; their order is by
name with numbers as numbers, so that the same bytes always give the same rows in the same order.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, BinaryIO, cast

from listening.importers import lastfm, lastfm_sites, listenbrainz
from listening.importers.koito import KOITO
from listening.importers.librefm import LIBREFM
from listening.importers.maloja import MALOJA
from listening.importers.rows import Importer, Reading, Reject, Row, Skip
from listening.importers.scrobbler_log import SCROBBLER_LOG
from listening.importers.spotify import SPOTIFY
from listening.importers.spotify_account import SPOTIFY_ACCOUNT
from listening.importers.streams import Borrowed, Bounded, Through, as_utf8

IMPORTERS: tuple[Importer, ...] = (
    SPOTIFY,
    SPOTIFY_ACCOUNT,
    *listenbrainz.PAGES,
    listenbrainz.LISTENBRAINZ,
    KOITO,
    MALOJA,
    *lastfm.IMPORTERS,
    *lastfm_sites.IMPORTERS,
    LIBREFM,
    SCROBBLER_LOG,
)

MAX_MEMBERS = 500
MAX_MEMBER_BYTES = 500 * 1024 * 1024
MAX_UNPACKED_BYTES = 4 * 1024 * 1024 * 1024
MAX_RATIO = 200
MAX_LIST_BYTES = 1024 * 1024
_SMALL = 1024 * 1024  # so little may be packed as tightly as it likes
_SAMPLE = 64 * 1024
_SIP = 256  # a damaged file is known by what comes before the damage
_STRAY = 64 * 1024  # how far a member may lie from where the zip says

_WE_READ = (
    "We read Spotify's extended streaming history and account data, Last.fm histories (CSV, JSON or XML), exports of "
    "ListenBrainz, Libre.fm, Maloja and Koito, and the .scrobbler.log of portable players; alone, zipped or gzipped."
)
_DAMAGED = "is damaged or incomplete. Download it again and upload the new one."
_LEFT_OUT = Skip("a file of account data (the extended history beside it holds the same plays)")
_ZIP_INSIDE = Skip("a zip inside this zip (upload it on its own)")

# What zipfile, zlib and gzip raise on bytes that are not what they say.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Unreadable(Exception):
    """The file as a whole cannot be taken; the message is a sentence for the member."""

    code = "unreadable"


class Unknown(Unreadable):
    """Nothing in the file is a history: it may well be something else."""

    code = "unknown_file"


@dataclass
class Part:
    """One text inside a file. `size` is in the bytes that are counted: those read, or of `packed` where it stands."""

    name: str
    size: int
    open: Callable[[], BinaryIO]
    packed: IO[bytes] | None = None


Known = tuple[Part, Importer]


@dataclass
class History:
    """A file of one source. `bytes_done` moves up to `bytes_total` while `rows` is consumed."""

    importer: Importer
    known: list[Known]
    left_out: list[Skip]
    bytes_total: int
    bytes_done: int = field(default=0)

    def rows(self, reading: Reading) -> Iterator[Row]:
        """Every row in order; what a part's end cannot give up becomes one Reject."""
        for part, importer in self.known:
            before = self.bytes_done
            for record in _readable(part, importer, self):
                row = importer.row(record, reading)
                yield _placed(row, part) if isinstance(row, Reject) and len(self.known) > 1 else row
            self.bytes_done = before + part.size
        yield from self.left_out


def _readable(part: Part, importer: Importer, history: History) -> Iterator[object]:
    """The records of a part as far as its bytes can be read, then one Reject where they end too early."""
    try:
        with part.open() as raw:
            yield from importer.records(as_utf8(_Counted(raw, part, history)))
    except _UNREADABLE:
        yield Reject("cut_short", "The file is damaged here; what came after could not be read.")


def _placed(row: Reject, part: Part) -> Reject:
    name = re.sub(r"[^\w./ -]", "", part.name)[-80:]
    return Reject(row.code, f"{row.detail} (in {name})")


def open_history(file: IO[bytes], size: int) -> History:
    """Look into a seekable file of `size` bytes. Raises Unreadable with a sentence that says what is wrong."""
    samples = [(part, _sample(part)) for part in _parts(file, size)]
    known = [(part, found) for part, sample in samples if (found := _importer_of(sample or b"")) is not None]
    zips = sum(_is_zip(part, sample) for part, sample in samples)
    if not known:
        raise _nothing_known([sample for _, sample in samples], zips)
    taken = _without_account_data(known)
    if len({importer.source for _, importer in taken}) > 1:
        raise Unreadable("This zip holds histories of several services. Upload each on its own.")
    left_out = [_LEFT_OUT] * (len(known) - len(taken)) + [_ZIP_INSIDE] * zips
    return History(taken[0][1], taken, left_out, sum(part.size for part, _ in taken))


def _without_account_data(known: list[Known]) -> list[Known]:
    """Spotify's account data holds the last year of what its extended history tells whole and better."""
    if not any(importer is SPOTIFY for _, importer in known):
        return known
    return [(part, importer) for part, importer in known if importer is not SPOTIFY_ACCOUNT]


def _parts(file: IO[bytes], size: int) -> list[Part]:
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if not size or not magic:
        raise Unknown("This file is empty.")
    if magic.startswith(b"\x1f\x8b"):
        return [Part("", size, lambda: _unzipped(file), packed=file)]
    if magic.startswith(b"PK") or zipfile.is_zipfile(file):
        return _members(file)
    return [Part("", size, lambda: _rewound(file))]


def _rewound(file: IO[bytes]) -> BinaryIO:
    file.seek(0)
    return cast(BinaryIO, Borrowed(file))


def _unzipped(file: IO[bytes]) -> BinaryIO:
    file.seek(0)
    return cast(BinaryIO, Bounded(gzip.GzipFile(fileobj=file), MAX_MEMBER_BYTES))


def _members(file: IO[bytes]) -> list[Part]:
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], _Listed(file)))
        archive.fp = file
    except _UNREADABLE:
        raise Unreadable(f"This zip {_DAMAGED}") from None
    # A Mac packs a file of its own notes beside each: they are no files of the member's.
    infos = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    if len(infos) > MAX_MEMBERS:
        raise Unreadable(f"This zip holds {len(infos)} files; we open at most {MAX_MEMBERS}.")
    for info in infos:
        _check_bounds(info)
    if sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES:
        raise Unreadable("This zip unpacks to more than 4 GB. Upload its history files in smaller zips.")
    infos.sort(key=lambda info: (_natural(info.filename), info.header_offset))
    return [Part(info.filename, info.file_size, _opener(archive, info)) for info in infos]


def _check_bounds(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise Unreadable("This zip is locked with a password. Upload it without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others are unpacked by zipfile without any bound: a few hundred bytes fill the memory.
        raise Unreadable("A file inside this zip is packed in a way we do not open. Pack it as an ordinary zip.")
    if info.file_size > MAX_MEMBER_BYTES:
        raise Unreadable(f"A file inside this zip is larger than {MAX_MEMBER_BYTES // 1024**2} MB.")
    if info.file_size > _SMALL and info.file_size > MAX_RATIO * info.compress_size:
        raise Unreadable(f"A file inside this zip is packed more than {MAX_RATIO} times; no history is.")


def _natural(name: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isascii() and part.isdecimal() else (-1, part)
        for part in re.split(r"([0-9]{1,18})", name)
    ]


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        try:
            return cast(BinaryIO, archive.open(info))
        except (zipfile.BadZipFile, ValueError):
            # Some exports have stray bytes between their members: the header lies a little off.
            info.header_offset = _true_offset(cast(IO[bytes], archive.fp), info)
            return cast(BinaryIO, archive.open(info))

    return open_member


def _true_offset(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where the member's own header stands, within _STRAY bytes of where the zip says."""
    start = max(0, info.header_offset - _STRAY)
    file.seek(start)
    window = file.read(2 * _STRAY)
    name = info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace")
    found = [
        start + match.start()
        for match in re.finditer(rb"PK\x03\x04", window)
        if window[match.start() + 30 : match.start() + 30 + len(name)] == name
        and window[match.start() + 26 : match.start() + 28] == struct.pack("<H", len(name))
    ]
    if not found:
        raise zipfile.BadZipFile("no header near the stated place")
    return min(found, key=lambda offset: abs(offset - info.header_offset))


def _importer_of(sample: bytes) -> Importer | None:
    return next((importer for importer in IMPORTERS if importer.recognise(sample)), None)


def _sample(part: Part) -> bytes | None:
    """How the text begins, as far as it can be read; None where nothing of it can."""
    begun = b""
    try:
        with part.open() as raw:
            while len(begun) < _SAMPLE and (piece := raw.read(_SIP)):
                begun += piece
    except _UNREADABLE:
        if not begun:
            return None
    return as_utf8(io.BytesIO(begun)).read(_SAMPLE)


def _is_zip(part: Part, sample: bytes | None) -> bool:
    return part.name.lower().endswith(".zip") and (sample or b"").startswith(b"PK")


def _nothing_known(samples: list[bytes | None], zips: int) -> Unreadable:
    if zips:
        return Unknown("This zip holds another zip. Upload the one inside on its own.")
    if None in samples:
        return Unreadable(f"This file {_DAMAGED}")
    if len(samples) == 1 and not (samples[0] or b"").strip(b"[] \r\n\t"):
        return Unknown(f"There is not a single listen in this file. {_WE_READ}")
    return Unknown(f"We do not know this kind of file. {_WE_READ}")


class _Listed:
    """A zip while zipfile reads the list of its members, which it does in one piece."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def read(self, size: int = -1) -> bytes:
        if size > MAX_LIST_BYTES:
            raise Unreadable(f"This zip holds too many files; we open at most {MAX_MEMBERS}.")
        return self._inner.read(size)


class _Counted(Through):
    """Tells the history how far it is."""

    def __init__(self, inner: BinaryIO, part: Part, history: History) -> None:
        super().__init__(inner)
        self._history, self._packed = history, part.packed
        self._before = history.bytes_done

    def take(self, size: int) -> bytes:
        piece = super().take(size)
        done = self._before + self._packed.tell() if self._packed else self._history.bytes_done + len(piece)
        self._history.bytes_done = min(done, self._history.bytes_total)
        return piece
