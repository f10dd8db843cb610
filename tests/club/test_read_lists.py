from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from club.models import ExternalMessageRef
from club.selectors.history import album_history, club_history
from club.selectors.home import home
from club.selectors.lists import as_rows, gallery, gallery_years, weeks
from tests.club.reading import crown, make_week, nominate, rate, vote
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


def numbers(**filters):
    return [week.number for week in weeks(**filters)]


def won_week(number, user, title, **album):
    week = make_week(number, datetime(2024, 1, number, tzinfo=UTC))
    return crown(week, nominate(week, user, title, **album))


def test_weeks_come_newest_first_or_as_asked():
    for number in (2, 1, 3):
        make_week(number, datetime(2024, 1, 4 - number, tzinfo=UTC))
    assert numbers() == [3, 2, 1]
    assert numbers(ordering="date_discussion") == [3, 2, 1]
    assert numbers(ordering="number") == [1, 2, 3]


def test_weeks_are_chosen_by_date_both_ends_included():
    for number in (1, 2, 3):
        make_week(number, datetime(2024, 1, number, tzinfo=UTC))
    assert numbers(since=datetime(2024, 1, 2, tzinfo=UTC)) == [3, 2]
    assert numbers(since=datetime(2024, 1, 2, tzinfo=UTC), until=datetime(2024, 1, 2, tzinfo=UTC)) == [2]


def test_weeks_are_chosen_by_winner(ann):
    won_week(1, ann, "Trust")
    make_week(2)
    assert numbers(has_winner=True) == [1]
    assert numbers(has_winner=False) == [2]


def test_weeks_are_found_by_number_label_and_winner(ann):
    won_week(1, ann, "Homogenic", artist="Bjork")
    make_week(42, label="The long one")
    assert numbers(search="björk homogenic") == [1]
    assert numbers(search="long") == [42]
    assert numbers(search="42") == [42]
    assert numbers(search="9" * 30) == numbers(search="%") == numbers(search="none such") == []


def test_a_row_carries_winner_counts_and_average(ann, bea):
    week = won_week(1, ann, "Trust")
    ExternalMessageRef.objects.create(week=week, kind="category", external_id="77")
    rate(week, ann, 9), rate(week, bea, 8)
    (row,) = as_rows(weeks())
    assert row["winner"]["title"] == "Trust"
    assert row["external"] == {"category_id": "77"}
    assert (row["nominations_count"], row["ratings_count"], row["average_rating"]) == (1, 2, "4.25")
    assert row["phase"] == "discussing"


def test_the_gallery_shows_winners_by_year(ann):
    won_week(1, ann, "Trust")
    later = make_week(2, datetime(2025, 5, 5, tzinfo=UTC))
    crown(later, nominate(later, ann, "Hey What"))
    make_week(3)
    assert [week.number for week in gallery()] == [2, 1]
    assert [week.number for week in gallery(year=2024)] == [1]
    assert [week.number for week in gallery(search="hey")] == [2]
    assert gallery_years() == [2025, 2024]


@pytest.mark.parametrize("count", [2, 9])
def test_lists_take_as_many_queries_with_many_rows(ann, bea, count, django_assert_num_queries):
    for number in range(1, count + 1):
        week = won_week(number, ann, f"Album {number}", artist=f"Band {number}")
        rate(week, ann), rate(week, bea)
    with django_assert_num_queries(3):
        assert len(as_rows(weeks())) == count
    with django_assert_num_queries(3):
        assert len(club_history(ann, bea)["ratings"]) == count
    album = weeks()[0].winner_album
    with django_assert_num_queries(2):
        album_history(album, bea)
    with django_assert_num_queries(6):
        home(ann)


def test_an_album_tells_where_it_was_nominated_and_how_it_was_rated(ann, bea):
    week = won_week(1, ann, "Trust")
    rate(week, ann, 9), rate(week, bea, 6)
    history = album_history(week.winner_album, None)
    assert history["average"] == "3.75"
    assert history["count"] == 2
    assert history["wins"][0]["week"]["number"] == 1
    assert history["nominations"][0]["won"]
    assert history["nominations"][0]["nominator"]["name"] == "Ann Arbor"


