"""ListenBrainz: a member's listens, which are public, and whose a user token is.

Facts: a token is sent wherever there is one, since more and more endpoints want it; `validate-token` answers 200
for a bad one too; bounds of time are exclusive whole seconds; the server's match (`mbid_mapping`) may be absent or
null. On 429 the wait stands in X-RateLimit-Reset-In.
Group: none; 30 calls in 10 seconds from one address.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from integrations import values
from integrations.errors import BadAnswer, Forbidden, MustReconnect, NotThere, ProviderError, Rejected
from integrations.http import Answer, Call, send
from integrations.keys import play_key
from integrations.providers.answers import busy, garbled, json_judge, told_wait
from integrations.providers.base import Provider
from integrations.providers.reading import object_of
from integrations.types import Access, Play, PlaysPage, Profile, SkippedRow
from integrations.values import AHEAD, MAX_TRACK, BadRow, inner, listed

NAME = "listenbrainz"
LABEL = "ListenBrainz"
MOST = 1000
"""Listens a page; the documented limit."""


# --- asking


def _wait(_: Call, answer: Answer) -> ProviderError:
    told = values.told(answer.headers.get("x-ratelimit-reset-in"))
    return busy(NAME, LABEL, told_wait(answer) if told is None or told < 0 else float(told))


def _no_entry(call: Call, _: Answer) -> ProviderError:
    """401: to a call with a token the token is dead; to one without, the endpoint has begun to want one."""
    if "Authorization" in call.headers:
        return MustReconnect(NAME, "ListenBrainz no longer takes the token of this account: give us the new one.")
    return Forbidden(NAME, "ListenBrainz wants a token for this: link the account with yours.", reason="scope")


judge = json_judge(
    NAME,
    LABEL,
    {
        401: _no_entry,
        404: lambda *_: NotThere(NAME, "ListenBrainz knows no such member."),
        429: _wait,
    },
)


def _ask(path: str, access: Access, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Token {access.token.reveal()}"} if access.token else {}
    call = Call(NAME, f"{settings.LISTENBRAINZ_API_URL}/1/{path}", access=access, params=params or {}, headers=headers)
    return object_of(call, send(call, judge))


def _of(name: str) -> str:
    """The path of a member. A name with a slash or of dots would be another path."""
    name = name.strip()
    if not name or len(name) > 120 or not name.strip(".") or not name.isprintable():
        raise Rejected(NAME, "This is no name of a ListenBrainz account.")
    return f"user/{quote(name, safe='')}"


def validate_token(access: Access) -> Profile:
    """Whose token it is; `id` is the name in small letters. MustReconnect where it is nobody's."""
    if not access.token:
        raise MustReconnect(NAME, "There is no ListenBrainz token: give us yours.")
    said = _ask("validate-token", access)
    if said.get("valid") is not True:
        if said.get("valid") is False:
            raise MustReconnect(NAME, "ListenBrainz does not know this token: give us the one on your settings page.")
        raise garbled(NAME, LABEL)
    name = values.line(said.get("user_name"))
    if not name:
        raise garbled(NAME, LABEL)
    return Profile(name.lower(), name, url=f"https://listenbrainz.org/user/{quote(name, safe='')}/")


def listen_count(access: Access) -> int:
    """How many listens `access.name` has. NotThere where there is no such member."""
    count = values.whole(inner(_ask(f"{_of(access.name)}/listen-count", access), "payload").get("count"))
    if count is None:
        raise garbled(NAME, LABEL)
    return count


# --- plays


def listens(access: Access, *, min_ts: int | None = None, max_ts: int | None = None, count: int = MOST) -> PlaysPage:
    """Listens of `access.name`, newest first, after `min_ts` and before `max_ts`, both exclusive, in whole seconds.

    With `min_ts` alone these are the oldest after it, so that one can go forward. Several may share a second, and a
    page may end between them: go on with `min_ts` one less than the newest (`next_cursor` is that; going back it is
    `max_ts` one more than the oldest), and leave out what was seen. Equal ones have the same `source_key`.
    """
    count = min(max(1, count), MOST)
    bounds = {"min_ts": min_ts, "max_ts": max_ts, "count": count}
    params = {key: value for key, value in bounds.items() if value is not None}
    body = _ask(f"{_of(access.name)}/listens", access, params)
    return parse_listens(body, access.name, timezone.now() + AHEAD, count=count, forward=min_ts is not None)


def parse_listens(body: object, name: str, latest: datetime, *, count: int = MOST, forward: bool = False) -> PlaysPage:
    """A page as it was answered. BadAnswer where it is of somebody else, or no page."""
    said = inner(body, "payload")
    if not isinstance(said.get("listens"), list):
        raise garbled(NAME, LABEL)
    owner = said.get("user_id")
    if isinstance(owner, str) and owner.casefold() != name.strip().casefold():
        raise BadAnswer(NAME, "ListenBrainz answered with somebody else's data.")
    rows = listed(said["listens"])
    found = [play_of(row, latest) for row in _once(rows)]
    full = len(rows) >= count
    return PlaysPage(
        plays=[row for row in found if isinstance(row, Play)],
        skipped=[row for row in found if isinstance(row, SkippedRow)],
        next_cursor=_next(rows, forward) if full else "",
        full=full,
    )


