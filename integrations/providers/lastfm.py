"""Last.fm, read by user name; signed with a session key where the member proved that the account is theirs.

Facts: every number is text, a list of one may be the thing itself, an empty one "", the playing track comes on top
of every page, and errors are told in the body, whatever the status. Reads need no sign-in unless the member hides
their listening; a signed call goes as a POST, so that no key ever stands in an address.
Group: none; Last.fm counts all calls of the site together.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from integrations import values
from integrations.errors import (
    BadAnswer,
    Forbidden,
    Misconfigured,
    MustReconnect,
    NotThere,
    ProviderError,
    Rejected,
    Unavailable,
)
from integrations.http import Answer, Call, send
from integrations.keys import play_key
from integrations.providers.answers import body_of, busy, by_status, garbled, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of, spoiled
from integrations.secret import Secret
from integrations.types import (
    NOBODY,
    Access,
    AlbumData,
    ArtistData,
    Play,
    PlaysPage,
    Profile,
    SkippedRow,
    TagData,
    TrackData,
)
from integrations.values import AHEAD, MAX_TRACK, BadRow, inner, listed, records

NAME = "lastfm"
LABEL = "Last.fm"
MOST = 200
"""Plays a page; the documented limit."""
PICTURES = ("lastfm.freetls.fastly.net", "last.fm", "lastfm-img2.akamaized.net")
NO_PICTURE = "2a96cbd8b46e442fc41c2b86b821562f"
"""In the address of the grey star that stands for a picture they do not have."""
PLAYING = SkippedRow("playing now, not a listen")


class StartAgain(Rejected):
    """The token of a sign-in was never allowed, is used up or too old: begin the linking anew."""


# --- asking


def signature(params: Mapping[str, str]) -> str:
    """MD5 over names and values sorted by name, and the shared secret; `format` and `callback` are not signed."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params) if name not in ("format", "callback"))
    return md5((text + settings.LASTFM_API_SECRET).encode(), usedforsecurity=False).hexdigest()


def _ask(method: str, params: Mapping[str, str], access: Access = NOBODY, *, signed: bool = False) -> dict[str, Any]:
    if not settings.LASTFM_API_KEY:
        raise Misconfigured(NAME, "Last.fm is not set up on this site.")
    said = {"method": method, "api_key": settings.LASTFM_API_KEY, **{key: text for key, text in params.items() if text}}
    if access.token:
        said["sk"] = access.token.reveal()
    if access.token or signed:
        said["api_sig"] = signature(said)
        said["format"] = "json"
        call = Call(NAME, settings.LASTFM_API_URL, "POST", access=access, form=said, repeatable=True)
    else:
        call = Call(NAME, settings.LASTFM_API_URL, access=access, params={**said, "format": "json"})
    return object_of(call, send(call, judge))


def judge(call: Call, answer: Answer) -> ProviderError | None:
    """The body tells; the status only where it says nothing."""
    code = values.whole(inner(body_of(answer)).get("error"))
    if code:
        return _meaning(code, call, answer)
    return by_status(NAME, LABEL, answer) or spoiled(call, answer)


def _meaning(code: int, call: Call, answer: Answer) -> ProviderError:
    signed = bool(call.form and "sk" in call.form)
    match code:
        case 4 | 9 if signed:
            return MustReconnect(NAME, "Last.fm no longer lets us read this account: connect it again.")
        case 6:
            return _parameter(answer)
        case 8 | 11 | 16:
            return Unavailable(NAME, "Last.fm stopped answering.")
        case 10 | 13 | 26:
            return Misconfigured(NAME, "Last.fm does not take this site's own key.")
        case 14 | 15:
            return StartAgain(NAME, "Last.fm no longer knows this sign-in: begin again.")
        case 17:
            return Forbidden(NAME, "This Last.fm account hides its recent listening.", reason="private")
        case 29:
            return busy(NAME, LABEL, told_wait(answer))
        case 4 | 9:
            return Forbidden(NAME, "Last.fm does not let us in.")
    return Rejected(NAME, "Last.fm did not understand what we asked.")


def _parameter(answer: Answer) -> ProviderError:
    """6 is both "there is no such thing" and "you asked wrongly"; only the words tell which."""
    message = inner(body_of(answer)).get("message")
    words = message.casefold() if isinstance(message, str) else ""
    if answer.status == 404 or "not found" in words or "could not be found" in words or "no such" in words:
        return NotThere(NAME, "Last.fm does not know this.")
    return Rejected(NAME, "Last.fm did not understand what we asked.")


