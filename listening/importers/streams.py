"""Bytes on their way from a file to its reader: recoded, bounded, borrowed; never more than a piece at a time."""

from __future__ import annotations

import codecs
import gzip
import io
from typing import IO, BinaryIO, cast


def as_utf8(raw: BinaryIO | io.RawIOBase) -> BinaryIO:
    """The text of `raw` as UTF-8 without a byte order mark; UTF-16 with a mark is recoded."""
    stream = io.BufferedReader(cast(io.RawIOBase, raw), 256 * 1024)
    mark = stream.peek(4)[:4]
    if mark.startswith(codecs.BOM_UTF8):
        stream.read(3)
    elif mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return cast(BinaryIO, io.BufferedReader(_Recoded(cast(BinaryIO, stream)), 256 * 1024))
    return cast(BinaryIO, stream)


def as_text(stream: BinaryIO) -> io.TextIOWrapper:
    """Text of tables and markup with any ends of lines: bytes that are not UTF-8 are read as Windows-1252."""
    return io.TextIOWrapper(stream, encoding="utf-8", errors="sidetrack.windows", newline=None)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("sidetrack.windows", _as_windows)


class Through(io.RawIOBase):
    """A raw stream over another one, for io.BufferedReader."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def readable(self) -> bool:
        return True

    def take(self, size: int) -> bytes:
        return self._inner.read(size)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self.take(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class Borrowed(Through):
    """Somebody else's file: closing this leaves it open."""


class Bounded(Through):
    """Ends with an error where more is unpacked than a member may hold."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile, limit: int) -> None:
        super().__init__(cast(IO[bytes], inner))
        self._left = limit

    def take(self, size: int) -> bytes:
        piece = super().take(size)
        self._left -= len(piece)
        if self._left < 0:
            raise EOFError("more than a history may hold")
        return piece


class _Recoded(Through):
    """UTF-16 in, UTF-8 out."""

    def __init__(self, inner: BinaryIO) -> None:
        super().__init__(inner)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._ready = b""

    def take(self, size: int) -> bytes:
        while not self._ready:
            piece = self._inner.read(64 * 1024)
            self._ready = self._decoder.decode(piece, not piece).encode("utf-8", "surrogatepass")
            if not piece:
                break
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken
