"""The page and the endpoints of listening in depth: what they say, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from integrations.types import Play
from listening.models import ListenEvent
from listening.services.listens import record_plays
from sidetrack.models import User

pytestmark = pytest.mark.django_db

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]

PAGES = [
    "/people/ann/listening/",
    *(f"/people/ann/listening/{kind}/" for kind in ("artists", "albums", "tracks", "genres")),
]
ENDPOINTS = [
    "summary",
    "listens/recent",
    "listening/clock",
    "listening/days",
    "listening/streaks",
    "listening/firsts",
    *(f"listening/top/{kind}" for kind in ("artists", "albums", "tracks", "genres")),
]


def hear(user: User, *tracks: str, days_ago: float = 1, artist: str = "Low", source: str = "lastfm") -> None:
    at = timezone.now() - timedelta(days=days_ago)
    plays = [
        Play(track, artist, f"Album {artist}", at + timedelta(seconds=n), f"{artist}{at:%Y%m%d%H%M%S}{n}", 60_000)
        for n, track in enumerate(tracks)
    ]
    record_plays(user, plays, source=source)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("visibility", "members_see", "visitors_see"), [("public", 1, 1), ("members", 1, 0), ("nobody", 0, 0)]
)
def test_pages_and_endpoints_keep_to_the_members_own_setting(
    web: Web, api: Api, ann: User, bea: User, mo: User, carl: User, visibility: str, members_see: int, visitors_see: int
) -> None:
    hear(ann, "Secret song")
    User.objects.filter(pk=ann.pk).update(visibility=visibility)
    sees = {None: visitors_see, carl: visitors_see, bea: members_see, mo: members_see, ann: 1}
    for who, allowed in sees.items():
        status = 200 if allowed else 404
        for page in PAGES:
            said = text_of(web(who), page, status)
            assert allowed or "Secret" not in said
        for endpoint in ENDPOINTS:
            answer = api(who).get(f"/api/v1/users/{ann.pk}/{endpoint}")
            assert answer.status_code == status, (who, endpoint)
            assert allowed or b"Secret" not in answer.content


def test_a_setting_changed_counts_at_the_next_look(web: Web, api: Api, ann: User, bea: User) -> None:
    hear(ann, "Secret song")
    assert "Secret song" in text_of(web(bea), PAGES[0])
    User.objects.filter(pk=ann.pk).update(visibility="nobody")
    text_of(web(bea), PAGES[0], 404)
    assert api(bea).get(f"/api/v1/users/{ann.pk}/listening/clock").status_code == 404


def test_a_closed_club_shows_listening_to_members_only(
    web: Web, ann: User, bea: User, carl: User, settings: Any
) -> None:
    settings.CLUB_PUBLIC = False
    hear(ann, "Secret song")
    User.objects.filter(pk=ann.pk).update(visibility="public")
    for stranger in (None, carl):
        text_of(web(stranger), PAGES[0], 404)
    text_of(web(bea), PAGES[0])


def test_a_service_client_reads_no_more_than_a_visitor(bot: APIClient, ann: User) -> None:
    for endpoint in ENDPOINTS:
        assert bot.get(f"/api/v1/users/{ann.pk}/{endpoint}").status_code == 404
        assert bot.get(f"/api/v1/users/me/{endpoint}").status_code == 404


def test_the_page_tells_when_what_and_how_long(web: Web, ann: User, bea: User) -> None:
    hear(ann, "Sunflower", "Sunflower", "Dinosaur Act")
    hear(ann, "Words", days_ago=40, artist="Codeine")
    text = text_of(web(bea), "/people/ann/listening/")
    for words in (
        "3 plays",
        "3 minutes of music",
        "Plays per day of Ann Arbor",
        "Plays of Ann Arbor by hour and weekday",
        "100 % of the plays were of artists new to Ann",
        "First play we know of",
        "<bdi>Words</bdi> by <bdi>Codeine</bdi>",
        "Day after day",
        "200 % more than in the 30 days before.",
    ):
        assert words in " ".join(text.split()), words
    assert "Last.fm" in text
    assert "Delete this play" not in text


def test_only_the_owner_gets_a_menu_with_each_play(web: Web, ann: User) -> None:
    hear(ann, "Sunflower")
    listen = ListenEvent.objects.get()
    text = text_of(web(ann), "/people/ann/listening/")
    assert f"/listening/plays/{listen.pk}/delete/" in text
    assert "Not the same play" not in text
    hear(ann, "Sunflower", days_ago=1.0001, source="spotify")
    ListenEvent.objects.exclude(pk=listen.pk).update(duplicate_of=listen)
    text = text_of(web(ann), "/people/ann/listening/")
    assert "Last.fm and Spotify" in text
    assert "Not the same play" in text


@pytest.mark.parametrize("period", ["today", "week", "month", "year", "7d", "90d", "all", "nonsense", "", "\x00"])
def test_every_period_is_answered_and_nonsense_is_the_usual_one(web: Web, ann: User, period: str) -> None:
    hear(ann, "Sunflower", days_ago=0.001)
    answer = web(ann).get("/people/ann/listening/", {"period": period})
    assert answer.status_code == 200
    assert answer.content.decode().count('aria-current="page"') >= 2


def test_a_range_of_days_is_kept_in_the_form_and_a_wrong_one_is_said_at_the_field(web: Web, ann: User) -> None:
    hear(ann, "Sunflower", days_ago=5)
    day = (timezone.now() - timedelta(days=5)).date().isoformat()
    text = text_of(web(ann), f"/people/ann/listening/?from={day}&to={day}")
    assert f'value="{day}"' in text
    assert "1 play<" in text
    text = text_of(web(ann), "/people/ann/listening/?from=2025-02-01&to=2025-01-01", 400)
    assert "This is before the first day." in text
    assert 'value="2025-02-01"' in text
    text_of(web(ann), "/people/ann/listening/?from=yesterday", 400)
    text_of(web(ann), "/people/ann/listening/?before=nonsense", 400)


def test_an_empty_page_says_what_will_be_here(web: Web, ann: User, bea: User) -> None:
    assert "/imports/" in text_of(web(ann), "/people/ann/listening/")
    assert "brought no listening history along yet" in text_of(web(bea), "/people/ann/listening/")
    hear(ann, "Sunflower", days_ago=400)
    assert "No plays in this time." in text_of(web(ann), "/people/ann/listening/")


def test_plays_and_top_lists_are_reached_page_by_page(web: Web, ann: User) -> None:
    hear(ann, *(f"Song {n:03}" for n in range(130)))
    text = text_of(web(ann), "/people/ann/listening/?period=all")
    assert "More tracks" in text
    cursor = text.split("before=")[1].split("#")[0]
    assert "Song 100" in text_of(web(ann), f"/people/ann/listening/?period=all&before={cursor}").split('id="recent"')[1]
    text = text_of(web(ann), "/people/ann/listening/tracks/?period=all")
    assert text.count('class="figures small"') == 25
    assert "page=2" in text
    last = text_of(web(ann), "/people/ann/listening/tracks/?period=all&page=4")
    assert "100." in last
    assert "page=5" not in last
    for page in ("0", "x", "99", "²", "9" * 50):
        text_of(web(ann), f"/people/ann/listening/tracks/?page={page}")
    text_of(web(ann), "/people/ann/listening/bands/", 404)


def test_a_name_in_other_letters_leads_to_the_page(web: Web, ann: User) -> None:
    assert web(ann).get("/people/Ann/listening/")["Location"] == "/people/ann/listening/"


def test_pages_and_endpoints_take_the_same_queries_for_a_long_history(web: Web, api: Api, ann: User) -> None:
    def asked() -> dict[str, int]:
        found = {}
        for client, addresses in (
            (web(ann), [f"{page}?period={key}" for page in PAGES for key in ("7d", "all")]),
            (api(ann), [f"/api/v1/users/me/{endpoint}" for endpoint in ENDPOINTS]),
        ):
            for address in addresses:
                with CaptureQueriesContext(connection) as counted:
                    assert client.get(address).status_code == 200
                found[address] = len(counted)
        return found

    hear(ann, "Sunflower")
    hear(ann, "Sunflower", days_ago=20)
    hear(ann, "Words", artist="Codeine")
    few = asked()
    for n in range(12):
        hear(ann, *(f"Song {n} {track}" for track in range(10)), artist=f"Artist {n}", days_ago=n + 0.5)
    many = asked()
    assert {address: (few[address], many[address]) for address in few if many[address] > few[address]} == {}
    assert max(many.values()) <= 34, many


def test_the_summary_keeps_its_fields_and_tells_more(api: Api, ann: User) -> None:
    hear(ann, "Sunflower", days_ago=0.0001)
    for period in ("today", "week", "month", "year", "7d", "30d", "90d", "365d", "all"):
        told = api(ann).get(f"/api/v1/users/me/summary?period={period}").json()
        assert (told["period"], told["listens"], told["ms_played"], told["listens_timed"]) == (period, 1, 60_000, 1)
        assert [told[f"top_{what}"][0]["listens"] for what in ("artists", "albums", "tracks")] == [1, 1, 1]
        assert told["computed_at"].endswith("Z")
        assert (told["previous"] is None) == (period == "all")
    assert (
        api(ann).get("/api/v1/users/me/summary?from=2024-01-01&to=2024-01-31").json()["from"] == "2024-01-01T00:00:00Z"
    )


def test_endpoints_tell_clock_days_streaks_and_firsts(api: Api, ann: User) -> None:
    hear(ann, "Sunflower", "Words")
    client, day = api(ann), (timezone.now() - timedelta(days=1))
    told = client.get("/api/v1/users/me/listening/clock").json()
    assert told["listens"] == told["weekdays"][day.weekday()][day.hour] == 2
    told = client.get("/api/v1/users/me/listening/days?period=7d").json()
    assert told["unit"] == "day"
    assert {"date": day.date().isoformat(), "plays": 2} in told["results"]
    assert told["results"][0]["plays"] is None
    assert client.get("/api/v1/users/me/listening/days?period=year&unit=month").json()["unit"] == "month"
    told = client.get("/api/v1/users/me/listening/streaks").json()
    assert told["longest"] == told["current"] == {"days": 1, "first": f"{day:%Y-%m-%d}", "last": f"{day:%Y-%m-%d}"}
    told = client.get("/api/v1/users/me/listening/firsts?period=7d").json()
    assert told["first_play"]["track"]["title"] == "Sunflower"
    assert [row["name"] for row in told["artists"]] == ["Low"]
    assert told["new_share"] == {"new": 2, "listens": 2}


def test_top_lists_go_on_by_offset(api: Api, ann: User) -> None:
    hear(ann, *(f"Song {n}" for n in range(5)), "Song 3")
    client = api(ann)
    address = "/api/v1/users/me/listening/top/tracks?period=7d&limit=2"
    found = []
    while address:
        told = client.get(address).json()
        found += [row["title"] for row in told["results"]]
        address = told["next"]
    assert found == ["Song 3", "Song 0", "Song 1", "Song 2", "Song 4"]
    assert told["previous"].endswith("offset=2")
    assert client.get("/api/v1/users/me/listening/top/bands").status_code == 404


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("period=1d", "period"),
        ("period=", "period"),
        ("period=range", "period"),
        ("period=7d&from=2025-01-01", "period"),
        ("from=x", "from"),
        ("to=2025-02-30", "to"),
        ("from=9999-12-31", "from"),
        ("from=%00", "from"),
        ("from=2025-02-01&to=2025-01-01", "to"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999", "offset"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(api: Api, ann: User, query: str, attr: str) -> None:
    answer = api(ann).get(f"/api/v1/users/me/listening/top/artists?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == attr


def test_an_unknown_unit_is_refused(api: Api, ann: User) -> None:
    assert api(ann).get("/api/v1/users/me/listening/days?unit=hour").json()["errors"][0]["attr"] == "unit"