# --- linking


def auth_url(callback: str) -> str:
    """Where a member allows us. Last.fm echoes no state: put yours into `callback`."""
    return f"{settings.LASTFM_AUTH_URL}?{urlencode({'api_key': settings.LASTFM_API_KEY, 'cb': callback})}"


def session(token: str) -> tuple[str, Secret]:
    """The name and session key that the token of the callback stands for; it works once. Raises StartAgain."""
    if not token.strip():
        raise StartAgain(NAME, "Last.fm sent you back without a token: begin again.")
    said = inner(_ask("auth.getSession", {"token": token}, signed=True), "session")
    name, key = values.line(said.get("name")), said.get("key")
    if not name or not isinstance(key, str) or not key:
        raise garbled(NAME, LABEL)
    return name, Secret(key)


def user_info(name: str, access: Access = NOBODY) -> Profile:
    """Is there such an account? `id` is its name in small letters. NotThere where there is none."""
    said = inner(_ask("user.getInfo", {"user": _named(name)}, access), "user")
    found = values.line(said.get("name"))
    if not found:
        raise garbled(NAME, LABEL)
    if found.casefold() != name.strip().casefold():
        raise _of_another()
    url = said.get("url")
    known = isinstance(url, str) and url.startswith("https://www.last.fm/user/") and len(url) <= 500
    return Profile(
        found.lower(), found, url=values.line(url) if known else "", avatar_url=_picture(records(said.get("image")))
    )


def who(access: Access) -> Profile:
    return user_info(access.name, access)


def _named(name: str) -> str:
    """Asked without a name, Last.fm would tell of whoever signed, or of nobody for ever."""
    name = name.strip()
    if not name or len(name) > 120:
        raise Rejected(NAME, "This is no name of a Last.fm account.")
    return name


def _of_another() -> BadAnswer:
    return BadAnswer(NAME, "Last.fm answered with somebody else's data.")


# --- plays


def recent_tracks(
    access: Access,
    *,
    page: int = 1,
    limit: int = MOST,
    from_ts: int | None = None,
    to_ts: int | None = None,
) -> PlaysPage:
    """Plays of `access.name` from `from_ts` on (inclusive) to before `to_ts`, seconds since 1970; pages begin at 1.

    New plays shift the pages: walk from `total_pages` down to 1, or keep `to_ts`. Signed where the account has a
    session key, which also shows a hidden history to its owner. Forbidden("private"), NotThere, MustReconnect.
    """
    name = _named(access.name)
    params = {
        "user": name,
        "page": str(max(1, page)),
        "limit": str(min(max(1, limit), MOST)),
        "from": "" if from_ts is None else str(from_ts),
        "to": "" if to_ts is None else str(to_ts),
        "extended": "0",
    }
    return parse_plays(_ask("user.getRecentTracks", params, access), name, timezone.now() + AHEAD)


def parse_plays(body: object, name: str, latest: datetime) -> PlaysPage:
    """A page as it was answered. BadAnswer where it is not of `name`, or no page."""
    said = inner(body, "recenttracks")
    about = inner(said, "@attr")
    _must_be_of(name, about.get("user"))
    plays: list[Play] = []
    skipped: list[SkippedRow] = []
    for row in listed(said.get("track")):
        found = play_of(row, latest)
        plays.append(found) if isinstance(found, Play) else skipped.append(found)
    page, pages = values.whole(about.get("page")) or 1, values.whole(about.get("totalPages"))
    more = pages is not None and page < pages
    return PlaysPage(plays, skipped, str(page + 1) if more else "", full=more, total_pages=pages)


def _must_be_of(name: str, told: object) -> None:
    """A rare fault of theirs answers with another member's plays: they are not to be stored."""
    if not isinstance(told, str):
        raise garbled(NAME, LABEL)
    if told.strip().casefold() != name.casefold():
        raise _of_another()


def play_of(row: object, latest: datetime) -> Play | SkippedRow:
    """One row, also as `extended`. Track ids are not taken: Last.fm's are often of another recording."""
    if not isinstance(row, dict):
        return SkippedRow("the row is no object")
    date = row.get("date")
    if not date or inner(row, "@attr").get("nowplaying") == "true":
        return PLAYING
    try:
        return _play(row, date.get("uts") if isinstance(date, dict) else date, latest)
    except BadRow as why:
        return SkippedRow(str(why))