def _once(rows: list[Any]) -> list[Any]:
    """Without what the page tells twice: the same second and the same `recording_msid`."""
    seen: set[tuple[int, str]] = set()
    kept = []
    for row in rows:
        second, msid = values.whole(inner(row).get("listened_at")), _msid(row)
        if second is not None and msid:
            if (second, msid) in seen:
                continue
            seen.add((second, msid))
        kept.append(row)
    return kept


def _msid(row: object) -> str:
    """Beside the names in the API, among them in exports."""
    return values.uuid_of(inner(row).get("recording_msid")) or values.uuid_of(
        inner(row, "track_metadata").get("recording_msid")
    )


def _next(rows: list[Any], forward: bool) -> str:
    """A bound that asks for the last second again, lest its other listens be lost; never one that stands still."""
    seconds = [second for row in rows if (second := values.whole(inner(row).get("listened_at"))) is not None]
    if not seconds:
        return ""
    if max(seconds) == min(seconds):
        return str(seconds[0])  # a whole page of one second: the only way on is past it
    return str(max(seconds) - 1 if forward else min(seconds) + 1)


def play_of(row: object, latest: datetime) -> Play | SkippedRow:
    """One listen. Ids of the server's match are taken only where its names agree with those of the listen."""
    said = inner(row, "track_metadata")
    try:
        if not said:
            raise BadRow("the track_metadata is missing")
        if inner(row).get("playing_now") is True or inner(row).get("listen_type") == "playing_now":
            return SkippedRow("playing now, not a listen")
        return _play(said, values.moment_of(inner(row).get("listened_at"), "listened_at", latest))
    except BadRow as why:
        return SkippedRow(str(why))


def _play(said: dict[str, Any], start: datetime) -> Play:
    artist = values.name_of(said.get("artist_name"), "artist")
    track = values.name_of(said.get("track_name"), "track", MAX_TRACK)
    album = values.optional_name(said.get("release_name"), "album")
    client, match = inner(said, "additional_info"), inner(said, "mbid_mapping")
    return Play(
        track=track,
        artist=artist,
        album=album,
        started_at=start,
        source_key=play_key(values.whole_second(start), artist, track),
        ms_played=values.length_ms(client.get("duration_played"), 1000),
        duration_ms=values.length_ms(client.get("duration_ms")) or values.length_ms(client.get("duration"), 1000),
        external_ids=values.known_ids(
            spotify=values.spotify_id_of(client.get("spotify_id")),
            isrc=values.isrc_of(client.get("isrc")),
            musicbrainz=values.uuid_of(client.get("recording_mbid")) or _matched_recording(match, track),
            musicbrainz_artist=_artist_id(client, match, artist),
            **(_album_ids(client, match) if album else {}),
        ),
    )


def _matched_recording(match: dict[str, Any], track: str) -> str:
    return values.uuid_of(match.get("recording_mbid")) if _same(match.get("recording_name"), track) else ""


def _artist_id(client: dict[str, Any], match: dict[str, Any], artist: str) -> str:
    """The id of a single artist; of several it is not said whose name the line is."""
    matched = match.get("artists")
    if isinstance(matched, list) and len(matched) == 1 and _same(inner(matched[0]).get("artist_credit_name"), artist):
        return values.uuid_of(inner(matched[0]).get("artist_mbid"))
    claimed = client.get("artist_mbids")
    return values.uuid_of(claimed[0]) if isinstance(claimed, list) and len(claimed) == 1 else ""


def _album_ids(client: dict[str, Any], match: dict[str, Any]) -> dict[str, str]:
    """Of the release the client names. The server matches a recording, which may stand on another release too."""
    release = values.uuid_of(client.get("release_mbid"))
    group = values.uuid_of(client.get("release_group_mbid"))
    if not group and release and release == values.uuid_of(match.get("release_mbid")):
        group = values.uuid_of(match.get("release_group_mbid"))
    return values.known_ids(musicbrainz_release=release, musicbrainz_release_group=group)


def _same(told: object, name: str) -> bool:
    return isinstance(told, str) and told.casefold() == name.casefold()


def _probe(access: Access) -> None:
    """Is the token good; by name alone, is there such a member; for nobody, does it answer at all."""
    if access.token:
        validate_token(access)
    elif access.name:
        listen_count(access)
    else:
        with suppress(NotThere):
            listen_count(Access(name="rob"))


PROVIDER = Provider(NAME, LABEL, judge, _probe, who=validate_token)
