"""Home, the wall of winners, the album page: what stands there, and for whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from club.models import Week
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import Actor
from tests.club.reading import crown, make_album, make_week, nominate, rate, vote

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
HUGE = 10**30


def body(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def open_week(number=2):
    return make_week(number, timezone.now() + timedelta(days=3))


def test_a_moderator_of_an_empty_site_reads_how_to_begin(web, mo):
    text = body(web(mo).get("/"))
    assert "The shelves are empty" in text
    assert 'href="/admin/"' in text


def test_a_visitor_of_an_empty_site_reads_what_the_club_is(web):
    text = body(web(None).get("/"))
    assert "The first week has not begun yet" in text
    assert "/accounts/signup/" in text
    assert "desk" not in text


def test_a_member_finds_the_vote_on_the_front_page(web, ann, bea):
    nominate(open_week(), bea, "Trust")
    text = body(web(ann).get("/"))
    assert "Pick your album of the week" in text
    assert 'action="/weeks/2/vote/"' in text
    assert "First choice: Trust" in text


def test_a_visitor_reads_why_to_join_and_finds_no_vote(web, bea):
    nominate(open_week(), bea, "Trust")
    text = body(web(None).get("/"))
    assert "Join the club" in text
    assert "Trust" in text
    assert "/vote/" not in text


def test_a_moderator_reads_at_the_front_what_waits(web, week, carl, mo, ann):
    assert "1 person waits to be admitted" in body(web(mo).get("/"))
    for person in (ann, None):
        assert "waits to be admitted" not in body(web(person).get("/"))
    carl.delete()
    assert "waits to be admitted" not in body(web(mo).get("/"))


def test_after_the_last_week_the_front_says_that_none_is_open(web, ann, mo):
    week = make_week(1, timezone.now() - timedelta(days=90))
    crown(week, nominate(week, ann, "Rumours"))
    assert "has not been opened yet" not in body(web(mo).get("/"))
    Week.objects.update(poll_closed_at=timezone.now() - timedelta(days=80))
    for person in (ann, None):
        text = body(web(person).get("/"))
        assert "the next one has not been opened yet" in text
        assert "/admin/" not in text
    assert "/admin/club/week/add/" in body(web(mo).get("/"))
    make_week(2, timezone.now() + timedelta(days=7))
    assert "has not been opened yet" not in body(web(mo).get("/"))


def test_somebody_waiting_is_told_that_a_moderator_will_let_them_in(web, carl, bea):
    nominate(open_week(), bea, "Trust")
    text = body(web(carl).get("/"))
    assert "A moderator will let you in" in text
    assert "/vote/" not in text
    assert "/nominate/" not in text


def test_the_front_page_asks_for_a_rating_until_it_is_given(web, ann, bea):
    last = make_week(1, timezone.now() - timedelta(days=1))
    crown(last, nominate(last, bea, "Trust"))
    nominate(open_week(), bea, "Hey What")
    assert "Rate it" in body(web(ann).get("/"))
    rate(last, ann)
    assert "Rate it" not in body(web(ann).get("/"))


def test_the_album_being_discussed_can_be_rated_from_the_front_page(web, ann, bea):
    week = make_week(1)
    crown(week, nominate(week, bea, "Trust"))
    assert 'action="/weeks/1/rate/"' in body(web(ann).get("/"))
    assert 'action="/weeks/1/rate/"' not in body(web(None).get("/"))


def test_the_wall_hangs_winners_and_finds_them(web, ann):
    for number, title in ((1, "Trust"), (2, "Hey What")):
        week = make_week(number)
        crown(week, nominate(week, ann, title))
    text = body(web(None).get("/weeks/"))
    assert text.index("Hey What") < text.index("Trust")
    found = body(web(None).get("/weeks/", {"q": "trust"}))
    assert "Trust" in found
    assert "Hey What" not in found
    year = timezone.now().year
    assert "Trust" in body(web(None).get("/weeks/", {"year": year}))


@pytest.mark.parametrize(
    "query", ["q=none", "year=1066", "year=%00", "page=0", "page=99999999999999", "q=%00%ff", "page=x"]
)
def test_the_wall_takes_any_query(web, ann, query):
    week = make_week(1)
    crown(week, nominate(week, ann, "Trust"))
    body(web(None).get(f"/weeks/?{query}"))


def test_an_empty_wall_says_what_will_hang_there(web):
    assert "No winners yet" in body(web(None).get("/weeks/"))


def test_the_wall_is_cut_into_pages(web, ann):
    album = make_album("Trust")
    for number in range(1, 39):
        now = timezone.now()
        make_week(number, winner_album=album, poll_closed_at=now, decided_at=now, decided_by="votes")
    first = body(web(None).get("/weeks/?q=trust"))
    assert "page=2" in first
    assert "q=trust" in first
    assert "Newer weeks" in body(web(None).get("/weeks/?page=2"))


def test_an_album_tells_its_club_history(web, ann, bea):
    week = make_week(7)
    nomination = nominate(week, ann, "Trust", pitch="Slow and low.")
    crown(week, nomination)
    rate(week, bea, 9)
    text = body(web(None).get(f"/albums/{nomination.album_id}/"))
    assert "Won week 7" in text
    assert "4.50" in text
    assert "Slow and low." in text
    assert "open.spotify.com/album/spotify" in text


def test_an_album_links_to_where_its_ids_lead(web, ann):
    ref = AlbumRef(title="Loveless", artist="my bloody valentine", external_ids={"discogs": "master/13814"})
    album, _ = ensure_album(ref, by=Actor(user=ann), source="test")
    assert 'href="https://www.discogs.com/master/13814"' in body(web(None).get(f"/albums/{album.pk}/"))


@pytest.mark.parametrize(
    "address", [f"/albums/{HUGE}/", "/albums/0/", f"/weeks/{HUGE}/", "/weeks/0/", "/people/a%00b/"]
)
def test_what_is_not_there_is_a_kind_404(web, db, address):
    assert "Nothing on this shelf" in body(web(None).get(address), 404)


@override_settings(CLUB_PUBLIC=False)
@pytest.mark.parametrize("address", ["/", "/weeks/", "/weeks/1/", "/albums/1/", "/people/ann/"])
def test_a_closed_club_sends_visitors_to_sign_in_and_tells_the_waiting(web, ann, carl, address):
    week = make_week(1)
    nominate(week, ann, "Trust")
    answer = web(None).get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    text = body(web(carl).get(address), 403)
    assert "A moderator will let you in" in text
    assert "Trust" not in text


def test_pages_carry_no_inline_script_or_style(web, ann, bea):
    week = open_week()
    nomination = nominate(week, bea, "Trust")
    won = make_week(1)
    crown(won, nominate(won, bea, "Hey What"))
    rate(won, ann, review="Good.")
    for address in ("/", "/weeks/", "/weeks/1/", "/weeks/2/", f"/albums/{nomination.album_id}/", "/people/ann/"):
        for person in (None, ann):
            assert not INLINE.search(web(person).get(address).content.decode()), address


def test_the_theme_is_written_by_the_server_and_only_as_one_of_two(web, db):
    client = web(None)
    assert "data-theme=" not in body(client.get("/"))
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in body(client.get("/"))
    client.cookies["theme"] = '"><b>'
    assert "data-theme=" not in body(client.get("/"))


def grown(ann, bea, nominations):
    week = open_week()
    for number in range(nominations):
        vote(nominate(week, ann, f"Title {number}"), bea, 1) if number == 0 else nominate(week, ann, f"Title {number}")
    for number in range(100, 100 + nominations):
        past = make_week(number, timezone.now() - timedelta(days=200))
        crown(past, nominate(past, ann, f"Winner {number}"))
        rate(past, bea)
    return week


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/", 20),
        ("/weeks/", 8),
        ("/weeks/2/", 7),
        ("/people/ann/", 22),
        ("/search/?q=title", 20),
        ("/albums/{album}/", 10),
    ],
)
def test_pages_ask_as_often_however_much_there_is(web, ann, bea, django_assert_max_num_queries, address, most):
    client = web(bea)
    counts = []
    week = grown(ann, bea, 2)
    address = address.format(album=week.nominations.values_list("album_id", flat=True)[0])
    for _ in range(2):
        client.get(address)
        with django_assert_max_num_queries(most) as asked:
            body(client.get(address))
        counts.append(len(asked))
        for number in range(300 + len(counts), 310):
            past = make_week(number * 10 + len(counts), timezone.now() - timedelta(days=300))
            crown(past, nominate(past, ann, f"More {number} {len(counts)}"))
            rate(past, bea)
    assert counts[0] == counts[1]
