"""The week page and what is done on it."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from club.models import Rating, Vote
from club.services.polls import close_poll
from club.services.ratings import hide_review
from listening.models import AlbumTrack, Track
from tests.club.conftest import as_
from tests.club.reading import crown, make_week, nominate, rate
from tests.club.test_pages import body, open_week
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


def test_the_week_shows_pitch_tags_and_track_as_the_nominator_gave_them(web, put_forward, ann):
    put_forward(
        ann,
        0,
        pitch="<b>Loud</b> & clear",
        pitch_track_url="https://example.com/a?b=1&c=2",
        tags={"genres": ["shoegaze"], "decade": "1990s", "country": "IE"},
    )
    text = body(web(None).get("/weeks/3/"))
    assert "&lt;b&gt;Loud&lt;/b&gt; &amp; clear" in text
    assert 'href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener noreferrer ugc"' in text
    for tag in ("shoegaze", "1990s", "IE"):
        assert f"<li>{tag}</li>" in text


def test_a_vote_is_one_press_moves_and_is_taken_back(web, put_forward, ann, bea):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    client = web(bea)
    answer = client.post("/weeks/3/vote/", {"vote": f"{loveless.pk}:1"})
    assert (answer.status_code, answer["Location"]) == (302, "/weeks/3/")
    assert 'aria-pressed="true" aria-label="First choice: Loveless"' in body(client.get("/weeks/3/"))
    client.post("/weeks/3/vote/", {"vote": f"{blue.pk}:1"})
    assert list(Vote.objects.values_list("nomination_id", "rank")) == [(blue.pk, 1)]
    client.post("/weeks/3/vote/", {"vote": f"{blue.pk}:0"})
    assert not Vote.objects.exists()


def test_a_vote_from_the_front_page_returns_there_and_nowhere_else(web, put_forward, ann, bea):
    nomination = put_forward(ann, 0)
    client = web(bea)
    choice = {"vote": f"{nomination.pk}:2"}
    assert client.post("/weeks/3/vote/", {**choice, "back": "home"})["Location"] == "/"
    assert client.post("/weeks/3/vote/", {**choice, "back": "https://evil.example"})["Location"] == "/weeks/3/"


@pytest.mark.parametrize("choice", ["", "1", "x:1", "9999999:1", "1:3", "1:-1", "9" * 40 + ":1", "\x00:1", "٣:1"])
def test_a_vote_that_means_nothing_is_refused_in_words(web, put_forward, ann, choice):
    put_forward(ann, 0)
    text = body(web(ann).post("/weeks/3/vote/", {"vote": choice}), 400)
    assert 'role="alert"' in text
    assert not Vote.objects.exists()


def test_a_late_vote_is_refused_on_the_page_of_the_week(web, won, ann, week):
    nomination = week.nominations.first()
    Vote.objects.all().delete()
    text = body(web(ann).post("/weeks/3/vote/", {"vote": f"{nomination.pk}:1"}), 409)
    assert "The poll of this week is closed." in text
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "address", ["/weeks/3/vote/", "/weeks/3/rate/", "/weeks/3/rating/delete/", "/weeks/3/nominate/"]
)
def test_strangers_write_nothing(web, won, carl, address):
    data = {"vote": "1:1", "rating": "4.5", "title": "A", "artist": "B"}
    before = Vote.objects.count(), Rating.objects.count()
    assert web(None).post(address, data)["Location"].startswith("/accounts/login/")
    assert "A moderator" in body(web(carl).post(address, data), 403)
    assert (Vote.objects.count(), Rating.objects.count()) == before


def test_writes_need_the_token_of_the_form(put_forward, ann, bea):
    nomination = put_forward(ann, 0)
    client = Client(enforce_csrf_checks=True)
    client.force_login(bea, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/weeks/3/vote/", {"vote": f"{nomination.pk}:1"}).status_code == 403
    assert not Vote.objects.exists()


def test_writes_are_posts(web, won, ann):
    for address in ("/weeks/3/vote/", "/weeks/3/rate/"):
        assert web(ann).get(address).status_code == 405


def test_a_rating_is_saved_and_shown_as_ones_own(web, won, bea):
    client = web(bea)
    answer = client.post("/weeks/3/rate/", {"rating": "4.5", "favorite_track": "Sometimes", "review": "Loud."})
    assert answer.status_code == 302
    text = body(client.get("/weeks/3/"))
    assert 'value="4.5" aria-label="4.5 of 5" checked' in text
    assert "You gave 4.5." in text
    assert "Change my rating" in text
    assert "Loud." in text


@pytest.mark.parametrize("rating", ["4.25", "4,5", "0", "5.5", "NaN", "", "1e0", "\x00"])
def test_a_refused_rating_keeps_what_was_typed(web, won, bea, rating):
    text = body(web(bea).post("/weeks/3/rate/", {"rating": rating, "review": "My long thoughts"}), 400)
    assert "My long thoughts" in text
    assert 'aria-invalid="true"' in text
    assert "Choose a rating from 1 to 5" in text
    assert not Rating.objects.exists()


def test_a_week_without_a_winner_takes_no_rating(web, put_forward, ann, bea):
    put_forward(ann, 0)
    text = body(web(bea).post("/weeks/3/rate/", {"rating": "4.0"}), 409)
    assert "no winner to rate yet" in text


def test_taking_a_rating_back_says_first_what_is_lost(web, won, give, bea):
    give(bea, "3.5", review="So loud.")
    client = web(bea)
    text = body(client.get("/weeks/3/rating/delete/"))
    assert "your review is lost" in text
    assert "So loud." in text
    assert Rating.objects.exists()
    assert client.post("/weeks/3/rating/delete/").status_code == 302
    assert not Rating.objects.exists()


def test_a_rating_taken_back_stands_in_the_form_once_more_to_be_undone(web, won, give, bea):
    give(bea, "3.5", review="So loud.")
    client = web(bea)
    client.post("/weeks/3/rating/delete/")
    text = body(client.get("/weeks/3/"))
    assert "save it to undo that" in text
    assert 'value="3.5" aria-label="3.5 of 5" checked' in text
    assert "So loud." in text
    assert "So loud." not in body(client.get("/weeks/3/"))


def test_a_hidden_review_is_on_no_page_but_its_authors(web, won, give, ann, bea, mo):
    rating = give(bea, "1.0", review="Unkind words")
    hide_review(rating.pk, by=as_(mo), reason="unkind")
    for person in (None, ann):
        for address in ("/", "/weeks/3/", "/people/bea/", f"/albums/{rating.album_id}/"):
            assert "Unkind words" not in web(person).get(address).content.decode()
    assert "Unkind words" in body(web(bea).get("/weeks/3/"))


def test_a_visitor_reads_first_names_and_the_start_of_a_review(web, won, give, ann, bea):
    give(bea, "4.0", review="word " * 100 + "the end")
    visitor, member = body(web(None).get("/weeks/3/")), body(web(ann).get("/weeks/3/"))
    reviews = visitor[visitor.index('class="reviews"') :]
    assert "Bell" not in reviews[: reviews.index("</ol>")]
    assert "the end" not in visitor
    assert "the end" in member
    assert "Bea Bell" in member


def test_nobody_reads_from_the_page_who_voted_for_what(web, put_forward, vote, ann, bea, mo):
    vote(bea, 1, put_forward(ann, 0))
    for person in (None, ann, mo):
        assert "Bea" not in body(web(person).get("/weeks/3/"))


def test_a_tie_is_explained_in_words(web, week, put_forward, vote, ann, bea, mo):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(ann, 1, loveless)
    vote(bea, 1, blue)
    assert "It is a tie at the top" in body(web(None).get("/weeks/3/"))
    close_poll(week, by=as_(mo))
    assert "Loveless had been nominated first, and that decided" in body(web(None).get("/weeks/3/"))


def test_a_poll_nobody_voted_in_says_so(web, week, put_forward, ann, mo):
    put_forward(ann, 0)
    close_poll(week, by=as_(mo))
    assert "Nobody voted, so nobody won." in body(web(None).get("/weeks/3/"))


def test_long_pitches_are_cut_until_they_are_opened(web, put_forward, ann):
    nomination = put_forward(ann, 0, pitch="long " * 300 + "end")
    assert "end</p>" not in body(web(None).get("/weeks/3/"))
    assert "end</p>" in body(web(None).get(f"/weeks/3/?pitch={nomination.pk}"))


def test_a_full_week_stays_light_and_shows_its_reviews_in_pages(web, ann):
    week = open_week()
    people = [make_person(f"p{number}", display_name=f"Person {number}") for number in range(60)]
    nominations = [nominate(week, people[number], f"Title {number}", pitch="pitch " * 60) for number in range(30)]
    assert len(web(ann).get("/weeks/2/").content) < 100_000
    assert len(web(ann).get("/").content) < 100_000
    crown(week, nominations[0])
    for person in people:
        rate(week, person, review="thought " * 120)
    first = web(ann).get("/weeks/2/")
    assert len(first.content) < 100_000
    assert b"More reviews" in first.content
    assert b"Earlier reviews" in web(ann).get("/weeks/2/?page=2").content
    assert web(ann).get("/weeks/2/?page=999").status_code == 200


@override_settings(CLUB_VOTE_OWN=False)
def test_where_nobody_votes_for_their_own_the_page_says_so(web, put_forward, ann):
    nomination = put_forward(ann, 0)
    text = body(web(ann).post("/weeks/3/vote/", {"vote": f"{nomination.pk}:1"}), 403)
    assert "nobody votes for their own nomination" in text


def test_a_week_where_nothing_is_nominated_invites_the_first(web, ann, db):
    make_week(5)
    assert "Be the first to nominate" in body(web(ann).get("/weeks/5/"))
    assert "The wall is still bare" in body(web(None).get("/weeks/5/"))


def test_line_ends_are_counted_as_people_count_them(web, won, bea):
    review = "\r\n".join(["x"] * 5000)  # 9,999 characters, 14,998 as sent
    assert web(bea).post("/weeks/3/rate/", {"rating": "4.0", "review": review}).status_code == 302
    assert Rating.objects.get().review.count("\n") == 4999


def test_the_tracks_of_the_winner_are_offered_as_favourites(web, won, week, bea):
    week.refresh_from_db()
    album = week.winner_album
    track = Track.objects.create(title="Only <Shallow>", artist_credit="MBV", folded_title="a", folded_artist="b")
    AlbumTrack.objects.create(album=album, track=track, number=1)
    assert f"/albums/{album.pk}/tracks/" in body(web(bea).get("/weeks/3/"))
    assert '<option value="Only &lt;Shallow&gt;">' in body(web(bea).get(f"/albums/{album.pk}/tracks/"))
    assert web(bea).get("/albums/999999/tracks/").status_code == 404
