"""Who reads what of a review, on every surface: the table of club/selectors/ratings.py.

Four members reviewed the winner: Ann openly, Bea without her name, Dora's was hidden by a moderator,
Finn was banned since. Each left marks that tell what leaked, whatever the page looks like.
"""

from __future__ import annotations

import pytest

from club.models import Rating
from club.selectors.history import club_history
from club.selectors.ratings import ratings_of
from club.services.ratings import hide_review
from sidetrack.actors import Actor
from sidetrack.models import User
from tests.club.reading import crown, make_week, nominate, rate, vote
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

LONG = "It opens quietly. " * 15
OPEN_HEAD, OPEN_TAIL = "It opens quietly.", "UNCUTTAIL"
NAMELESS, HIDDEN, HIDDEN_TRACK, FORMER = "NAMELESSREVIEW", "HIDDENREVIEW", "HIDDENTRACK", "FORMERREVIEW"

PAGES = {
    "home": "/",
    "week page": "/weeks/3/",
    "second page of reviews": "/weeks/3/?page=2",
    "gallery": "/weeks/",
    "album page": "/albums/{album}/",
    "search by review": f"/search/?q={NAMELESS}",
    "search by hidden review": f"/search/?q={HIDDEN}",
    "search by album": "/search/?q=secret",
    "profile of ann": "/people/ann/",
    "profile of bea": "/people/bea/",
    "profile of dora": "/people/dora/",
    "members": "/members/",
    "admin": "/admin/",
    "admin ratings": "/admin/club/rating/",
    "admin votes": "/admin/club/vote/",
}
API = {
    "weeks": "/api/v1/club/weeks",
    "weeks by review": f"/api/v1/club/weeks?search={HIDDEN}",
    "week": "/api/v1/club/weeks/{week}",
    "nominations": "/api/v1/club/weeks/{week}/nominations",
    "votes summary": "/api/v1/club/weeks/{week}/votes/summary",
    "ratings": "/api/v1/club/weeks/{week}/ratings",
    "ratings, anonymized": "/api/v1/club/weeks/{week}/ratings?anonymize=1",
    "ratings summary": "/api/v1/club/weeks/{week}/ratings/summary",
    "album": "/api/v1/music/albums/{album}",
    "search": f"/api/v1/music/search?q={HIDDEN}&type=album",
    "person": "/api/v1/users/{bea}",
}
SURFACES = {**PAGES, **{f"api: {name}": path for name, path in API.items()}}
STRANGERS = ["visitor", "carl", "finn"]
MEMBERS = ["ann", "bea", "dora", "mo"]


@pytest.fixture
def cast(ann, bea, mo, olga, carl):
    dora = make_person("dora", display_name="Dora Doe")
    finn = make_person("finn", display_name="Finn Gone")
    return {"ann": ann, "bea": bea, "mo": mo, "olga": olga, "carl": carl, "dora": dora, "finn": finn, "visitor": None}


@pytest.fixture
def week(cast):
    week = make_week(3)
    nomination = nominate(week, cast["olga"], "Secret Name")
    vote(nomination, cast["bea"])
    crown(week, nomination)
    rate(week, cast["ann"], 9, LONG + OPEN_TAIL)
    User.objects.filter(pk=cast["bea"].pk).update(hide_name_on_reviews=True)
    rate(week, cast["bea"], 8, NAMELESS)
    hidden = rate(week, cast["dora"], 2, HIDDEN, favorite_track=HIDDEN_TRACK)
    hide_review(hidden.pk, by=Actor(user=cast["mo"]), reason="Rude.")
    rate(week, cast["finn"], 7, FORMER)
    User.objects.filter(pk=cast["finn"].pk).update(status="banned")
    for name, person in cast.items():
        if person is not None:
            cast[name] = User.objects.get(pk=person.pk)
    return week


def read(web, cast, week, surface, who):
    path = SURFACES[surface].format(week=week.pk, album=week.winner_album_id, bea=cast["bea"].pk)
    answer = web(cast[who]).get(path)
    assert answer.status_code in (200, 302, 403, 404), answer.status_code
    # What the reader typed is given back to them and is no leak.
    text = answer.content.decode() if answer.status_code == 200 else ""
    return text.replace(f'value="{HIDDEN}"', "").replace(f'value="{NAMELESS}"', "") if "q=" not in path else text


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_reads_first_names_and_cut_reviews_only(web, cast, week, surface, who):
    text = read(web, cast, week, surface, who)
    if surface.startswith(("search", "api: search", "api: weeks by")):
        assert OPEN_HEAD not in text
        assert "/weeks/3/" not in text or surface == "search by album"
        return
    assert OPEN_TAIL not in text
    assert "Arbor" not in text
    assert "Bell" not in text
    assert "Doe" not in text
    assert HIDDEN not in text
    assert HIDDEN_TRACK not in text


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("who", MEMBERS)
def test_a_member_reads_nothing_hidden_and_no_name_kept_off(web, cast, week, surface, who):
    text = read(web, cast, week, surface, who)
    if surface.startswith(("search", "api: search", "api: weeks by")):
        assert OPEN_TAIL not in text
        assert "/weeks/3/" not in text or surface == "search by album"
        return
    if who != "dora" and not (who == "mo" and surface.startswith("admin")):
        assert HIDDEN not in text
        assert HIDDEN_TRACK not in text
    if who != "bea" and surface in ("home", "week page", "album page", "api: ratings", "api: week"):
        assert "Bell" not in text
    if who != "bea" and surface == "profile of bea":
        assert NAMELESS not in text
    if surface == "api: ratings, anonymized" and who != "ann":
        assert "Arbor" not in text


