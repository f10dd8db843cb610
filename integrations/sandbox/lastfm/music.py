"""Albums and what people tag them with."""

from __future__ import annotations

from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist, Track
from integrations.sandbox.finding import best, folded, score
from integrations.sandbox.lastfm import shapes
from integrations.sandbox.lastfm.doors import method, refuse, user
from integrations.sandbox.web import Reply, Request, answer, whole


def album_of(box: Box, given: dict[str, str]) -> Album | None:
    """By mbid of a release, else by artist and title as they sound."""
    if given.get("mbid"):
        return box.catalogue.by_release.get(given["mbid"])
    if not given.get("artist") or not given.get("album"):
        raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
    names = folded(given["artist"]), folded(given["album"])
    return next(
        (
            each
            for each in box.catalogue.albums
            if folded(each.title) == names[1] and names[0] in (folded(each.credit), folded(each.artists[0].name))
        ),
        None,
    )


def artist_of(box: Box, given: dict[str, str]) -> Artist | None:
    if not given.get("artist") and not given.get("mbid"):
        raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
    name, mbid = folded(given.get("artist", "")), given.get("mbid", "")
    return next(
        (who for who in box.catalogue.artists.values() if folded(who.name) == name or (mbid and who.mbid == mbid)), None
    )


@method("album.getInfo")
def album_info(box: Box, given: dict[str, str], request: Request) -> Reply:
    """One track is no list here, nor is one tag."""
    album = album_of(box, given)
    if album is None:
        return answer({"message": "Album not found", "error": 6})
    count = ids.number(album.mbid, "listeners") % 900_000 + 1000
    tags = [{"url": tag["url"], "name": tag["name"]} for tag in shapes.tags(shapes.tags_of(album)[:5])]
    made: dict[str, Any] = {
        "artist": album.credit,
        "mbid": shapes.hint(album.releases[0], 0.7),
        "tags": {"tag": shapes.listed(tags)},
        "playcount": str(count * 7),
        "image": shapes.images(request.base, album.spotify, sizes=6),
        "tracks": {"track": shapes.listed([_track(track) for track in album.tracks])},
        "url": shapes.link(album.credit, album.title),
        "name": album.title,
        "listeners": str(count),
        "wiki": {
            "published": "01 Jan 2026, 12:00",
            "summary": f"{album.title} is an album by {album.credit}, of {album.year}.",
            "content": f"{album.title} is an album by {album.credit}, of {album.year}. This text is made up.",
        },
    }
    if given.get("username"):
        person = user(box, {**given, "user": given["username"]})
        plays = box.hearing.scrobbles(person, box.now_ms)
        made["userplaycount"] = sum(heard.track.album_key == album.key for heard in plays)
    return answer({"album": made})


def _track(track: Track) -> dict[str, Any]:
    return {
        "streamable": {"fulltrack": "0", "#text": "0"},
        "duration": track.duration_ms // 1000,
        "url": shapes.link(track.credit, "_", track.title),
        "name": track.title,
        "@attr": {"rank": track.number},
        "artist": {
            "url": shapes.link(track.credit),
            "name": track.credit,
            "mbid": shapes.hint(track.artists[0].mbid, 0.8),
        },
    }


def _toptags(tags: list[tuple[str, int]], **about: str) -> Reply:
    return answer({"toptags": {"tag": shapes.tags(tags), "@attr": about}})


@method("album.getTopTags")
def album_tags(box: Box, given: dict[str, str], request: Request) -> Reply:
    """None, and no error, for what it does not know."""
    album = album_of(box, given)
    return _toptags(
        shapes.tags_of(album) if album else [], artist=given.get("artist", ""), album=given.get("album", "")
    )


@method("artist.getTopTags")
def artist_tags(box: Box, given: dict[str, str], request: Request) -> Reply:
    artist = artist_of(box, given)
    if artist is None:
        return answer({"error": 6, "message": "The artist you supplied could not be found", "links": []})
    return _toptags(shapes.tags_of_artist(box, artist), artist=artist.name)


@method("track.getTopTags")
def track_tags(box: Box, given: dict[str, str], request: Request) -> Reply:
    if not given.get("artist") or not given.get("track"):
        raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
    names = folded(given["artist"]), folded(given["track"])
    found = next(
        (each for each in box.catalogue.tracks if (folded(each.artists[0].name), folded(each.title)) == names), None
    )
    tags = shapes.tags_of(box.catalogue.album_of(found))[:2] if found else []
    return _toptags(tags, artist=given["artist"], track=given["track"])


@method("album.search")
def album_search(box: Box, given: dict[str, str], request: Request) -> Reply:
    limit, page = whole(given.get("limit", ""), 30, 1, 1000), whole(given.get("page", ""), 1, 1, 10**6)
    if not given.get("album") or limit is None or page is None:
        raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
    hits = best(box.catalogue.albums, lambda each: score(given["album"], each.title, each.credit))
    rows = [
        {
            "name": each.title,
            "artist": each.credit,
            "url": shapes.link(each.credit, each.title),
            "image": shapes.images(request.base, each.spotify),
            "streamable": "0",
            "mbid": shapes.hint(each.releases[0], 0.7),
        }
        for _, each in hits[(page - 1) * limit : page * limit]
    ]
    return answer(
        {
            "results": {
                "opensearch:Query": {
                    "#text": "",
                    "role": "request",
                    "searchTerms": given["album"],
                    "startPage": str(page),
                },
                "opensearch:totalResults": str(len(hits)),
                "opensearch:startIndex": str((page - 1) * limit),
                "opensearch:itemsPerPage": str(limit),
                "albummatches": {"album": rows},
                "@attr": {"for": given["album"]},
            }
        }
    )
