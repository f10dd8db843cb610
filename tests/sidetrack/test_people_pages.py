"""The pages of people, and who is kept out."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from sidetrack.actors import Actor
from sidetrack.models import Follow, User
from sidetrack.services import people
from tests.conftest import PASSWORD, make_person

CHOSEN = {
    "display_name": "Ann B.",
    "username": "annb",
    "time_zone": "Europe/Berlin",
    "visibility": "public",
    "hide_name_on_reviews": "on",
}


def test_settings_are_kept(web, ann):
    browser = web(ann)
    assert browser.get("/settings/").status_code == 200
    assert browser.post("/settings/", CHOSEN).status_code == 302
    ann.refresh_from_db()
    assert (ann.name, ann.username, ann.time_zone) == ("Ann B.", "annb", "Europe/Berlin")
    assert (ann.visibility, ann.hide_name_on_reviews) == ("public", True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "bea"),
        ("username", "admin"),
        ("username", ""),
        ("time_zone", "Mars"),
        ("time_zone", "UTC\x00"),
        ("visibility", "all"),
        ("display_name", "x" * 81),
        ("display_name", "a\x00"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_the_rest(web, ann, bea, field, value):
    answer = web(ann).post("/settings/", CHOSEN | {field: value})
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    ann.refresh_from_db()
    assert (ann.username, ann.time_zone, ann.display_name) == ("ann", "UTC", "Ann Arbor")


def test_nobody_changes_anothers_settings_or_role(web, ann, bea):
    forged = CHOSEN | {"id": bea.pk, "user": bea.pk, "role": "owner", "status": "member", "is_staff": "on"}
    web(ann).post("/settings/", forged)
    bea.refresh_from_db()
    ann.refresh_from_db()
    assert bea.username == "bea"
    assert (ann.role, ann.is_staff) == ("member", False)


def test_one_reads_what_was_done_to_oneself_and_not_by_whom(web, ann, bea, mo):
    people.rename(ann, by=Actor(user=mo), display_name="Ann", reason="<b>shouting</b>")
    people.rename(ann, by=Actor(user=ann), display_name="Annie")
    page = web(ann).get("/settings/").content.decode()
    assert page.count("Your name was changed") == 1
    assert "&lt;b&gt;shouting" in page
    assert "Mo Derator" not in page
    assert "Your name was changed" not in web(bea).get("/settings/").content.decode()


def test_who_waits_may_choose_settings_a_visitor_signs_in(web, carl):
    assert web(carl).get("/settings/").status_code == 200
    answer = web(None).get("/settings/")
    assert answer["Location"] == "/accounts/login/?next=/settings/"


def test_members_are_for_members(web, ann, bea, carl):
    make_person("bad", status="banned", display_name="Bad Egg")
    page = web(ann).get("/members/").content.decode()
    assert "Bea Bell" in page
    assert "Bad Egg" not in page
    assert "Carl Stranger" not in page
    assert web(carl).get("/members/").status_code == 403
    assert web(None).get("/members/").status_code == 302


@pytest.mark.parametrize(
    "query", ["q=bea", "q=%00", "q=" + "x" * 500, "page=0", "page=x", "page=9999999999", "q=%25&page=-1"]
)
def test_any_search_of_members_is_answered(web, ann, bea, query):
    assert web(ann).get(f"/members/?{query}").status_code == 200


def test_the_members_page_asks_the_same_few_questions(web, ann, django_assert_max_num_queries):
    browser = web(ann)
    for number in range(30):
        make_person(f"p{number}")
    with django_assert_max_num_queries(7):
        browser.get("/members/")


def test_following_from_a_page(web, ann, bea, carl):
    browser = web(ann)
    assert browser.post("/people/bea/follow/")["Location"] == "/people/bea/"
    browser.post("/people/bea/follow/")
    assert Follow.objects.count() == 1
    assert "You follow Bea" in browser.get("/members/").content.decode()
    assert browser.get("/members/").content.decode().count("you follow") == 1
    assert "you follow" not in web(bea).get("/members/").content.decode()
    browser.post("/people/bea/unfollow/")
    assert "You no longer follow Bea" in browser.get("/members/").content.decode()
    assert not Follow.objects.exists()
    assert browser.get("/people/bea/follow/").status_code == 405
    assert browser.post("/people/carl/follow/").status_code == 404
    assert browser.post("/people/%00/follow/").status_code == 404
    assert web(carl).post("/people/bea/follow/").status_code in (403, 404)
    assert web(None).post("/people/bea/follow/").status_code in (302, 404)


def test_names_are_shown_as_text(web, ann):
    make_person("eve", display_name="<script>alert(1)</script>")
    assert b"<script>alert" not in web(ann).get("/members/").content


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(web, ann, next_):
    answer = web(None).post("/accounts/login/", {"login": "ann", "password": PASSWORD, "next": next_})
    assert answer["Location"] == "/"


def test_anothers_address_cannot_be_taken(web, ann, bea):
    browser = web(ann)
    for action in ("action_add", "action_primary"):
        browser.post("/accounts/email/", {"email": "bea@example.com", action: ""})
    ann.refresh_from_db()
    assert ann.email == "ann@example.com"
    assert User.objects.filter(email="bea@example.com").count() == 1


def test_signing_out_takes_a_post(web, ann):
    browser = web(ann)
    browser.get("/accounts/logout/")
    assert browser.get("/settings/").status_code == 200
    browser.post("/accounts/logout/")
    assert browser.get("/settings/").status_code == 302


ACCOUNT_PAGES = ["login", "signup", "password/reset", "inactive", "confirm-email", "password/reset/done"]


@pytest.mark.parametrize("page", ACCOUNT_PAGES)
def test_pages_of_signing_in_open_for_visitors(web, db, page):
    answer = web(None).get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert b"<script>" not in answer.content
    assert b" style=" not in answer.content


@pytest.mark.parametrize("page", ["email", "password/change", "logout"])
def test_pages_of_ones_account_open_for_oneself(web, ann, carl, page):
    for who in (ann, carl):
        answer = web(who).get(f"/accounts/{page}/")
        assert answer.status_code == 200
        assert b" style=" not in answer.content
    if page != "logout":
        assert web(None).get(f"/accounts/{page}/").status_code == 302


@pytest.mark.parametrize("page", ["login", "signup", "password/reset", "password/reset/key/1-set-password"])
@pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 5000, "ann\u202e", "'; --", "<b>"])
def test_whatever_is_typed_there_is_answered(web, ann, page, value):
    fields = ("login", "password", "email", "username", "password1", "password2", "next")
    answer = web(None).generic(
        "POST",
        f"/accounts/{page}/",
        urlencode(dict.fromkeys(fields, value), errors="surrogatepass"),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code in (200, 302)
    assert User.objects.count() == 1


def test_mail_comes_from_the_club_and_leads_to_the_site(web, ann, mailoutbox, settings):
    browser = web(None)
    answer = browser.post("/accounts/password/reset/", {"email": "ann@example.com"}, follow=True)
    assert "the link for a new password is on its way" in answer.content.decode()
    mail = mailoutbox[0]
    assert mail.subject == f"[{settings.CLUB_NAME}] Choose a new password"
    assert f"Hello from {settings.CLUB_NAME}!" in mail.body
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", mail.body)
    assert link
    assert browser.get(link[1], follow=True).status_code == 200
    browser.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert len(mailoutbox) == 1


def test_an_address_is_confirmed_by_a_link_in_a_mail(web, db, mailoutbox):
    form = {"email": "new@example.com", "username": "newbie", "password1": PASSWORD}
    browser = web(None)
    browser.post("/accounts/signup/", form)
    link = re.search(r"http://\S+(/accounts/confirm-email/\S+)", mailoutbox[0].body)
    assert link
    assert "Is this your address?" in mailoutbox[0].subject
    assert browser.get(link[1], follow=True).status_code == 200
