"""Listens over the API: what is taken, what is refused row by row, who may read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from listening.models import ListenEvent, Track
from sidetrack.models import User

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]

BULK = "/api/v1/listens/bulk"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def listen(n: int = 0, **changes: Any) -> dict[str, Any]:
    started = timezone.now().replace(microsecond=0) - timedelta(hours=2 + n)
    row = {
        "track": f"Track {n}",
        "artist": "Björk",
        "album": "Post",
        "listened_at": started.isoformat(),
        "source": "manual",
    }
    return {**row, **changes}


def post(client: APIClient, rows: Any, user: User | None = None, **body: Any) -> Any:
    named = {"user": {"id": user.pk}} if user else {}
    return client.post(BULK, {**named, "listens": rows, **body})


def test_a_client_stores_listens_and_sending_again_inserts_nothing(bot: APIClient, ann: User) -> None:
    rows = [listen(n) for n in range(3)]
    assert post(bot, rows, ann).json() == {"received": 3, "inserted": 3, "duplicates": 0, "rejected": []}
    assert post(bot, rows, ann).json() == {"received": 3, "inserted": 0, "duplicates": 3, "rejected": []}
    assert ListenEvent.objects.filter(user=ann).count() == 3


def test_an_unknown_discord_id_becomes_a_member_with_listens(bot: APIClient) -> None:
    body = {"user": {"discord_id": "4711", "display_name": "Neu"}, "listens": [listen()]}
    assert bot.post(BULK, body).json()["inserted"] == 1
    assert ListenEvent.objects.get().user.display_name == "Neu"


def test_the_same_listen_with_more_known_is_the_same(bot: APIClient, ann: User) -> None:
    first = listen(listened_at="2026-11-20T12:00:00Z")
    later = {"listened_at": "2026-11-20T13:00:00.000+01:00", "album": None, "ms_played": 1000, "artist": " Björk "}
    again = {**first, **later}
    post(bot, [first], ann)
    assert post(bot, [again], ann).json()["duplicates"] == 1


def test_twice_in_one_request_is_once(bot: APIClient, ann: User) -> None:
    row = listen()
    assert post(bot, [row, row], ann).json() == {"received": 2, "inserted": 1, "duplicates": 1, "rejected": []}


def test_two_tracks_in_the_same_second_are_two(bot: APIClient, ann: User) -> None:
    rows = [listen(track=name, listened_at="2026-11-20T12:00:00Z") for name in ("A", "B")]
    assert post(bot, rows, ann).json()["inserted"] == 2


def test_the_same_track_on_loop_is_counted_each_time(bot: APIClient, ann: User) -> None:
    rows = [listen(track="Loop", listened_at=f"2026-11-20T12:{3 * n:02d}:00Z") for n in range(5)]
    assert post(bot, rows, ann).json()["inserted"] == 5
    assert Track.objects.filter(title="Loop").count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"track": ""}, "missing"),
        ({"track": None}, "missing"),
        ({"track": 7}, "not_text"),
        ({"track": " \u200b "}, "missing"),
        ({"track": "a\x00b"}, "null_characters_not_allowed"),
        ({"track": "x" * 501}, "too_long"),
        ({"artist": ["Björk"]}, "not_text"),
        ({"artist": "x" * 301}, "too_long"),
        ({"album": {"title": "Post"}}, "not_text"),
        ({"listened_at": "1970-01-01T00:00:00Z"}, "too_old"),
        ({"listened_at": "0001-01-01T00:00:00+23:59"}, "not_a_time"),
        ({"listened_at": "9999-12-31T23:59:59-23:59"}, "not_a_time"),
        ({"listened_at": (timezone.now() + timedelta(hours=1)).isoformat()}, "in_the_future"),
        ({"listened_at": "2026-11-20T12:00:00"}, "no_time_zone"),
        ({"listened_at": "20 Nov 2026"}, "not_a_time"),
        ({"listened_at": 1763640000}, "not_a_time"),
        ({"listened_at": None}, "missing"),
        ({"source": "napster"}, "invalid_choice"),
        ({"source": None}, "invalid_choice"),
        ({"source": []}, "invalid_choice"),
        ({"ms_played": -1}, "out_of_range"),
        ({"ms_played": 10**30}, "out_of_range"),
        ({"ms_played": "180000"}, "not_a_number"),
        ({"ms_played": True}, "not_a_number"),
        ({"duration_ms": 25 * 3600 * 1000}, "out_of_range"),
        ({"spotify_id": "nope"}, "invalid"),
        ({"musicbrainz_id": 5}, "invalid"),
        ({"isrc": "X" * 1000}, "invalid"),
    ],
)
def test_a_bad_row_is_answered_by_index_and_the_rest_stored(
    bot: APIClient, ann: User, changes: dict[str, Any], code: str
) -> None:
    answer = post(bot, [listen(0), listen(1, **changes), listen(2)], ann)
    assert answer.status_code == 200
    assert (answer.json()["inserted"], answer.json()["received"]) == (2, 3)
    assert [(row["index"], row["code"]) for row in answer.json()["rejected"]] == [(1, code)]


@pytest.mark.parametrize("row", [None, 5, "x", [], [[]], {}])
def test_a_row_that_is_no_listen_is_rejected(bot: APIClient, ann: User, row: Any) -> None:
    answer = post(bot, [row, listen()], ann).json()
    assert (answer["inserted"], len(answer["rejected"])) == (1, 1)


def test_half_a_character_is_no_text(bot: APIClient, ann: User) -> None:
    body = json.dumps({"user": {"id": ann.pk}, "listens": [listen(0, artist="a\ud800"), listen(1)]})
    answer = bot.generic("POST", BULK, body, content_type="application/json").json()
    assert (answer["inserted"], answer["rejected"][0]["code"]) == (1, "not_unicode")


def test_a_clock_a_little_ahead_is_believed(bot: APIClient, ann: User) -> None:
    ahead = (timezone.now() + timedelta(minutes=9)).isoformat()
    assert post(bot, [listen(listened_at=ahead)], ann).json()["inserted"] == 1


def test_a_thousand_are_taken_and_one_more_is_refused_whole(bot: APIClient, ann: User) -> None:
    rows = [listen(n, track=f"T{n % 30}") for n in range(1001)]
    answer = post(bot, rows, ann)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "listens"
    assert not ListenEvent.objects.exists()
    assert post(bot, rows[:1000], ann).json()["inserted"] == 1000


@pytest.mark.parametrize("rows", [None, "x", {"track": "T"}, 7])
def test_listens_must_be_a_list(bot: APIClient, ann: User, rows: Any) -> None:
    answer = post(bot, rows, ann)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "listens"


def test_no_listens_are_no_error(bot: APIClient, ann: User) -> None:
    assert post(bot, [], ann).json() == {"received": 0, "inserted": 0, "duplicates": 0, "rejected": []}


def test_listens_missing_is_named(bot: APIClient, ann: User) -> None:
    answer = bot.post(BULK, {"user": {"id": ann.pk}})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "listens")


def test_a_body_over_the_limit_is_413(bot: APIClient, ann: User) -> None:
    answer = post(bot, [listen(n, track="x" * 400, note="y" * 4000) for n in range(900)], ann)
    assert answer.status_code == 413
    assert answer.json()["type"] == "client_error"


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "NaN", "[" * 5000, "{", ""])
def test_a_body_that_is_no_object_is_400(bot: APIClient, body: str) -> None:
    answer = bot.generic("POST", BULK, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_token_needs_the_scope_and_a_person(make_token: Any, ann: User, bot: APIClient) -> None:
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('club:write')[1]}")
    assert post(other, [listen()], ann).status_code == 403
    answer = post(bot, [listen()])
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "user")


def test_a_member_posts_for_themself_only(api: Api, ann: User, bea: User) -> None:
    assert post(api(ann), [listen()]).json()["inserted"] == 1
    assert post(api(ann), [listen()], bea).status_code == 403
    assert not ListenEvent.objects.filter(user=bea).exists()


def test_strangers_post_nothing(api: Api, carl: User, bot: APIClient) -> None:
    assert post(api(None), [listen()]).status_code == 401
    assert post(api(carl), [listen()]).status_code == 403
    assert post(bot, [listen()], carl).status_code == 403
    assert not ListenEvent.objects.exists()


# --- reading


def test_recent_listens_page_by_cursor_in_order(api: Api, bot: APIClient, ann: User) -> None:
    same = "2026-11-19T12:00:00Z"
    rows = [listen(n, listened_at=same) for n in range(5)] + [listen(n) for n in range(5, 12)]
    post(bot, rows, ann)
    client, address, seen = api(ann), f"/api/v1/users/{ann.pk}/listens/recent?limit=5", []
    while address:
        page = client.get(address).json()
        seen += page["results"]
        address = page["next"]
    keys = [(row["listened_at"], row["id"]) for row in seen]
    assert len(keys) == 12
    assert keys == sorted(keys, reverse=True)


def test_recent_listens_say_what_was_heard(api: Api, bot: APIClient, ann: User) -> None:
    post(bot, [listen(listened_at="2026-11-20T12:00:00+01:00", ms_played=5000)], ann)
    row = api(ann).get("/api/v1/users/me/listens/recent/").json()["results"][0]
    assert row["listened_at"] == "2026-11-20T11:00:00Z"
    assert (row["track"]["title"], row["track"]["artist"]) == ("Track 0", "Björk")
    assert (row["album"]["title"], row["ms_played"], row["source"]) == ("Post", 5000, "manual")


WRONG = [
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=-1",
    "limit=",
    "cursor=x",
    "cursor=%00",
    "cursor=é",
    "cursor=OS45OS45",
]


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_limit_or_cursor_is_named(api: Api, ann: User, query: str) -> None:
    answer = api(ann).get(f"/api/v1/users/{ann.pk}/listens/recent?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, query.split("=")[0])


def test_recent_listens_take_the_same_queries_for_more_rows(
    api: Api, bot: APIClient, ann: User, django_assert_max_num_queries: Any
) -> None:
    client = api(ann)
    post(bot, [listen(n) for n in range(2)], ann)
    with django_assert_max_num_queries(8) as few:
        client.get(f"/api/v1/users/{ann.pk}/listens/recent?limit=200")
    post(bot, [listen(n, artist=f"A{n}", album=f"B{n}") for n in range(2, 150)], ann)
    with django_assert_max_num_queries(8) as many:
        assert len(client.get(f"/api/v1/users/{ann.pk}/listens/recent?limit=200").json()["results"]) == 150
    assert len(many) == len(few)


def test_a_summary_counts_a_period(api: Api, bot: APIClient, ann: User) -> None:
    def ago(days: int) -> str:
        return (timezone.now() - timedelta(days=days)).isoformat()

    rows = [listen(n, listened_at=ago(n + 1), ms_played=1000) for n in range(3)]
    rows += [listen(n, listened_at=ago(60 + n), artist="Portishead", album="Dummy") for n in range(9)]
    post(bot, rows, ann)
    week = api(ann).get(f"/api/v1/users/{ann.pk}/summary?period=7d").json()
    assert (week["period"], week["listens"], week["ms_played"]) == ("7d", 3, 3000)
    assert [(row["name"], row["listens"]) for row in week["top_artists"]] == [("Björk", 3)]
    everything = api(ann).get(f"/api/v1/users/{ann.pk}/summary?period=all").json()
    assert [(row["name"], row["listens"]) for row in everything["top_artists"]] == [("Portishead", 9), ("Björk", 3)]
    assert [(row["title"], row["listens"]) for row in everything["top_albums"]] == [("Dummy", 9), ("Post", 3)]
    assert everything["top_tracks"][0]["listens"] == 1
    assert everything["computed_at"]


def test_another_period_is_refused(api: Api, ann: User) -> None:
    answer = api(ann).get(f"/api/v1/users/{ann.pk}/summary?period=1d")
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "period")


@pytest.mark.parametrize("what", ["listens/recent", "summary"])
@pytest.mark.parametrize(
    ("visibility", "anonymous", "stranger", "member"),
    [("public", 200, 200, 200), ("members", 404, 404, 200), ("nobody", 404, 404, 404)],
)
def test_listening_is_seen_by_whom_its_owner_chose(
    api: Api, ann: User, bea: User, carl: User, mo: User, bot: APIClient,
    what: str, visibility: str, anonymous: int, stranger: int, member: int,
) -> None:  # fmt: skip
    User.objects.filter(pk=ann.pk).update(visibility=visibility)
    address = f"/api/v1/users/{ann.pk}/{what}"
    assert api(ann).get(address).status_code == 200
    assert api(None).get(address).status_code == anonymous
    assert api(carl).get(address).status_code == stranger
    assert api(bea).get(address).status_code == member
    assert api(mo).get(address).status_code == member
    assert bot.get(address).status_code == anonymous


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 19, "me"])
def test_nobody_there_is_404_or_401(api: Api, pk: str) -> None:
    expected = 401 if pk == "me" else 404
    assert api(None).get(f"/api/v1/users/{pk}/summary").status_code == expected