def _play(row: dict[str, Any], seconds: object, latest: datetime) -> Play:
    start = values.moment_of(seconds, "date", latest)
    (artist, artist_id), (album, album_id) = _name_and_id(row.get("artist")), _name_and_id(row.get("album"))
    artist_name = values.name_of(artist, "artist")
    track_name = values.name_of(row.get("name"), "track", MAX_TRACK)
    album_name = values.optional_name(album, "album")
    return Play(
        track=track_name,
        artist=artist_name,
        album=album_name,
        started_at=start,
        source_key=play_key(values.whole_second(start), artist_name, track_name),
        external_ids=values.known_ids(
            musicbrainz_artist=values.uuid_of(artist_id),
            musicbrainz_release=values.uuid_of(album_id) if album_name else "",
        ),
    )


def _name_and_id(value: object) -> tuple[object, object]:
    """Of an artist or album; the name is "#text", or "name" in an extended page."""
    if not isinstance(value, dict):
        return value, None
    return value.get("#text", value.get("name")), value.get("mbid")


# --- albums and tags


def album_info(artist: str, album: str) -> AlbumData:
    """An album with its tracks and first tags. Its id is a release of MusicBrainz, and only a hint."""
    body = _ask("album.getInfo", {"artist": artist, "album": album, "autocorrect": "1"})
    return parse_album(body)


def parse_album(body: object) -> AlbumData:
    said = inner(body, "album")
    title, artist = values.line(said.get("name")), values.line(_name_and_id(said.get("artist"))[0])
    if not title or not artist:
        raise garbled(NAME, LABEL)
    tracks = [_track(row, title) for row in records(inner(said, "tracks").get("track"))]
    return AlbumData(
        title=title,
        artists=(ArtistData(artist),),
        artist_credit=artist,
        cover_url=_picture(records(said.get("image"))),
        external_ids=values.known_ids(musicbrainz_release=values.uuid_of(said.get("mbid"))),
        tags=tuple(_tags(records(inner(said, "tags").get("tag")))),
        tracks=tuple(track for track in tracks if track),
        tracks_total=len(tracks),
    )


def _track(row: dict[str, Any], album: str) -> TrackData | None:
    title, artist = values.line(row.get("name"), MAX_TRACK), values.line(_name_and_id(row.get("artist"))[0])
    if not title or not artist:
        return None
    number = values.whole(inner(row, "@attr").get("rank"), 1, 999)
    length = values.length_ms(row.get("duration"), 1000)
    return TrackData(title, (ArtistData(artist),), artist, length, number=number, album=album)


def album_tags(artist: str, album: str) -> list[TagData]:
    """Weights are 0 to 100, of the most given. Noise ("seen live", years, the artist's name) is for the caller to
    leave out; an unknown album may have none instead of being NotThere."""
    return parse_tags(_ask("album.getTopTags", {"artist": artist, "album": album, "autocorrect": "1"}))


def artist_tags(artist: str) -> list[TagData]:
    return parse_tags(_ask("artist.getTopTags", {"artist": artist, "autocorrect": "1"}))


def track_tags(artist: str, track: str) -> list[TagData]:
    return parse_tags(_ask("track.getTopTags", {"artist": artist, "track": track, "autocorrect": "1"}))


def parse_tags(body: object) -> list[TagData]:
    return _tags(records(inner(body, "toptags").get("tag")))


def _tags(rows: list[dict[str, Any]]) -> list[TagData]:
    """In `album.getInfo` tags have no count: each is worth 1."""
    found = ((values.line(row.get("name"), 80), values.whole(row.get("count"), 0, 100)) for row in rows)
    return [TagData(name, 1 if weight is None else weight) for name, weight in found if name]


def _picture(rows: list[dict[str, Any]]) -> str:
    """The largest of several sizes, which come smallest first."""
    found = [values.picture(row.get("#text"), PICTURES) for row in rows]
    return next((url for url in reversed(found) if url and NO_PICTURE not in url), "")


def _probe(access: Access) -> None:
    """Is there this account; without one, the tags of an artist: that there is none such is an answer too."""
    if access.name:
        who(access)
        return
    with suppress(NotThere):
        artist_tags("Cher")


PROVIDER = Provider(NAME, LABEL, judge, _probe, needs=("LASTFM_API_KEY", "LASTFM_API_SECRET"), who=who)
