"""Whatever JSON stands where a provider's should, a parser gives a typed value or raises an error of ours.

Each good answer is damaged in one to three places by values of any shape; and whole bodies are made up.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.errors import ProviderError
from integrations.http import Answer, Call
from integrations.providers import (
    PROVIDERS,
    coverart,
    deezer,
    itunes,
    lastfm,
    listenbrainz,
    musicbrainz,
    reccobeats,
)
from integrations.providers.spotify import me, shapes
from integrations.values import record
from sidetrack.text import clean_line
from tests.integrations import test_deezer, test_itunes, test_lastfm, test_musicbrainz, test_reccobeats
from tests.integrations.answers import LATEST, listen, listens, playing, recent, scrobble, uuid
from tests.integrations.subjects import play, plays
from tests.integrations.test_coverart import IMAGES

URL = test_musicbrainz.SPOTIFY_ALBUM
ISRC = "GBUM72000433"
SPOTIFY_ID = test_reccobeats.spotify_id(1)


@dataclass(frozen=True)
class Parser:
    name: str
    good: Any
    read: Callable[[Any], object]


def _scrobbles(body: Any) -> object:
    return lastfm.parse_plays(body, "ann_listens", LATEST)


def _listens(body: Any) -> object:
    return [
        listenbrainz.parse_listens(body, "ann", LATEST, count=1, forward=forward).next_cursor
        for forward in (True, False)
    ]


def _rows(body: Any) -> list[Any]:
    """What the door of iTunes hands on: objects."""
    return [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []


URLS = {"urls": [{"resource": URL, "relations": [{"release": {"id": uuid(21)}, "ended": False}]}]}
PARSERS = (
    Parser("lastfm plays", recent(playing(), scrobble(0), scrobble(1)), _scrobbles),
    Parser("lastfm album", {"album": test_lastfm.ALBUM}, lastfm.parse_album),
    Parser("lastfm tags", {"toptags": {"tag": [{"name": "shoegaze", "count": 100}]}}, lastfm.parse_tags),
    Parser("listenbrainz listens", listens(listen(0), listen(1)), _listens),
    Parser("musicbrainz group", test_musicbrainz.group(score=100), musicbrainz.parse_release_group),
    Parser("musicbrainz release", test_musicbrainz.release(), musicbrainz.parse_release),
    Parser("musicbrainz urls", URLS, lambda body: musicbrainz.parse_urls(body, [URL])),
    Parser(
        "musicbrainz isrc",
        {"recordings": [{**test_musicbrainz.release()["media"][1]["tracks"][0], "releases": [{"title": "x"}]}]},
        lambda body: musicbrainz.parse_isrc(body, ISRC),
    ),
    Parser("coverart pictures", {"images": IMAGES}, coverart.parse_pictures),
    Parser(
        "reccobeats features",
        {"content": [test_reccobeats.row(1)]},
        lambda body: reccobeats.parse_features(body, [SPOTIFY_ID]),
    ),
    Parser("deezer track", test_deezer.track(), lambda body: (deezer.parse_track(body), deezer.parse_tempo(body))),
    Parser("deezer album", test_deezer.album(), deezer.parse_album),
    Parser(
        "itunes album", [test_itunes.collection(), test_itunes.song(1)], lambda body: itunes.parse_album(_rows(body))
    ),
    Parser("itunes albums", [test_itunes.collection()], lambda body: itunes.parse_albums(_rows(body))),
)

SPOTIFY_TRACK = {**play()["track"], "disc_number": 1, "track_number": 2}
SPOTIFY_ALBUM = {
    "id": "0KTj6k94XrH0c6IEMfxeWV",
    "name": "Dreamland",
    "album_type": "album",
    "release_date": "2020-08-06",
    "release_date_precision": "day",
    "total_tracks": 1,
    "genres": ["indie"],
    "external_ids": {"upc": "00602435040677"},
    "images": [{"url": "https://i.scdn.co/image/x", "width": 640}, {"url": "https://i.scdn.co/image/y", "width": 64}],
    "artists": SPOTIFY_TRACK["artists"],
    "tracks": {"items": [SPOTIFY_TRACK], "total": 1},
}
PARSERS += (
    Parser("spotify plays", plays(play(), play()), lambda body: me.page_of(record(body), 50, LATEST)),
    Parser("spotify album", SPOTIFY_ALBUM, lambda body: shapes.album_of(record(body))),
    Parser("spotify track", SPOTIFY_TRACK, lambda body: shapes.track_of(record(body))),
)

STRANGE = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        2**31,
        10**400,
        -(10**400),
        1e308,
        -1e308,
        float("inf"),
        float("nan"),
        0.5,
        "",
        " ",
        "0",
        "-1",
        "NaN",
        "Infinity",
        "1e999",
        "9" * 39,
        "9" * 5000,
        "٣",
        "\x00",
        "\ud800",
        "\ufeff\u202e",
        "x" * 20000,
        "e\u0301" * 3000,
        "http://[",
        "https://archive.org:x/",
        "0000-00-00",
        "true",
        [],
        [[]],
        [None, 7, "x", []],
        {},
        {"#text": {}},
        {"data": 7},
        {"name": ["x"]},
    ]
)
ANYTHING = st.recursive(
    st.one_of(STRANGE, st.integers(), st.floats(), st.text(max_size=8)),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside, itself included."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def damaged(good: Any, damages: list[tuple[int, Any]]) -> Any:
    body = copy.deepcopy(good)
    for number, one in damages:
        strange = copy.deepcopy(one)  # the next damage may be done inside it
        every = list(places(body))
        *path, last = every[number % len(every)] or (None,)
        if last is None:
            return strange
        inside = body
        for key in path:
            inside = inside[key]
        inside[last] = strange
    return body


def must_end_well(read: Callable[[Any], object], body: Any) -> None:
    try:
        value = read(body)
    except ProviderError:
        return
    for name, one in kept(value):
        must_be_fit_to_keep(name, one)


def kept(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every text, number and moment inside, with the name of its field."""
    if is_dataclass(value):
        for field in fields(value):
            yield from kept(getattr(value, field.name), f"{type(value).__name__}.{field.name}")
    elif isinstance(value, dict):
        for one in value.values():
            yield from kept(one, f"{name}[]")
    elif isinstance(value, list | tuple):
        for one in value:
            yield from kept(one, name)
    else:
        yield name, value


