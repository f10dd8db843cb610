"""Putting an album forward from its page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from club.models import Nomination, Vote
from club.services.polls import close_poll
from listening.models import Album
from tests.club.conftest import as_
from tests.club.reading import make_week
from tests.club.test_pages import body

pytestmark = pytest.mark.django_db

PAGE = "/weeks/3/nominate/"


def test_an_album_is_written_in_and_hangs_on_the_wall(web, week, ann):
    client = web(ann)
    answer = client.post(
        PAGE,
        {
            "album": "new",
            "title": "Spiderland",
            "artist": "Slint",
            "year": "1991",
            "pitch": "Quiet,\nthen loud.",
            "pitch_track_url": "https://example.com/track",
            "genres": "post-rock, math rock",
            "decade": "1990s",
            "country": "us",
        },
    )
    nomination = Nomination.objects.get()
    assert answer["Location"] == f"/weeks/3/#nomination-{nomination.pk}"
    assert (str(nomination.album), nomination.album.year) == ("Spiderland by Slint", 1991)
    assert nomination.tags == {"genres": ["post-rock", "math rock"], "decade": "1990s", "country": "US"}
    assert "Spiderland is on the wall." in body(client.get("/weeks/3/"))


def test_an_album_of_the_catalogue_is_found_and_chosen(web, week, albums, ann):
    client = web(ann)
    assert "Homogenic" in body(client.get(PAGE, {"q": "bjork"}))
    fragment = body(client.get(f"{PAGE}albums/", {"q": "bjork"}))
    assert "Homogenic" in fragment
    assert "<html" not in fragment
    client.post(PAGE, {"album": str(albums[3].pk), "pitch": "Strings and beats."})
    assert Nomination.objects.get().album == albums[3]
    assert Album.objects.count() == 4


def test_nothing_found_invites_to_write_it_in(web, week, ann):
    assert "Write it in below" in body(web(ann).get(PAGE, {"q": "no such thing"}))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Which album?"),
        ({"artist": " "}, "Who made it?"),
        ({"year": "1066"}, "1860"),
        ({"year": "9" * 30}, "2100"),
        ({"pitch_track_url": "javascript:alert(1)"}, "web address"),
        ({"url": "ftp://example.com"}, "web address"),
        ({"country": "Ireland"}, "2 characters"),
        ({"country": "XX"}, "country"),
        ({"decade": "1990ish"}, "valid choice"),
        ({"pitch": "x" * 4001}, "4000"),
        ({"pitch": "a\x00b"}, "Null characters"),
        ({"album": "9" * 18}, "no album with this id"),
        ({"album": "-1"}, "Choose an album"),
    ],
)
def test_a_refused_nomination_keeps_what_was_typed(web, week, ann, wrong, words):
    text = body(web(ann).post(PAGE, {"title": "T", "artist": "A", "genres": "kept words", **wrong}), 400)
    assert words in text
    assert "kept words" in text
    assert not Nomination.objects.exists()


def test_an_error_stands_at_its_field_and_focus_goes_there(web, week, ann):
    text = body(web(ann).post(PAGE, {"title": "T", "artist": "A", "pitch_track_url": "nope"}), 400)
    field = text[text.index('name="pitch_track_url"') :][:400]
    assert 'aria-invalid="true"' in field
    assert 'id="id_pitch_track_url_error"' in text


def test_a_late_nomination_is_refused_with_what_was_typed(web, week, put_forward, ann, mo):
    put_forward(ann, 0)
    close_poll(week, by=as_(mo))
    text = body(web(ann).post(PAGE, {"title": "Too late", "artist": "A", "pitch": "My words"}), 409)
    assert "is closed" in text
    assert "My words" in text


def test_a_nominator_changes_what_they_said(web, put_forward, ann):
    nomination = put_forward(ann, 0, pitch="First words", tags={"genres": ["noise", "pop"]})
    client = web(ann)
    text = body(client.get(PAGE, {"album": nomination.album_id}))
    assert "First words" in text
    assert "noise, pop" in text
    client.post(PAGE, {"album": nomination.album_id, "pitch": "Better words", "genres": "noise"})
    nomination.refresh_from_db()
    assert (nomination.pitch, nomination.tags) == ("Better words", {"genres": ["noise"]})


def test_somebody_elses_pitch_is_not_put_into_ones_form(web, put_forward, ann, bea):
    nomination = put_forward(ann, 0, pitch="Ann's words")
    assert "Ann's words" not in body(web(bea).get(PAGE, {"album": nomination.album_id}))


def test_an_album_that_was_there_before_comes_with_a_hint(web, put_forward, ann, bea, albums):
    put_forward(ann, 0)
    make_week(4, timezone.now() + timedelta(days=9))
    client = web(bea)
    client.post("/weeks/4/nominate/", {"album": albums[0].pk})
    assert "This album was nominated in week 3." in body(client.get("/weeks/4/"))


def test_withdrawing_says_what_is_lost_and_takes_the_votes_along(web, put_forward, vote, ann, bea):
    nomination = put_forward(ann, 0, pitch="Words")
    vote(bea, 1, nomination)
    client = web(ann)
    address = f"/weeks/3/nominations/{nomination.pk}/withdraw/"
    assert "It takes 1 vote with it" in body(client.get(address))
    assert Nomination.objects.exists()
    assert client.post(address, {"word": "Withdraw "}).status_code == 302
    assert not Nomination.objects.exists()
    assert not Vote.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"word": ""}, {"word": "yes"}, {"word": "withdraw it"}])
def test_withdrawing_takes_the_typed_word(web, put_forward, ann, typed):
    address = f"/weeks/3/nominations/{put_forward(ann, 0).pk}/withdraw/"
    text = body(web(ann).post(address, typed), 400)
    assert "Type the word “withdraw” here." in text
    assert 'aria-invalid="true"' in text
    assert Nomination.objects.exists()


def test_the_nominating_page_says_at_once_when_it_is_too_late(web, week, ann, mo):
    client = web(ann)
    assert "Nominate for week 3" in body(client.get(PAGE))
    week.nominations_close_at = timezone.now() - timedelta(hours=1)
    week.save()
    text = body(client.get(PAGE))
    assert "Nominations are closed" in text
    assert "<textarea" not in text
    close_poll(week, by=as_(mo))
    assert "The poll of week 3 is over." in body(client.get(PAGE))


def test_only_the_nominator_and_moderators_withdraw(web, put_forward, ann, bea, mo, carl):
    address = f"/weeks/3/nominations/{put_forward(ann, 0).pk}/withdraw/"
    for method in ("get", "post"):
        assert getattr(web(None), method)(address).status_code == 302
        assert getattr(web(carl), method)(address).status_code == 403
        assert getattr(web(bea), method)(address).status_code == 403
    assert Nomination.objects.exists()
    assert web(mo).post(address, {"word": "withdraw"}).status_code == 302
    assert not Nomination.objects.exists()


def test_a_nomination_of_another_week_is_not_found(web, put_forward, ann):
    make_week(4)
    nomination = put_forward(ann, 0)
    assert web(ann).post(f"/weeks/4/nominations/{nomination.pk}/withdraw/").status_code == 404
    assert web(ann).get("/weeks/3/nominations/999999999999999999999999/withdraw/").status_code == 404


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}albums/"])
def test_strangers_find_no_form(web, week, carl, address):
    assert web(None).get(address)["Location"].startswith("/accounts/login/")
    assert "A moderator" in body(web(carl).get(address), 403)


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "album=x", "album=99999999999999999999", "q=" + "a" * 5000])
def test_any_query_is_taken(web, week, ann, query):
    body(web(ann).get(f"{PAGE}?{query}"))


def test_typing_too_fast_is_told_to_wait(web, week, ann, settings):
    settings.RATE_LIMIT_SEARCHES = 1
    client = web(ann)
    client.get(f"{PAGE}albums/?q=a")
    text = body(client.get(f"{PAGE}albums/?q=a"), 429)
    assert "too much at once" in text
    assert "<html" not in text
