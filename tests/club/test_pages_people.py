"""A member's page and the search, as others see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.types import Play
from listening.services.listens import record_plays
from sidetrack.models import User
from tests.club.reading import crown, make_week, nominate, rate
from tests.club.test_pages import body

pytestmark = pytest.mark.django_db


def play(track="Sometimes", days_ago=1, key="", **fields):
    return Play(
        track=track,
        artist="My Bloody Valentine",
        album="Loveless",
        started_at=timezone.now() - timedelta(days=days_ago),
        source_key=key or f"{track}{days_ago}",
        ms_played=200_000,
        duration_ms=None,
        external_ids={},
        **fields,
    )


def set_visibility(person, visibility):
    User.objects.filter(pk=person.pk).update(visibility=visibility)


def test_a_member_page_tells_plays_tops_and_days(web, ann, bea):
    record_plays(ann, [play(), play(days_ago=2), play("Soon", 3)], source="spotify")
    text = body(web(bea).get("/people/ann/"))
    assert "3 plays" in text
    assert "Most played albums" in text
    assert "Plays per day of Ann Arbor" in text
    assert "Heard lately" in text
    assert "Soon" in text


@pytest.mark.parametrize("period", ["7d", "30d", "90d", "365d", "all", "nonsense", "\x00"])
def test_every_period_has_a_tab_and_nonsense_is_the_usual_one(web, ann, period):
    record_plays(ann, [play()], source="spotify")
    text = body(web(ann).get("/people/ann/", {"period": period}))
    assert text.count('aria-current="page"') >= 1
    assert "1 play" in text


@pytest.mark.parametrize(
    ("visibility", "member_reads", "visitor_reads", "visitor_status"),
    [("public", True, True, 200), ("members", True, False, 404), ("nobody", False, False, 404)],
)
def test_listening_is_shown_by_the_members_own_setting(
    web, ann, bea, carl, mo, visibility, member_reads, visitor_reads, visitor_status
):
    record_plays(ann, [play("Secret song")], source="spotify")
    set_visibility(ann, visibility)
    assert ("Secret song" in body(web(bea).get("/people/ann/"))) == member_reads
    assert ("Secret song" in body(web(mo).get("/people/ann/"))) == member_reads
    for stranger in (None, carl):
        assert ("Secret song" in body(web(stranger).get("/people/ann/"), visitor_status)) == visitor_reads
    assert "Secret song" in body(web(ann).get("/people/ann/"))
    if visibility == "nobody":
        assert "Ann keeps their listening to themselves" in body(web(bea).get("/people/ann/"))


def test_a_page_without_plays_says_how_they_come(web, ann, bea):
    assert "/imports/" in body(web(ann).get("/people/ann/"))
    assert "brought no listening history along yet" in body(web(bea).get("/people/ann/"))


def test_a_member_page_leads_to_all_their_listening(web, ann):
    record_plays(ann, [play(f"Song {n:02}", n) for n in range(1, 26)], source="spotify")
    text = body(web(ann).get("/people/ann/?period=all"))
    assert "/people/ann/listening/?period=all#recent" in text


def test_the_pending_see_themselves_and_nobody_else_sees_them(web, ann, carl):
    assert "waiting to be admitted" in body(web(carl).get("/people/carl/"))
    assert web(ann).get("/people/carl/").status_code == 404


def test_a_name_in_other_letters_leads_to_the_page(web, ann, bea):
    answer = web(bea).get("/people/Ann/")
    assert answer.status_code == 302
    assert answer["Location"] == "/people/ann/"


def test_club_history_stands_on_the_page_and_keeps_hidden_names(web, ann, bea):
    week = make_week(5)
    crown(week, nominate(week, ann, "Trust"))
    rate(week, ann, 9, review="My own favourite")
    text = body(web(bea).get("/people/ann/"))
    assert "Trust" in text
    assert "1 win" in text
    assert "My own favourite" in text
    User.objects.filter(pk=ann.pk).update(hide_name_on_reviews=True)
    assert "My own favourite" not in body(web(bea).get("/people/ann/"))


def test_search_finds_albums_weeks_and_people(web, ann, bea):
    week = make_week(5)
    crown(week, nominate(week, ann, "Homogenic", artist="Bjork"))
    text = body(web(bea).get("/search/", {"q": "bjork"}))
    assert "Homogenic" in text
    assert "/weeks/5/" in text
    assert "/people/ann/" in body(web(bea).get("/search/", {"q": "arbor"}))


def test_search_shows_strangers_only_who_chose_to_be_seen(web, ann, bea, carl):
    set_visibility(bea, "public")
    for stranger in (None, carl):
        assert "/people/ann/" not in body(web(stranger).get("/search/", {"q": "ann"}))
        assert "/people/bea/" in body(web(stranger).get("/search/", {"q": "bea"}))


@pytest.mark.parametrize("query", ["", " ", "%00", "%ff", "%%%", "a" * 5000, "'\"<script>", "\\", "%F0%9F%8E%B5"])
def test_any_search_is_answered(web, db, query):
    text = body(web(None).get(f"/search/?q={query}"))
    assert "<script>" not in text


def test_searching_too_often_is_told_to_wait(web, db, settings):
    settings.RATE_LIMIT_SEARCHES = 1
    client = web(None)
    client.get("/search/?q=a")
    answer = client.get("/search/?q=a")
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