@pytest.mark.parametrize("surface", ["week page", "api: ratings"])
def test_members_read_all_of_a_review_and_its_name(web, cast, week, surface):
    text = read(web, cast, week, surface, "dora")
    assert OPEN_TAIL in text
    assert "Ann Arbor" in text
    assert NAMELESS in text
    assert FORMER in text


@pytest.mark.parametrize("surface", ["week page", "api: ratings"])
def test_visitors_read_the_beginning_under_a_first_name(web, cast, week, surface):
    text = read(web, cast, week, surface, "visitor")
    assert OPEN_HEAD in text
    assert NAMELESS in text
    assert "Ann" in text


def test_the_author_of_a_hidden_review_still_reads_it(web, cast, week):
    assert HIDDEN in read(web, cast, week, "api: ratings", "dora")
    rows = ratings_of(week, cast["dora"])
    assert [row["hidden"] for row in rows if row["own"]] == [True]


def test_a_bot_of_the_club_reads_like_a_member(bot, cast, week):
    text = bot.get(f"/api/v1/club/weeks/{week.pk}/ratings").content.decode()
    assert OPEN_TAIL in text
    assert "Bell" not in text
    assert HIDDEN not in text


def test_a_token_for_something_else_reads_like_a_visitor(api, make_token, cast, week):
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('listens:write')[1]}")
    text = client.get(f"/api/v1/club/weeks/{week.pk}/ratings").content.decode()
    assert OPEN_TAIL not in text
    assert "Arbor" not in text


def test_what_bears_no_name_bears_no_id_and_no_time(cast, week):
    for viewer in (None, cast["ann"]):
        (row,) = [row for row in ratings_of(week, viewer) if row["review"] == NAMELESS]
        assert row["user"] == {"id": None, "name": "A member"}
        assert row["id"] is row["created_at"] is row["updated_at"] is None


def test_a_moderator_gets_the_id_of_a_nameless_review_to_hide_it_and_no_name(cast, week):
    (row,) = [row for row in ratings_of(week, cast["mo"]) if row["review"] == NAMELESS]
    assert row["id"] == Rating.objects.get(review=NAMELESS).pk
    assert row["user"]["id"] is None


def test_nameless_reviews_stand_in_an_order_of_their_own(cast):
    week = make_week(5)
    crown(week, nominate(week, cast["olga"], "Trust"))
    for count in range(12):
        rate(week, make_person(f"quiet{count:02}", hide_name_on_reviews=True), review=f"{count:02}")
    order = [row["review"] for row in ratings_of(week, None)]
    assert order != sorted(order)
    assert order == [row["review"] for row in ratings_of(week, cast["ann"])]


def test_names_can_be_taken_away_for_all_but_oneself(cast, week):
    rows = ratings_of(week, cast["ann"], anonymize=True)
    assert {row["user"]["name"] for row in rows if not row["own"]} == {"A member"}
    assert [row["user"]["name"] for row in rows if row["own"]] == ["Ann Arbor"]


def test_a_profile_tells_no_ratings_of_who_keeps_the_name_off(cast, week):
    assert club_history(cast["bea"], cast["ann"])["ratings"] == []
    assert not club_history(cast["bea"], cast["mo"])["ratings_shown"]
    assert len(club_history(cast["bea"], cast["bea"])["ratings"]) == 1
    assert len(club_history(cast["ann"], cast["bea"])["ratings"]) == 1


@pytest.mark.parametrize("who", STRANGERS)
def test_a_profile_tells_strangers_no_ratings(cast, week, who):
    assert club_history(cast["ann"], cast[who])["ratings"] == []


def test_a_profile_tells_a_hidden_review_to_its_author_alone(cast, week):
    assert club_history(cast["dora"], cast["ann"])["ratings"] == []
    assert club_history(cast["dora"], cast["mo"])["ratings"] == []
    assert club_history(cast["dora"], cast["dora"])["ratings"][0]["hidden"]


def test_a_banned_reviewer_is_a_former_member(cast, week):
    for viewer in (None, cast["ann"]):
        (row,) = [row for row in ratings_of(week, viewer) if row["review"] == FORMER]
        assert row["user"] == {"id": None, "name": "Former member"}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("who", STRANGERS)
def test_a_closed_site_tells_strangers_nothing_of_the_club(web, cast, week, settings, surface, who):
    settings.CLUB_PUBLIC = False
    text = read(web, cast, week, surface, who)
    if surface.startswith(("api: weeks", "api: week", "api: nom", "api: vot", "api: rat")):
        assert text == ""
    assert "Secret Name" not in text or surface == "api: album"
    assert "Ann" not in text
    assert OPEN_HEAD not in text


@pytest.mark.parametrize("path", ["", "/{week}", "/{week}/nominations", "/{week}/votes/summary", "/{week}/ratings"])
def test_a_closed_site_answers_not_found_to_strangers(api, bot, cast, week, settings, path):
    settings.CLUB_PUBLIC = False
    path = "/api/v1/club/weeks" + path.format(week=week.pk)
    assert api(None).get(path).status_code == 404
    assert api(cast["carl"]).get(path).status_code == 404
    assert api(cast["ann"]).get(path).status_code == 200
    assert bot.get(path).status_code == 200


def test_no_answer_says_who_voted_for_what(web, cast, week):
    for surface in SURFACES:
        text = read(web, cast, week, surface, "ann")
        assert "user_id" not in text, surface
        assert "voter_id" not in text, surface
    assert b"first_choice" not in web(None).get(f"/api/v1/club/weeks/{week.pk}").content
