"""Lookups by id, by address and by ISRC. An id that was merged into another answers with the other."""

from __future__ import annotations

import re
from functools import lru_cache
from uuid import UUID

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist, Track, catalogue
from integrations.sandbox.musicbrainz import shapes
from integrations.sandbox.musicbrainz.doors import asked, refuse, routes
from integrations.sandbox.web import Reply, Request, answer


def must(mbid: str) -> str:
    try:
        return str(UUID(mbid))
    except ValueError:
        raise refuse(400, "Invalid mbid.") from None


def merged_id(album: Album) -> str:
    """The id that this release group had before."""
    return ids.uuid("merged into", album.mbid)


@lru_cache(maxsize=4)
def merged(seed: int) -> dict[str, Album]:
    return {merged_id(album): album for album in catalogue(seed).albums}


def group_by(box: Box, mbid: str) -> Album:
    found = box.catalogue.by_group.get(must(mbid)) or merged(box.seed).get(must(mbid))
    if found is None:
        raise refuse(404, "Not Found")
    return found


def streams(album: Album) -> list[str]:
    """Where it can be heard; addresses that MusicBrainz knows."""
    if ids.fraction("streams", album.mbid) < 0.2:
        return []
    return [f"https://open.spotify.com/album/{album.spotify}", f"https://www.deezer.com/album/{album.deezer}"]


@routes.on("GET", "/release-group/{mbid}")
def release_group(box: Box, request: Request, mbid: str) -> Reply:
    wanted = asked(request, "release-group")
    album = group_by(box, mbid)
    made = shapes.group(album)
    if wanted & {"artists", "artist-credits"}:
        made["artist-credit"] = shapes.credit(album.artists)
    if "releases" in wanted:
        made["releases"] = shapes.cut(shapes.release(album, each) for each in album.releases)
    if "tags" in wanted:
        made["tags"] = shapes.tags(album)
    if "genres" in wanted:
        made["genres"] = shapes.tags(album, are_genres=True)
    if "ratings" in wanted:
        votes = ids.number("votes", album.mbid) % 40
        made["rating"] = {"votes-count": votes, "value": round(2.5 + votes / 20, 2) if votes else None}
    if any(word.endswith("-rels") for word in wanted):
        made["relations"] = []
    return answer(made)


@routes.on("GET", "/release/{mbid}")
def release(box: Box, request: Request, mbid: str) -> Reply:
    wanted = asked(request, "release")
    album = box.catalogue.by_release.get(must(mbid))
    if album is None:
        raise refuse(404, "Not Found")
    made = shapes.release(album, must(mbid))
    if wanted & {"artists", "artist-credits"}:
        made["artist-credit"] = shapes.credit(album.artists)
    if "release-groups" in wanted:
        made["release-group"] = shapes.group(album) | {"genres": shapes.tags(album, are_genres=True)}
    if wanted & {"media", "recordings"}:
        made["media"] = shapes.media(
            album,
            with_tracks="recordings" in wanted,
            with_isrcs="isrcs" in wanted,
            with_credits="artist-credits" in wanted,
        )
    if "labels" in wanted:
        label = {"id": ids.uuid("label", album.label), "name": album.label, "sort-name": album.label}
        made["label-info"] = [{"catalog-number": None, "label": label}]
    if "tags" in wanted:
        made["tags"] = []
    if "genres" in wanted:
        made["genres"] = []
    if "url-rels" in wanted:
        made["relations"] = [shapes.stream("release", each, album.mbid) for each in streams(album)]
    return answer({**made, "cover-art-archive": {"artwork": True, "front": True, "back": False, "count": 1}})


@routes.on("GET", "/recording/{mbid}")
def recording(box: Box, request: Request, mbid: str) -> Reply:
    wanted = asked(request, "recording")
    found = next((track for track in box.catalogue.tracks if track.mbid == must(mbid)), None)
    if found is None:
        raise refuse(404, "Not Found")
    return answer(_recording(box, found, wanted))


def _recording(box: Box, track: Track, wanted: set[str]) -> shapes.Json:
    album = box.catalogue.album_of(track)
    made = shapes.recording(track)
    if wanted & {"artists", "artist-credits"}:
        made["artist-credit"] = shapes.credit(track.artists)
    if "isrcs" in wanted:
        made["isrcs"] = [track.isrc]
    if "releases" in wanted:
        made["releases"] = shapes.cut(
            shapes.release(album, each) | ({"release-group": shapes.group(album)} if "release-groups" in wanted else {})
            for each in album.releases
        )
    return made


@routes.on("GET", "/artist/{mbid}")
def artist(box: Box, request: Request, mbid: str) -> Reply:
    wanted = asked(request, "artist")
    who: Artist | None = next((each for each in box.catalogue.artists.values() if each.mbid == must(mbid)), None)
    if who is None:
        raise refuse(404, "Not Found")
    counts: dict[str, int] = {}
    for album in box.catalogue.albums:
        for genre in album.genres if who in album.artists else ():
            counts[genre] = counts.get(genre, 0) + 2
    rows = [{"name": name, "count": count} for name, count in counts.items()]
    made = shapes.artist(who)
    if "tags" in wanted:
        made["tags"] = rows
    if "genres" in wanted:
        made["genres"] = [{**each, "id": ids.uuid("genre", each["name"]), "disambiguation": ""} for each in rows]
    return answer(made)


@routes.on("GET", "/isrc/{isrc}")
def isrc(box: Box, request: Request, isrc: str) -> Reply:
    wanted = asked(request, "isrc")
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", isrc):
        raise refuse(400, "Invalid isrc.")
    found = box.catalogue.track_by_isrc.get(isrc)
    if found is None:
        raise refuse(404, "Not Found")
    return answer({"isrc": isrc, "recordings": [_recording(box, found, wanted)]})


@routes.on("GET", "/url")
def url(box: Box, request: Request) -> Reply:
    """One address: what it stands for, or 404. Several, up to 100: those that are known."""
    wanted = asked(request, "url")
    resources = request.every("resource")
    if not 1 <= len(resources) <= 100:
        raise refuse(400, "Ask for 1 to 100 addresses, each as resource=.")
    known = _addresses(box)
    rows = [_url(each, known[each], wanted) for each in dict.fromkeys(resources) if each in known]
    if len(resources) > 1:
        return answer({"url-count": len(rows), "url-offset": 0, "urls": rows})
    if not rows:
        raise refuse(404, "Not Found")
    return answer(rows[0])


def _addresses(box: Box) -> dict[str, Album]:
    return {address: album for album in box.catalogue.albums for address in streams(album)}


def _url(address: str, album: Album, wanted: set[str]) -> shapes.Json:
    made: shapes.Json = {"id": ids.uuid("url", address), "resource": address}
    if "release-rels" in wanted:
        relation = shapes.stream("url", address, album.mbid)
        del relation["url"]
        target = {
            "target-type": "release",
            "direction": "backward",
            "release": shapes.release(album, album.releases[0]),
        }
        made["relations"] = [{**relation, **target}]
    return made
