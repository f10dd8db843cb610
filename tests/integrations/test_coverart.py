"""The Cover Art Archive: a redirect is the answer, and it never leads out of the archive."""

from __future__ import annotations

import pytest

from integrations.errors import BadAnswer, ComeBackLater, NotThere, Rejected
from integrations.providers import coverart
from tests.integrations.answers import uuid
from tests.integrations.fake_provider import Reply

GROUP = f"/release-group/{uuid(10)}/front-500"


def to(url: str, status: int = 307) -> Reply:
    return Reply(status, "See there", {"Location": url})


def test_the_front_cover_is_where_the_redirect_leads_over_https(there):
    there.on(GROUP, to("http://archive.org/download/mbid-x/mbid-x-1_thumb500.jpg"))
    url = coverart.front_of_release_group(uuid(10))
    assert url == "https://archive.org/download/mbid-x/mbid-x-1_thumb500.jpg"
    assert len(there.requests) == 1, "it is not followed"


def test_a_release_has_one_too_in_other_widths(there):
    there.on(f"/release/{uuid(21)}/front-1200", to("https://ia801.us.archive.org/1.jpg", 302))
    assert coverart.front_of_release(uuid(21), size=1200) == "https://ia801.us.archive.org/1.jpg"
    with pytest.raises(ValueError, match="width"):
        coverart.front_of_release(uuid(21), size=64)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/1.jpg",
        "https://archive.org.evil.example/1.jpg",
        "https://evilarchive.org/1.jpg",
        "https://archive.org@evil.example/1.jpg",
        "https://me:pw@archive.org/1.jpg",
        "http://169.254.169.254/latest/meta-data",
        "https://archive.org:8443/1.jpg",
        "javascript:alert(1)",
        "//evil.example/1.jpg",
        "file:///etc/passwd",
        'https://archive.org/"onerror=alert(1)',
        "https://archive.org/" + "x" * 500,
        "https://[::1/1.jpg",
        "",
    ],
)
def test_a_redirect_out_of_the_archive_is_no_cover(there, url):
    there.on(GROUP, to(url))
    with pytest.raises(BadAnswer):
        coverart.front_of_release_group(uuid(10))
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(404, "<h1>No cover art</h1>", type="text/html"), NotThere),
        (Reply(400, "invalid MBID"), Rejected),
        (Reply(503, "slow"), ComeBackLater),
        (Reply(200, {"images": []}), BadAnswer),
        (Reply(307), BadAnswer),
    ],
)
def test_refusals_have_their_meaning(there, reply, outcome):
    there.on(GROUP, reply)
    with pytest.raises(outcome):
        coverart.front_of_release_group(uuid(10))


IMAGES = [
    {
        "id": 1,
        "front": True,
        "approved": True,
        "types": ["Front", 7, ""],
        "image": "http://coverartarchive.org/release/x/1.jpg",
        "thumbnails": {
            "250": "http://coverartarchive.org/release/x/1-250.jpg",
            "1200": "http://evil.example/1.jpg",
            "small": "",
        },
    },
    {"image": "https://evil.example/2.jpg", "front": True},
    None,
]


def test_the_list_of_pictures_is_followed_within_the_archive(there):
    there.on(f"/release/{uuid(21)}", to(f"{there.url}/download/index.json"))
    there.on("/download/index.json", Reply(200, {"images": IMAGES, "release": "x"}))
    (picture,) = coverart.pictures(uuid(21))
    assert (picture.url, picture.front, picture.approved, picture.types) == (
        "https://coverartarchive.org/release/x/1.jpg",
        True,
        True,
        ("Front",),
    )
    assert picture.thumbnails == {250: "https://coverartarchive.org/release/x/1-250.jpg"}


def test_redirects_in_a_circle_come_to_an_end(there):
    there.on(f"/release/{uuid(21)}", to(f"/release/{uuid(21)}"))
    with pytest.raises(BadAnswer):
        coverart.pictures(uuid(21))
    assert len(there.requests) == 4


@pytest.mark.parametrize("mbid", ["", "x", "../x"])
def test_what_is_no_id_is_not_sent(there, mbid):
    for ask in (coverart.front_of_release_group, coverart.front_of_release, coverart.pictures):
        with pytest.raises(Rejected):
            ask(mbid)
    assert there.requests == []


def test_that_there_is_no_cover_is_a_sign_of_life(there):
    there.on("*", Reply(404))
    coverart.PROVIDER.probe(None)