LENGTHS = {
    "Play.track": 500,
    "TrackData.title": 500,
    "AlbumData.cover_url": 500,
    "Picture.url": 500,
    "TagData.name": 80,
}
REQUIRED = {
    "Play.track",
    "Play.artist",
    "AlbumData.title",
    "AlbumData.artist_credit",
    "TrackData.title",
    "TrackData.artist_credit",
    "ArtistData.name",
    "TagData.name",
    "FeatureData.asked_id",
}
"""Not blank."""
SMALL = {"TrackData.disc", "TrackData.number"}
"""Fit a small whole number of the database."""


def must_be_fit_to_keep(name: str, value: object) -> None:
    """The columns of the catalogue and of listens take it on every engine."""
    if isinstance(value, str):
        longest = 120 if name.endswith("[]") else LENGTHS.get(name, 500 if "url" in name or "thumb" in name else 300)
        assert len(value) <= longest, name
        assert value.isprintable() or value == clean_line(value), name
        value.encode()
    elif isinstance(value, float):
        assert math.isfinite(value), name
    elif isinstance(value, int):
        assert abs(value) <= (32767 if name in SMALL else 2**31 - 1), name
    else:
        assert value is None or isinstance(value, datetime), name
    assert value or name not in REQUIRED, name


@pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.name)
def test_the_good_answer_is_read(parser):
    assert parser.read(parser.good)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.name)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damages=st.lists(st.tuples(st.integers(0, 10**6), ANYTHING), min_size=1, max_size=3))
def test_a_damaged_answer_ends_in_a_value_or_an_error_of_ours(parser, damages):
    must_end_well(parser.read, damaged(parser.good, damages))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda one: one.name)
def test_every_value_may_be_of_any_shape(parser):
    """Each place once with each strange thing that JSON has, so that luck does not decide what is tried."""
    strange = [
        None,
        True,
        -1,
        10**400,
        float("inf"),
        float("nan"),
        "nan",
        "",
        "x" * 20000,
        "\x00\ud800",
        [],
        [[7]],
        {},
        {"name": {}},
    ]
    for number in range(len(list(places(parser.good)))):
        for one in strange:
            must_end_well(parser.read, damaged(parser.good, [(number, one)]))


BODIES = st.one_of(
    st.binary(max_size=60),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [b"", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 100_000, b'{"error":1e999}', b"NaN", b"9" * 9000]
    ),
    st.sampled_from(["error", "message", "code", "retry_after"]).flatmap(
        lambda key: ANYTHING.map(lambda value: json.dumps({key: value}).encode())
    ),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html", "", "text/javascript; x", ";;", "\x00"]),
        "retry-after": st.sampled_from(
            ["1", "-1", "nan", "inf", "1e999", "x", "", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400]
        ),
        "x-ratelimit-reset-in": st.sampled_from(["1", "-1", "nan", "inf", "x", "9" * 400]),
        "location": st.sampled_from(["", "http://[", "//", "https://archive.org/x", "\x00"]),
    },
)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    status=st.sampled_from([199, 200, 204, 206, 301, 307, 400, 401, 403, 404, 410, 429, 500, 503, 599]),
    headers=HEADERS,
    body=BODIES,
)
def test_a_judge_has_a_judgement_on_anything(name, status, headers, body):
    found = PROVIDERS[name].judge(Call(name, "https://example.org/"), Answer(status, headers, body))
    assert found is None or isinstance(found, ProviderError)
    wait = getattr(found, "retry_after", None)
    assert wait is None or 0 <= wait < 10**7
