"""What somebody listened to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from integrations.sandbox.box import Box
from integrations.sandbox.hearing import DAY
from integrations.sandbox.lastfm import shapes
from integrations.sandbox.lastfm.doors import method, refuse, session, user
from integrations.sandbox.web import Reply, Request, answer, whole


@method("user.getRecentTracks")
def recent_tracks(box: Box, given: dict[str, str], request: Request) -> Reply:
    """Newest first. What plays now stands on every page, above the limit, without a date."""
    person, asking = user(box, given), session(box, given)
    if person.hides and asking is not person:
        raise refuse(17, "Login: User required to be logged in")
    limit, page, since, until = (
        whole(given.get(name, ""), default, 1 if name in ("limit", "page") else 0, most)
        for name, default, most in (
            ("limit", 50, 1000),
            ("page", 1, 10**6),
            ("from", 0, 10**12),
            ("to", 10**12, 10**12),
        )
    )
    if limit is None or page is None or since is None or until is None:
        raise refuse(6, "Invalid parameters - Your request is missing a required parameter")
    shown = box.person(request, person.key)
    plays = box.hearing.scrobbles(shown, box.now_ms)
    first = bisect_left(plays, since, key=lambda heard: heard.started_ms // 1000)
    plays = plays[first : bisect_right(plays, until, key=lambda heard: heard.started_ms // 1000)]
    plays.reverse()
    extended = given.get("extended") == "1"
    rows = [
        shapes.row(box, request.base, heard, extended=extended) for heard in plays[(page - 1) * limit : page * limit]
    ]
    if playing := box.hearing.now_playing(shown, box.now_ms):
        rows.insert(0, shapes.row(box, request.base, playing, playing=True, extended=extended))
    about = {
        "user": shown.key,
        "totalPages": str(-(-len(plays) // limit)),
        "page": str(page),
        "perPage": str(limit),
        "total": str(len(plays)),
    }
    return answer({"recenttracks": {"track": shapes.listed(rows), "@attr": about}})


@method("user.getInfo")
def info(box: Box, given: dict[str, str], request: Request) -> Reply:
    person = box.person(request, user(box, given).key)
    plays = box.hearing.scrobbles(person, box.now_ms)
    registered = box.first_day * DAY // 1000
    return answer(
        {
            "user": {
                "name": person.key,
                "age": "0",
                "subscriber": "0",
                "realname": person.name,
                "bootstrap": "0",
                "playcount": str(len(plays)),
                "artist_count": str(len({heard.track.artists[0].name for heard in plays})),
                "playlists": "0",
                "track_count": str(len({heard.track.spotify for heard in plays})),
                "album_count": str(len({heard.track.album_key for heard in plays})),
                "image": shapes.images(request.base, person.account_id(box.seed)),
                "registered": {"unixtime": str(registered), "#text": registered},
                "country": "None",
                "gender": "n",
                "url": f"https://www.last.fm/user/{person.key}",
                "type": "user",
            }
        }
    )
