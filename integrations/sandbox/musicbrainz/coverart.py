"""The Cover Art Archive: redirects to pictures, which the sandbox draws itself."""

from __future__ import annotations

from uuid import UUID

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album
from integrations.sandbox.covers import cover
from integrations.sandbox.web import Refusal, Reply, Request, Routes, answer, plain, redirect

SIZES = {"front": 1200, "front-250": 250, "front-500": 500, "front-1200": 1200}
routes = Routes("coverart", "/coverart", lambda _: plain("Not Found", 404))


def by_id(box: Box, kind: str, mbid: str) -> Album:
    """One in eight has no picture. Raises Refusal 400 or 404."""
    try:
        key = str(UUID(mbid))
    except ValueError:
        raise Refusal(plain("invalid MBID specified", 400)) from None
    found = (box.catalogue.by_group if kind == "release-group" else box.catalogue.by_release).get(key)
    if found is None or ids.number("no cover", found.mbid) % 8 == 0:
        raise Refusal(plain(f"No cover art found for {kind} {key}", 404))
    return found


def address(request: Request, album: Album, size: int) -> str:
    return f"{request.base}/coverart/images/{album.spotify}/{size}.png"


@routes.on("GET", "/images/{id}/{file}")
def picture(box: Box, request: Request, id: str, file: str) -> Reply:
    return cover(box, request, id, file)


@routes.on("GET", "/{kind}/{mbid}/{name}")
def front(box: Box, request: Request, kind: str, mbid: str, name: str) -> Reply:
    if kind not in ("release", "release-group") or name not in SIZES:
        return plain("Not Found", 404)
    return redirect(address(request, by_id(box, kind, mbid), SIZES[name]), 307)


@routes.on("GET", "/release/{mbid}")
def pictures(box: Box, request: Request, mbid: str) -> Reply:
    album = by_id(box, "release", mbid)
    small = {str(size): address(request, album, size) for size in (250, 500, 1200)}
    image = {
        "types": ["Front"],
        "front": True,
        "back": False,
        "edit": 1,
        "image": address(request, album, 1200),
        "comment": "",
        "approved": True,
        "id": ids.digits(11, album.mbid),
        "thumbnails": {**small, "small": small["250"], "large": small["500"]},
    }
    return answer({"images": [image], "release": f"https://musicbrainz.org/release/{mbid}"})


@routes.on("GET", "/release-group/{mbid}")
def pictures_of_group(box: Box, request: Request, mbid: str) -> Reply:
    return pictures(box, request, by_id(box, "release-group", mbid).releases[0])
