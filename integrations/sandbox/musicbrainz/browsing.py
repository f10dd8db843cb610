"""Searching and browsing."""

from __future__ import annotations

from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album
from integrations.sandbox.finding import best
from integrations.sandbox.musicbrainz import shapes
from integrations.sandbox.musicbrainz.doors import asked, refuse, routes, window
from integrations.sandbox.musicbrainz.looking import group_by, must
from integrations.sandbox.musicbrainz.lucene import BadQuery, Rate, rating
from integrations.sandbox.spotify.shapes import stamp
from integrations.sandbox.web import Reply, Request, answer


def fields(album: Album) -> dict[str, str]:
    """What can be searched for."""
    title, by = album.title, album.credit
    return {
        "": f"{title} {by}",
        "releasegroup": title,
        "releasegroupaccent": title,
        "release": title,
        "releaseaccent": title,
        "artist": by,
        "artistname": by,
        "creditname": by,
        "arid": " ".join(artist.mbid for artist in album.artists),
        "rgid": album.mbid,
        "reid": " ".join(album.releases),
        "primarytype": shapes.primary(album),
        "secondarytype": album.kind,
        "status": "Official",
        "tag": " ".join(album.genres),
        "firstreleasedate": album.released,
        "date": album.released,
        "barcode": album.upc,
        "country": album.artists[0].country,
    }


def rate_of(request: Request) -> Rate:
    try:
        return rating(request.arg("query"))
    except BadQuery:
        raise refuse(400, "Invalid query.") from None


def hits(box: Box, request: Request) -> list[tuple[int, Album]]:
    """The best one has 100, whatever it is worth."""
    rate = rate_of(request)
    found = best(box.catalogue.albums, lambda album: rate(fields(album)))
    most = found[0][0] if found else 1
    return [(100 * points // most, album) for points, album in found]


@routes.on("GET", "/release-group")
def release_groups(box: Box, request: Request) -> Reply:
    wanted = asked(request, "release-group")
    if not request.arg("query"):
        return _browse_groups(box, request, wanted)
    offset, limit = window(request)
    found = hits(box, request)
    rows = [
        {
            **shapes.group(album),
            "score": points,
            "count": len(album.releases),
            "artist-credit": shapes.credit(album.artists),
            "releases": [
                {"id": each, "status-id": None, "title": album.title, "status": "Official"} for each in album.releases
            ],
            "tags": shapes.tags(album),
        }
        for points, album in found[offset : offset + limit]
    ]
    return answer({**_created(box), "count": len(found), "offset": offset, "release-groups": rows})


def _created(box: Box) -> dict[str, str]:
    return {"created": stamp(box.now_ms)}


def _browse_groups(box: Box, request: Request, wanted: set[str]) -> Reply:
    offset, limit = window(request)
    kinds = {kind for kind in request.arg("type").split("|") if kind}
    mbid = must(request.arg("artist"))
    found = [
        album
        for album in box.catalogue.albums
        if any(artist.mbid == mbid for artist in album.artists)
        and (not kinds or shapes.primary(album).lower() in kinds)
    ]
    credits_too = bool(wanted & {"artist-credits", "artists"})
    rows = [
        shapes.group(album) | ({"artist-credit": shapes.credit(album.artists)} if credits_too else {})
        for album in found[offset : offset + limit]
    ]
    return answer({"release-groups": rows, "release-group-count": len(found), "release-group-offset": offset})


@routes.on("GET", "/release")
def releases(box: Box, request: Request) -> Reply:
    """Search, or those of a release group."""
    wanted = asked(request, "release")
    offset, limit = window(request)
    if not request.arg("query"):
        album = group_by(box, request.arg("release-group"))
        rows = [_release(album, each, wanted) for each in album.releases]
        page = rows[offset : offset + limit]
        return answer({"releases": page, "release-count": len(rows), "release-offset": offset})
    found = [(points, album, each) for points, album in hits(box, request) for each in album.releases]
    if "barcode:" in request.arg("query"):
        found = [(points, album, each) for points, album, each in found if each == album.releases[0]]
    made = [
        {"score": points, **_release(album, each, {"artist-credits", "release-groups", "media"})}
        for points, album, each in found[offset : offset + limit]
    ]
    return answer({**_created(box), "count": len(found), "offset": offset, "releases": made})


def _release(album: Album, mbid: str, wanted: set[str]) -> shapes.Json:
    made = shapes.release(album, mbid)
    if "artist-credits" in wanted:
        made["artist-credit"] = shapes.credit(album.artists)
    if "release-groups" in wanted:
        made["release-group"] = shapes.group(album)
    if "media" in wanted:
        made["media"] = shapes.media(album, with_tracks=False, with_isrcs=False, with_credits=False)
    return made


@routes.on("GET", "/artist")
def artists(box: Box, request: Request) -> Reply:
    asked(request, "artist")
    offset, limit = window(request)
    rate = rate_of(request)
    found = best(box.catalogue.artists.values(), lambda who: rate({"": who.name, "artist": who.name, "arid": who.mbid}))
    rows = [{"score": points, **shapes.artist(who)} for points, who in found[offset : offset + limit]]
    return answer({**_created(box), "count": len(found), "offset": offset, "artists": rows})


@routes.on("GET", "/recording")
def recordings(box: Box, request: Request) -> Reply:
    asked(request, "recording")
    offset, limit = window(request)
    rate = rate_of(request)
    found = best(
        box.catalogue.tracks,
        lambda track: rate(
            {
                "": f"{track.title} {track.credit}",
                "recording": track.title,
                "artist": track.credit,
                "artistname": track.credit,
                "release": box.catalogue.album_of(track).title,
                "isrc": track.isrc,
                "rid": track.mbid,
            }
        ),
    )
    rows = [
        {"score": points, **shapes.recording(track), "artist-credit": shapes.credit(track.artists)}
        for points, track in found[offset : offset + limit]
    ]
    return answer({**_created(box), "count": len(found), "offset": offset, "recordings": rows})
