"""The moderators' desk for the club writes through the services and shows nobody's ballot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from club.services.polls import override_winner
from club.services.weeks import change_week
from sidetrack.models import AuditEvent
from tests.club.conftest import MONDAY, as_
from tests.conftest import make_person

WRITES = {"week": {"add", "change"}, "nomination": set(), "rating": set()}


def page(model, name, *args):
    return reverse(f"admin:club_{model._meta.model_name}_{name}", args=args)


def act(browser, obj, name, **data):
    return browser.post(f"{page(type(obj), 'change', obj.pk).removesuffix('change/')}{name}/", data)


def dates(**moments):
    """The admin's split date and time inputs."""
    split = {}
    for name, moment in moments.items():
        split |= {
            f"{name}_0": f"{moment:%Y-%m-%d}" if moment else "",
            f"{name}_1": f"{moment:%H:%M:%S}" if moment else "",
        }
    return split


def week_form(week, **changes):
    values = {"number": week.number, "label": week.label} | {
        key: value for key, value in changes.items() if key in ("number", "label")
    }
    moments = {name: getattr(week, name) for name in ("date_discussion", "nominations_close_at", "votes_close_at")}
    moments |= {key: value for key, value in changes.items() if key in moments}
    inline = {"nominations-TOTAL_FORMS": 0, "nominations-INITIAL_FORMS": 0}
    return values | dates(**moments) | inline


@pytest.fixture
def rating(won, bea, give):
    return give(bea, "4.5", review="Rude words.")


def test_the_desk_writes_what_a_service_stands_behind(rf, mo):
    request = rf.get("/admin/")
    request.user = mo
    desks = {model: desk for model, desk in admin.site._registry.items() if model._meta.app_label == "club"}
    assert {model._meta.model_name for model in desks} == WRITES.keys()
    for model, desk in desks.items():
        may = {name for name in ("add", "change", "delete") if getattr(desk, f"has_{name}_permission")(request)}
        assert may == WRITES[model._meta.model_name]


def test_the_week_page_shows_poll_and_history_in_totals(web, mo, won):
    content = web(mo).get(page(Week, "change", won.pk)).content.decode()
    assert "Loveless by My Bloody Valentine" in content
    assert "First places" in content
    assert "week.close_poll" in content


def test_nobodys_ballot_is_shown_anywhere_at_the_desk(web, mo, won, vote, albums):
    """A voter who did nothing but vote is named on no page."""
    voter = make_person("voter", display_name="Quiet Voter")
    Vote.objects.create(week=won, user=voter, rank=1, nomination=Nomination.objects.first())
    browser = web(mo)
    nomination = Nomination.objects.first()
    addresses = [
        page(Week, "changelist"),
        page(Week, "change", won.pk),
        page(Week, "history", won.pk),
        page(Nomination, "changelist"),
        page(Nomination, "change", nomination.pk),
        reverse("admin:sidetrack_auditevent_changelist"),
        *(reverse("admin:sidetrack_auditevent_change", args=[row.pk]) for row in AuditEvent.objects.all()),
    ]
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "Quiet Voter" not in answer.content.decode(), address
    assert Vote not in admin.site._registry


def test_a_moderator_overrides_with_a_reason(web, mo, won, albums):
    blue = Nomination.objects.get(album=albums[1])
    browser = web(mo)
    form = browser.get(f"/admin/club/week/{won.pk}/override-winner/").content.decode()
    assert "Blue by Joni Mitchell (1 points)" in form
    for wrong in (
        {"nomination_id": blue.pk},
        {"reason": "x"},
        {"nomination_id": 99999, "reason": "x"},
        {"album_id": 99999, "reason": "x"},
        {"nomination_id": blue.pk, "album_id": 1, "reason": "x"},
    ):
        assert act(browser, won, "override-winner", **wrong).status_code == 200
    assert Week.objects.get().winner_album == albums[0]
    assert act(browser, won, "override-winner", nomination_id=blue.pk, reason="Miscounted.").status_code == 302
    assert Week.objects.get().winner_album == albums[1]
    row = AuditEvent.objects.get(verb="week.override_winner")
    assert (row.actor, row.reason) == (mo, "Miscounted.")
    assert act(browser, won, "redecide", reason="It was right.").status_code == 302
    assert Week.objects.get().winner_album == albums[0]
    assert act(browser, won, "override-winner", album_id=albums[3].pk, reason="x").status_code == 302
    assert Week.objects.get().winner_album == albums[3]


def test_a_moderator_closes_and_reopens(web, mo, week, ann, put_forward, vote):
    vote(ann, 1, put_forward(ann, 0))
    browser = web(mo)
    assert act(browser, week, "close-poll").status_code == 302
    assert Week.objects.get().winner_album is not None
    later = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    assert act(browser, week, "reopen", reason="Too soon.", **dates(votes_close_at=MONDAY)).status_code == 200
    assert act(browser, week, "reopen", reason="Too soon.", **dates(votes_close_at=later)).status_code == 302
    reopened = Week.objects.get()
    assert (reopened.winner_album, reopened.votes_close_at) == (None, later)


def test_what_is_offered_follows_the_poll(web, mo, week, won, albums):
    def offered():
        content = web(mo).get(page(Week, "change", week.pk)).content.decode()
        return {name for name in ("close-poll", "override-winner", "redecide", "reopen") if f"/{name}/" in content}

    assert offered() == {"override-winner", "reopen"}
    override_winner(won, by=as_(mo), reason="x", album_id=albums[2].pk)
    assert offered() == {"override-winner", "reopen", "redecide"}
    act(web(mo), week, "reopen", reason="x")
    assert offered() == {"close-poll", "override-winner"}


