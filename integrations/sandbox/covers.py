"""Pictures made by code: every id has colours of its own."""

from __future__ import annotations

import re
import struct
import zlib

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.web import Reply, Request, Routes, plain

routes = Routes("covers", "/covers", lambda _: plain("Not found", 404))


@routes.on("GET", "/{id}/{file}")
def cover(box: Box, request: Request, id: str, file: str) -> Reply:
    found = re.fullmatch(r"([0-9]{1,4})\.(svg|png)", file)
    if not found or not 1 <= int(found[1]) <= 1200:
        return plain("Not found", 404)
    size = int(found[1])
    headers = {"Cache-Control": "max-age=86400"}
    if found[2] == "png":
        return Reply(200, png(id, min(size, 300)), headers, "image/png")
    return Reply(200, svg(id, size).encode(), headers, "image/svg+xml")


def colours(id: str) -> tuple[int, int, int]:
    """Three hues in degrees."""
    value = ids.number("cover", id)
    return value % 360, value // 360 % 360, value // 129600 % 360


def svg(id: str, size: int) -> str:
    first, second, third = colours(id)
    x, y = ids.number(id, "x") % 60 + 20, ids.number(id, "y") % 60 + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" fill="hsl({first} 45% 30%)"/>'
        f'<circle cx="{x}" cy="{y}" r="34" fill="hsl({second} 60% 55%)"/>'
        f'<path d="M0 100L{x} {y}L100 100Z" fill="hsl({third} 50% 70%)" opacity=".7"/></svg>'
    )


def png(id: str, size: int) -> bytes:
    """Three stripes."""
    value = ids.number("cover", id)
    stripes = [
        bytes([value >> shift & 255, value >> shift + 8 & 255, value >> shift + 16 & 255]) for shift in (0, 24, 48)
    ]
    rows = b"".join(b"\0" + stripes[min(2, y * 3 // size)] * size for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    made = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + made
