from __future__ import annotations

import pytest

from club.models import ExternalMessageRef
from club.selectors.ratings import own_rating, ratings_of
from club.selectors.state import read_week, week_or_404
from club.selectors.week import own_ballot, poll_summary, week_detail
from sidetrack.errors import NotFound
from tests.club.reading import crown, make_week, nominate, rate, vote
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


def test_a_week_is_found_by_id_and_by_number(ann):
    week = make_week(3)
    assert week_or_404(ann, week.pk) == week
    assert week_or_404(None, number=3) == week


@pytest.mark.parametrize("wrong", [0, -1, 2**63, 10**30, 999])
def test_a_week_that_is_not_there_is_not_found(wrong):
    for ask in ({"pk": wrong}, {"number": wrong}):
        with pytest.raises(NotFound):
            read_week(None, **ask)


def test_a_closed_site_shows_its_weeks_to_members_only(ann, carl, settings):
    week = make_week(3)
    settings.CLUB_PUBLIC = False
    assert read_week(ann, week.pk).week == week
    assert read_week(None, week.pk, client=True).week == week
    for stranger in (None, carl):
        with pytest.raises(NotFound):
            read_week(stranger, week.pk)


def test_the_detail_says_all_of_a_week(ann, bea, mo):
    week = make_week(3, label="The third")
    ExternalMessageRef.objects.create(week=week, kind="thread", external_id="123456789012345678")
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust", year=2002)
    vote(first, ann), vote(second, bea), vote(second, ann, 2)
    vote(first, mo)
    crown(week, first)
    rate(week, ann, 9), rate(week, bea, 8)
    shown = week_detail(read_week(None, week.pk))
    assert shown["phase"] == "discussing"
    assert shown["external"] == {"thread_id": "123456789012345678"}
    assert shown["winner"]["title"] == "Secret Name"
    assert [each["album"]["title"] for each in shown["nominations"]] == ["Secret Name", "Trust"]
    assert shown["nominations"][0]["nominator"] == {"id": ann.pk, "name": "Ann Arbor"}
    assert shown["nominations"][0]["is_winner"]
    assert [(each["points"], each["position"]) for each in shown["nominations"]] == [(4, 1), (3, 2)]
    assert shown["poll"]["total_voters"] == 3
    assert shown["poll"]["total_points"] == 7
    assert shown["poll"]["closed"]
    assert shown["poll"]["winner_nomination_id"] == first.pk
    assert shown["ratings_summary"]["average"] == "4.25"
    assert list(shown["ratings_summary"]["distribution"]) == [
        "1.0",
        "1.5",
        "2.0",
        "2.5",
        "3.0",
        "3.5",
        "4.0",
        "4.5",
        "5.0",
    ]
    assert shown["ratings_summary"]["distribution"]["4.5"] == 1


def test_only_ratings_of_the_current_winner_count(ann, bea):
    week = make_week(3)
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust")
    rate(crown(week, first), ann, 2)
    crown(week, second, "override")
    state = read_week(ann, week.pk)
    assert week_detail(state)["ratings_summary"]["count"] == 0
    assert ratings_of(state.week, ann) == []
    assert own_rating(ann, state.week) is None
    rate(week, ann, 10)
    assert week_detail(read_week(ann, week.pk))["ratings_summary"]["average"] == "5.00"


def test_an_album_nobody_nominated_can_be_the_winner(ann, bea):
    week, other = make_week(3), make_week(2)
    vote(nominate(week, ann, "Secret Name"), bea)
    crown(week, nominate(other, bea, "Trust"), "override")
    type(week).objects.filter(pk=week.pk).update(winner_nomination=None)
    shown = week_detail(read_week(None, week.pk))
    assert shown["winner"]["title"] == "Trust"
    assert shown["poll"]["winner_nomination_id"] is None
    assert shown["poll"]["tie_break"] is None


def test_the_summary_of_an_open_poll_names_who_leads(ann, bea):
    week = make_week(3)
    first, second = nominate(week, ann, "Secret Name"), nominate(week, bea, "Trust")
    vote(first, ann), vote(second, bea)
    poll = poll_summary(read_week(None, week.pk))
    assert not poll["closed"]
    assert poll["winner_nomination_id"] == first.pk
    assert poll["tie_break"] == "earliest_nomination"
    assert [rank["position"] for rank in poll["ranking"]] == [1, 1]
    assert all(rank["tied"] for rank in poll["ranking"])


def test_an_empty_week_shows_empty_lists_and_no_numbers():
    shown = week_detail(read_week(None, make_week(3).pk))
    assert shown["nominations"] == shown["poll"]["ranking"] == []
    assert shown["winner"] is None
    assert shown["poll"]["winner_nomination_id"] is None
    assert shown["ratings_summary"]["average"] is None


def test_a_voter_sees_their_own_ballot_and_no_other(ann, bea):
    week = make_week(3)
    nomination = nominate(week, ann, "Secret Name")
    vote(nomination, ann, 2)
    state = read_week(ann, week.pk)
    assert own_ballot(ann, state) == {2: nomination.pk}
    assert own_ballot(bea, state) == own_ballot(None, state) == {}


@pytest.mark.parametrize("change", [{"status": "banned"}, {"is_active": False}])
def test_what_a_former_member_nominated_stays_without_their_name(ann, change):
    week = make_week(3)
    nominate(week, ann, "Secret Name")
    type(ann).objects.filter(pk=ann.pk).update(**change)
    shown = week_detail(read_week(None, week.pk))
    assert shown["nominations"][0]["nominator"] == {"id": None, "name": "Former member"}


@pytest.mark.parametrize("people", [2, 12])
def test_a_week_takes_three_queries_however_much_is_in_it(people, django_assert_num_queries):
    week = make_week(3)
    members = [make_person(f"member{count}") for count in range(people)]
    nominations = [nominate(week, member, f"Album {member}", artist=f"Band {member}") for member in members]
    for member, nomination in zip(members, nominations, strict=True):
        vote(nomination, member)
    crown(week, nominations[0])
    for member in members:
        rate(week, member, review="Fine.")
    with django_assert_num_queries(3):
        week_detail(read_week(members[0], week.pk))
    with django_assert_num_queries(1):
        assert len(ratings_of(week, members[0])) == people