def test_a_moderator_makes_and_changes_weeks(web, mo, week):
    browser = web(mo)
    made = browser.post(page(Week, "add"), {"number": 8, "label": ""} | dates(date_discussion=MONDAY))
    assert made.status_code == 302
    assert Week.objects.get(number=8).label == "WEEK 008 [2025-11-24]"
    later = MONDAY + timedelta(days=1)
    changed = browser.post(page(Week, "change", week.pk), week_form(week, votes_close_at=later))
    assert changed.status_code == 302
    row = AuditEvent.objects.get(verb="week.change")
    assert (row.actor, row.after) == (mo, {"votes_close_at": later.isoformat()})
    again = browser.post(page(Week, "change", week.pk), week_form(Week.objects.get(pk=week.pk)))
    assert again.status_code == 302
    assert AuditEvent.objects.filter(verb="week.change").count() == 1


def test_a_refusal_is_said_at_its_field(web, mo, week, won):
    browser = web(mo)
    closed = browser.post(page(Week, "change", won.pk), week_form(won, votes_close_at=MONDAY))
    assert closed.context["adminform"].form.errors.keys() == {"votes_close_at"}
    far = browser.post(page(Week, "change", won.pk), week_form(won, date_discussion=MONDAY.replace(year=1970)))
    assert far.context["adminform"].form.errors.keys() == {"date_discussion"}
    assert (
        browser.post(page(Week, "add"), {"number": 0, "label": ""} | dates(date_discussion=MONDAY)).status_code == 200
    )
    assert (
        browser.post(page(Week, "add"), {"number": 3, "label": ""} | dates(date_discussion=MONDAY)).status_code == 200
    )
    assert Week.objects.count() == 1


def test_the_winner_cannot_be_set_past_the_services(web, mo, week, albums):
    forged = week_form(week, label="New") | {
        "winner_album": albums[0].pk,
        "decided_by": "votes",
        "poll_closed_at_0": "2025-01-01",
        "poll_closed_at_1": "00:00:00",
    }
    assert web(mo).post(page(Week, "change", week.pk), forged).status_code == 302
    week.refresh_from_db()
    assert (week.label, week.winner_album, week.poll_closed_at) == ("New", None, None)


def test_a_moderator_hides_and_restores_a_review(web, mo, rating):
    browser = web(mo)
    assert act(browser, rating, "hide").status_code == 200  # why?
    assert act(browser, rating, "hide", reason="Rude.").status_code == 302
    assert Rating.objects.get().hidden_at is not None
    assert "Rude words." in browser.get(page(Rating, "change", rating.pk)).content.decode()
    assert act(browser, rating, "restore").status_code == 302
    assert Rating.objects.get().hidden_at is None
    assert list(AuditEvent.objects.filter(subject=rating.user).values_list("verb", "actor__username")) == [
        ("review.restore", "mo"),
        ("review.hide", "mo"),
    ]


def test_a_moderator_withdraws_a_nomination_while_the_poll_is_open(web, mo, week, ann, put_forward):
    nomination = put_forward(ann, 0)
    answer = act(web(mo), nomination, "withdraw", reason="Not an album.")
    assert answer["Location"] == page(Week, "change", week.pk)
    assert not Nomination.objects.exists()


def test_a_withdrawal_after_the_poll_is_refused_on_the_form(web, mo, won):
    nomination = Nomination.objects.first()
    answer = act(web(mo), nomination, "withdraw", reason="x")
    assert answer.context["form"].non_field_errors() == ["The poll of this week is closed."]


def test_strangers_have_no_business_at_the_desk(web, ann, carl, won, rating):
    nomination = Nomination.objects.first()
    before = (Week.objects.get().version, AuditEvent.objects.count())
    for person in (None, ann, carl):
        browser = web(person)
        asked = [browser.get(page(model, "changelist")) for model in (Week, Nomination, Rating)]
        asked += [browser.get(page(type(obj), "change", obj.pk)) for obj in (won, nomination, rating)]
        asked += [
            act(browser, won, name, reason="x") for name in ("close-poll", "override-winner", "redecide", "reopen")
        ]
        asked += [act(browser, rating, name, reason="x") for name in ("hide", "restore")]
        asked += [act(browser, nomination, "withdraw", reason="x"), browser.post(page(Week, "add"), {})]
        assert {answer.status_code for answer in asked} <= {302, 403}
    assert (Week.objects.get().version, AuditEvent.objects.count()) == before


def test_a_row_that_is_none_is_no_error(web, mo, db):
    for model in ("week", "nomination", "rating"):
        for pk in ("0", "x", "9" * 30):
            assert web(mo).get(f"/admin/club/{model}/{pk}/change/").status_code in (302, 404)


def test_lists_and_the_week_page_ask_the_same_few_questions_however_long(
    web, mo, week, ann, albums, django_assert_max_num_queries
):
    for number in range(20):
        person = make_person(f"p{number}")
        nomination = Nomination.objects.create(week=week, user=person, album=albums[number % 4])
        Vote.objects.create(week=week, user=person, rank=1, nomination=nomination)
        Rating.objects.create(week=week, user=person, album=albums[0], halves=4)
    change_week(week, {"label": "Busy"}, by=as_(mo))
    browser = web(mo)
    for address in (page(Week, "changelist"), page(Nomination, "changelist"), page(Rating, "changelist")):
        with django_assert_max_num_queries(10):
            assert browser.get(address).status_code == 200
    with django_assert_max_num_queries(20):
        assert browser.get(page(Week, "change", week.pk)).status_code == 200
