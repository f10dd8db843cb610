"""Spotify's objects as a restricted app gets them in 2026: no popularity, markets, followers, product or country."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.sandbox import ids
from integrations.sandbox.box import Box
from integrations.sandbox.catalogue import Album, Artist, Track
from integrations.sandbox.people import Person

Json = dict[str, Any]


def stamp(ms: int) -> str:
    """2026-11-20T01:53:20.456Z"""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def ref(base: str, kind: str, id: str) -> Json:
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{id}"},
        "href": f"{base}/spotify/v1/{kind}s/{id}",
        "id": id,
        "type": kind,
        "uri": f"spotify:{kind}:{id}",
    }


def artist(base: str, who: Artist) -> Json:
    return {**ref(base, "artist", who.spotify), "name": who.name}


def whole_artist(base: str, who: Artist) -> Json:
    return {**artist(base, who), "images": images(base, who.spotify)}


def images(base: str, id: str) -> list[Json]:
    return [{"url": f"{base}/covers/{id}/{size}.svg", "height": size, "width": size} for size in (640, 300, 64)]


def album(base: str, what: Album) -> Json:
    """As it stands in tracks, search and lists."""
    return {
        "album_type": what.kind,
        "artists": [artist(base, who) for who in what.artists],
        **ref(base, "album", what.spotify),
        "images": images(base, what.spotify),
        "name": named(what, what.title),
        **released(what),
        "total_tracks": len(what.tracks),
        "is_playable": True,
    }


def released(what: Album) -> Json:
    """Some are known by year only."""
    by_year = ids.number(what.key, "precision") % 5 == 0
    return {
        "release_date": what.released[:4] if by_year else what.released,
        "release_date_precision": "year" if by_year else "day",
    }


def named(what: Album, title: str) -> str:
    return f"{title} (Remastered)" if what.remastered and title == what.title else title


def track_title(what: Album, title: str) -> str:
    return f"{title} - Remastered {what.remastered}" if what.remastered else title


def whole_album(box: Box, base: str, what: Album) -> Json:
    """With its first 50 tracks."""
    return {
        **album(base, what),
        "copyrights": [{"text": f"℗ {what.year} {what.label}", "type": "P"}],
        "external_ids": {"upc": what.upc},
        "genres": [],
        "tracks": paging(
            f"{base}/spotify/v1/albums/{what.spotify}/tracks",
            [simple_track(base, what, each) for each in what.tracks],
            0,
            50,
        ),
        **({"label": what.label, "popularity": 40, "available_markets": ["DE", "GB", "US"]} if box.extended else {}),
    }


def simple_track(base: str, of: Album, what: Track) -> Json:
    return {
        "artists": [artist(base, who) for who in what.artists],
        "disc_number": what.disc,
        "duration_ms": what.duration_ms,
        "explicit": ids.number(what.spotify) % 9 == 0,
        **ref(base, "track", what.spotify),
        "is_local": False,
        "is_playable": True,
        "name": track_title(of, what.title),
        "preview_url": None,
        "track_number": what.number,
    }


def track(base: str, of: Album, what: Track) -> Json:
    return {**simple_track(base, of, what), "album": album(base, of), "external_ids": {"isrc": what.isrc}}


def local_track(what: Track) -> Json:
    """A file of the listener's own: names and nothing else."""
    name = what.title
    return {
        "album": {
            "album_type": None,
            "artists": [],
            "external_urls": {},
            "href": None,
            "id": None,
            "images": [],
            "name": "",
            "release_date": None,
            "release_date_precision": None,
            "type": "album",
            "uri": None,
        },
        "artists": [
            {"external_urls": {}, "href": None, "id": None, "name": what.credit, "type": "artist", "uri": None}
        ],
        "disc_number": 0,
        "duration_ms": what.duration_ms // 1000 * 1000,
        "explicit": False,
        "external_ids": {},
        "external_urls": {},
        "href": None,
        "id": None,
        "is_local": True,
        "name": name,
        "preview_url": None,
        "track_number": 0,
        "type": "track",
        "uri": f"spotify:local:::{name.replace(' ', '+')}:{what.duration_ms // 1000}",
    }


def episode(base: str, what: Track) -> Json:
    """A part of a podcast, where a track is expected."""
    id = ids.base62(22, "episode", what.spotify)
    return {
        **ref(base, "episode", id),
        "duration_ms": what.duration_ms,
        "explicit": False,
        "is_local": False,
        "name": f"Talking about {what.title}",
        "release_date": "2026-01-15",
        "release_date_precision": "day",
        "show": {"name": "The Long Intro", **ref(base, "show", ids.base62(22, "show"))},
    }


def user(box: Box, base: str, person: Person) -> Json:
    """Of /me: `account_id` is what accounts are linked by since 2026-05."""
    return {
        "account_id": person.account_id(box.seed),
        "display_name": person.name,
        **ref(base, "user", person.spotify_id),
        "images": images(base, person.account_id(box.seed))[:1],
        **(
            {"country": "DE", "email": person.email, "followers": {"href": None, "total": 3}, "product": "premium"}
            if box.extended
            else {}
        ),
    }


def public_user(base: str, person: Person) -> Json:
    return {"display_name": person.name, **ref(base, "user", person.spotify_id)}


def paging(address: str, items: list[Any], offset: int, limit: int, more: str = "") -> Json:
    """One page of a whole list."""

    def at(place: int) -> str:
        return f"{address}?offset={place}&limit={limit}{more}"

    return {
        "href": at(offset),
        "items": items[offset : offset + limit],
        "limit": limit,
        "next": at(offset + limit) if offset + limit < len(items) else None,
        "offset": offset,
        "previous": at(max(0, offset - limit)) if offset else None,
        "total": len(items),
    }