def test_a_person_tells_what_they_nominated_won_and_rated(ann, bea):
    week = won_week(1, ann, "Trust")
    lost = make_week(2)
    nominate(lost, ann, "Drums and Guns")
    rate(week, ann, 9, "Wonderful.", favorite_track="Canada")
    history = club_history(ann, bea)
    assert [row["album"]["title"] for row in history["nominations"]] == ["Drums and Guns", "Trust"]
    assert (history["nominations_count"], history["wins"]) == (2, 1)
    assert history["ratings"][0]["review"] == "Wonderful."
    assert history["ratings"][0]["rating"] == "4.5"


def test_a_rating_of_a_former_winner_is_not_told(ann, bea):
    week = won_week(1, ann, "Trust")
    rate(week, ann, 9)
    crown(week, nominate(week, bea, "Hey What"), "override")
    assert club_history(ann, bea)["ratings"] == []


def test_the_front_page_of_a_new_club_is_empty(ann):
    assert home(ann) == {"current": None, "poll_open": False, "last_winner": None, "to_do": []}


def test_the_front_page_shows_the_week_discussed_next_not_one_planned_or_forgotten(ann):
    now = timezone.now()
    make_week(1, now - timedelta(days=300))
    make_week(2, now + timedelta(days=3))
    make_week(3, now + timedelta(days=10))
    assert home(ann)["current"]["number"] == 2


def test_the_front_page_falls_back_to_the_newest_week(ann):
    won_week(1, ann, "Trust")
    won_week(2, ann, "Hey What")
    shown = home(None)
    assert shown["current"]["number"] == shown["last_winner"]["number"] == 2
    assert not shown["poll_open"]


def todo(person):
    return [(each["action"], each["week"]) for each in home(person)["to_do"]]


def test_a_member_is_told_what_to_do_next(ann, bea):
    won = won_week(1, bea, "Trust")
    week = make_week(2)
    assert todo(ann) == [("nominate", 2), ("rate", 1)]
    first, second = nominate(week, ann, "Drums and Guns"), nominate(week, bea, "Hey What")
    assert todo(ann) == [("vote", 2), ("rate", 1)]
    vote(second, ann)
    assert todo(ann) == [("vote_second", 2), ("rate", 1)]
    vote(first, ann, 2)
    rate(won, ann)
    assert todo(ann) == []


def test_nobody_is_told_to_vote_for_their_own_where_that_is_barred(ann, settings):
    settings.CLUB_VOTE_OWN = False
    nominate(make_week(1), ann, "Trust")
    assert todo(ann) == []


def test_strangers_are_told_nothing_to_do(carl):
    make_week(1)
    assert todo(None) == todo(carl) == []


@pytest.mark.parametrize("who", ["visitor", "carl"])
def test_a_closed_site_tells_strangers_nothing(ann, carl, settings, who):
    week = won_week(1, ann, "Trust")
    rate(week, ann)
    settings.CLUB_PUBLIC = False
    viewer = carl if who == "carl" else None
    assert home(viewer)["current"] is None
    assert album_history(week.winner_album, viewer)["nominations"] == []
    assert club_history(ann, viewer)["nominations"] == []
    assert home(make_person("dora"))["current"] is not None


@pytest.mark.parametrize("words", ["12", "week 12", "Week 012", "#12", " WEEK12 "])
def test_a_week_is_found_by_its_number_however_it_is_written(words):
    make_week(12, label="Twelfth")
    make_week(2, label="Second")
    assert numbers(search=words) == [12]


@pytest.mark.parametrize("words", ["week", "week 99999999999", "#", "12 13", "week \u0661\u0662", "9" * 100])
def test_other_words_with_figures_name_no_week(words):
    make_week(12, label="Twelfth")
    assert numbers(search=words) == []
