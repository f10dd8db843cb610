from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sidetrack.models import User
from tests.club.reading import crown, make_week, nominate, rate, vote
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(ann, bea):
    """Ann's album won with two points against Bea's one; Ann rated it 4.5."""
    week = make_week(3, datetime(2025, 11, 24, tzinfo=UTC))
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust")
    vote(first, bea), vote(second, bea, 2)
    crown(week, first)
    rate(week, ann, 9, "A hush that fills the room.", favorite_track="Two-Step")
    return week


def test_weeks_are_listed(api, week):
    make_week(4)
    answer = api(None).get("/api/v1/club/weeks").json()
    assert answer["count"] == 2
    assert answer["next"] is answer["previous"] is None
    assert [row["number"] for row in answer["results"]] == [4, 3]
    row = answer["results"][1]
    assert row["label"] == "WEEK 003 [2025-11-24]"
    assert row["date_discussion"] == "2025-11-24T00:00:00Z"
    assert row["winner"]["title"] == "Secret Name"
    assert row["average_rating"] == "4.50"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=2025-11-24&to=2025-11-24", [3]),
        ("from=2025-11-24T00:00:00Z", [3]),
        ("to=2025-11-23T23:59:59Z", []),
        ("from=2025-11-24T02:00:00%2B02:00", [3]),
        ("from=2025-11-24T02:00:00+02:00", [3]),
        ("from=0001-01-01&to=9999-12-31", [3]),
        ("has_winner=true", [3]),
        ("has_winner=0", []),
        ("search=secret", [3]),
        ("search=3", [3]),
        ("search=", [3]),
        ("ordering=number", [3]),
        ("limit=1", [3]),
    ],
)
def test_weeks_are_filtered(api, week, query, found):
    answer = api(None).get(f"/api/v1/club/weeks/?{query}")
    assert [row["number"] for row in answer.json()["results"]] == found


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2025-13-01",
        "to=0001-01-01T00:00:00%2B14:00",
        "to=9999-12-31T23:59:59-14:00",
        "to=2025-11-24%00",
        "has_winner=maybe",
        "ordering=label",
        "ordering=votes__user",
        "search=%00",
        "search=" + "a" * 101,
    ],
)
def test_a_bad_filter_is_refused_by_name(api, week, query):
    answer = api(None).get(f"/api/v1/club/weeks?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == query.split("=")[0]


def test_a_page_that_is_not_there_is_not_found(api, week):
    for page in ("2", "0", "-1", "x", "9" * 5000):
        assert api(None).get(f"/api/v1/club/weeks?page={page}").status_code == 404


def test_a_week_answers_with_all_it_shows(api, week):
    answer = api(None).get(f"/api/v1/club/weeks/{week.pk}").json()
    assert answer["phase"] == "discussing"
    assert [row["album"]["title"] for row in answer["nominations"]] == ["Secret Name", "Trust"]
    assert answer["poll"]["ranking"][0]["points"] == 2
    assert answer["ratings_summary"]["average"] == "4.50"
    assert answer["created_at"].endswith("Z")
    assert "own" not in answer


def test_a_member_gets_their_own_votes_and_rating_beside_it(api, ann, bea, week):
    nominations = api(None).get(f"/api/v1/club/weeks/{week.pk}/nominations").json()["results"]
    ids = [row["id"] for row in nominations]
    path = f"/api/v1/club/weeks/{week.pk}/"
    assert api(bea).get(path).json()["own"] == {"first_choice": ids[0], "second_choice": ids[1], "rating": None}
    assert api(ann).get(path).json()["own"] == {"first_choice": None, "second_choice": None, "rating": "4.5"}


@pytest.mark.parametrize("path", ["", "/nominations", "/votes/summary", "/ratings", "/ratings/summary"])
@pytest.mark.parametrize("pk", [0, 999999, 2**63 - 1, 2**63, 10**18 * 9])
def test_a_week_that_is_not_there_is_not_found(api, db, pk, path):
    assert api(None).get(f"/api/v1/club/weeks/{pk}{path}").status_code == 404


def test_the_summary_says_who_won(api, week):
    answer = api(None).get(f"/api/v1/club/weeks/{week.pk}/votes/summary").json()
    assert list(answer) == [
        "week_id", "total_voters", "total_points", "closed", "ranking", "winner_nomination_id", "tie_break"
    ]  # fmt: skip
    assert answer["winner_nomination_id"] == answer["ranking"][0]["nomination_id"]
    assert answer["ranking"][0]["nominator"]["name"] == "Ann Arbor"


def test_the_ratings_summary_counts_nine_half_steps(api, week):
    answer = api(None).get(f"/api/v1/club/weeks/{week.pk}/ratings/summary").json()
    assert answer["average"] == "4.50"
    assert answer["distribution"] == {f"{step / 2:.1f}": int(step == 9) for step in range(2, 11)}


def test_a_client_that_holds_the_answer_gets_304(api, week):
    client, path = api(None), f"/api/v1/club/weeks/{week.pk}"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert "private" in first["Cache-Control"]
    User.objects.filter(username="ann").update(display_name="Anna")
    changed = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_an_answer_of_a_member_is_not_good_for_another(api, ann, bea, week):
    path = f"/api/v1/club/weeks/{week.pk}"
    tag = api(ann).get(path)["ETag"]
    assert api(bea).get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("people", [1, 11])
def test_answers_take_as_many_queries_with_many_rows(api, week, people, django_assert_num_queries):
    for count in range(people):
        member = make_person(f"member{count}")
        vote(nominate(week, member, f"Album {count}", artist=f"Band {count}"), member)
        rate(week, member, review="Fine.")
    client, path = api(None), f"/api/v1/club/weeks/{week.pk}"
    with django_assert_num_queries(3):
        client.get(path)
    with django_assert_num_queries(1):
        client.get(path)
    for part, queries in {"/nominations": 3, "/votes/summary": 3, "/ratings": 2, "/ratings/summary": 1}.items():
        with django_assert_num_queries(queries):
            client.get(path + part)
    with django_assert_num_queries(4):
        client.get("/api/v1/club/weeks")


def test_a_signed_in_member_costs_the_session_and_the_person_more(api, ann, week, django_assert_num_queries):
    client = api(ann)
    with django_assert_num_queries(3 + 2):
        client.get(f"/api/v1/club/weeks/{week.pk}")
    with django_assert_num_queries(1 + 2):
        client.get(f"/api/v1/club/weeks/{week.pk}")


@pytest.mark.parametrize("people", [1, 11])
def test_the_week_page_takes_four_queries_however_much_is_on_it(web, ann, week, people, django_assert_max_num_queries):
    for count in range(people):
        member = make_person(f"member{count}")
        vote(nominate(week, member, f"Album {count}", artist=f"Band {count}"), member)
        rate(week, member, review="Fine.")
    visitor, member = web(None), web(ann)
    with django_assert_max_num_queries(4):
        visitor.get("/weeks/3/")
    with django_assert_max_num_queries(4 + 2 + 2):  # session and person are the framework's; two: who has played it
        member.get("/weeks/3/")
