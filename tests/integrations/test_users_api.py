"""People over HTTP."""

from __future__ import annotations

import pytest

from integrations.models import LinkedAccount
from sidetrack.models import Follow, User
from tests.conftest import make_person

HIDDEN = {"email", "time_zone", "visibility", "links", "hide_name_on_reviews"}


def test_one_reads_all_of_oneself(api, ann):
    LinkedAccount.objects.create(user=ann, provider="discord", external_id="42", external_name="annie")
    answer = api(ann).get("/api/v1/users/me").json()
    assert answer["id"] == ann.pk
    assert answer["username"] == "ann"
    assert answer["display_name"] == "Ann Arbor"
    assert (answer["status"], answer["role"]) == ("member", "member")
    assert (answer["time_zone"], answer["visibility"], answer["email"]) == ("UTC", "members", "ann@example.com")
    assert [link["external_id"] for link in answer["links"]] == ["42"]
    assert answer["created_at"].endswith("Z")
    assert api(ann).get(f"/api/v1/users/{ann.pk}/").json() == answer


def test_others_read_less(api, ann, bea, mo):
    for who in (bea, mo):
        answer = api(who).get(f"/api/v1/users/{ann.pk}").json()
        assert answer["username"] == "ann"
        assert not HIDDEN & answer.keys()


def test_a_visitor_reads_who_is_public(api, ann, carl):
    for who in (None, carl):
        assert api(who).get(f"/api/v1/users/{ann.pk}").status_code == 404
    User.objects.update(visibility="public")
    for who in (None, carl):
        answer = api(who).get(f"/api/v1/users/{ann.pk}")
        assert answer.status_code == 200
        assert not HIDDEN & answer.json().keys()


def test_who_waits_is_seen_by_moderators_and_themselves(api, ann, carl, mo, bot):
    address = f"/api/v1/users/{carl.pk}"
    assert [api(who).get(address).status_code for who in (None, ann, carl, mo)] == [404, 404, 200, 200]
    assert bot.get(address).status_code == 404


def test_a_service_client_reads_members_and_is_nobody(bot, ann):
    answer = bot.get(f"/api/v1/users/{ann.pk}").json()
    assert not HIDDEN & answer.keys()
    assert bot.get("/api/v1/users/me").status_code == 403
    assert bot.get("/api/v1/auth/links").status_code == 403


@pytest.mark.parametrize("address", ["users/me", "auth/links"])
def test_ones_own_needs_a_session(api, db, address):
    assert api(None).get(f"/api/v1/{address}").status_code == 401


@pytest.mark.parametrize(
    "pk", ["0", "99999", str(2**63 - 1), str(2**63), "9" * 20, "9" * 400, "-1", "ann", "1.5", "%00"]
)
@pytest.mark.parametrize("rest", ["", "/followers", "/following"])
def test_an_id_that_is_none_is_not_found(api, mo, pk, rest):
    answer = api(mo).get(f"/api/v1/users/{pk}{rest}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "client_error"


def test_following_twice_is_following_once(api, ann, bea):
    client = api(ann)
    address = f"/api/v1/users/{bea.pk}/follow"
    assert [client.post(address).status_code for _ in range(2)] == [201, 200]
    assert Follow.objects.count() == 1
    assert [client.delete(address).status_code for _ in range(2)] == [204, 204]
    assert not Follow.objects.exists()


def test_who_may_not_follow(api, ann, bea, carl):
    assert api(None).post(f"/api/v1/users/{bea.pk}/follow").status_code == 401
    assert api(carl).post(f"/api/v1/users/{bea.pk}/follow").status_code == 403
    assert api(ann).post(f"/api/v1/users/{carl.pk}/follow").status_code == 404
    assert api(ann).post(f"/api/v1/users/{ann.pk}/follow").status_code == 400
    assert api(ann).post(f"/api/v1/users/{2**63}/follow").status_code == 404
    other = api(ann).post(f"/api/v1/users/{bea.pk}/follow", {"user": {"id": bea.pk}})
    assert other.status_code == 403
    assert not Follow.objects.exists()


def test_a_bot_follows_for_whom_it_names(bot, bea, make_token, api):
    answer = bot.post(f"/api/v1/users/{bea.pk}/follow", {"user": {"discord_id": "77", "display_name": "Dee"}})
    assert answer.status_code == 201
    assert Follow.objects.get().follower.name == "Dee"
    assert bot.post(f"/api/v1/users/{bea.pk}/follow", {}).json()["errors"][0]["attr"] == "user"
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('listens:write')[1]}")
    assert client.post(f"/api/v1/users/{bea.pk}/follow", {"user": {"id": bea.pk}}).status_code == 403


def test_lists_hold_whom_the_viewer_sees(api, ann, bea, mo, carl):
    banned = make_person("bad", status="banned")
    for follower in (ann, mo, banned):
        Follow.objects.create(follower=follower, followed=bea)
    Follow.objects.create(follower=ann, followed=mo)
    answer = api(ann).get(f"/api/v1/users/{bea.pk}/followers").json()
    assert [person["username"] for person in answer["results"]] == ["ann", "mo"]
    assert answer["count"] == 2
    assert answer["results"][0] == {"id": ann.pk, "username": "ann", "display_name": "Ann Arbor"}
    following = api(bea).get(f"/api/v1/users/{ann.pk}/following").json()
    assert [person["username"] for person in following["results"]] == ["bea", "mo"]
    assert api(carl).get(f"/api/v1/users/{bea.pk}/followers").status_code == 404
    User.objects.filter(username__in=["bea", "mo"]).update(visibility="public")
    seen = api(None).get(f"/api/v1/users/{bea.pk}/followers").json()["results"]
    assert [person["username"] for person in seen] == ["mo"]


def test_a_list_pages_and_asks_the_same_few_questions(api, bea, django_assert_max_num_queries):
    for number in range(30):
        Follow.objects.create(follower=make_person(f"fan{number:02}"), followed=bea)
    client = api(bea)
    with django_assert_max_num_queries(5):
        answer = client.get(f"/api/v1/users/{bea.pk}/followers?limit=10&page=2").json()
    assert answer["results"][0]["username"] == "fan10"
    assert answer["next"].endswith("page=3")
    for wrong in ("page=0", "page=99", "page=x", f"page={10**30}", "page=%00"):
        assert client.get(f"/api/v1/users/{bea.pk}/followers?{wrong}").status_code == 404
    for odd in ("limit=0", "limit=-1", "limit=x", f"limit={10**30}"):
        assert client.get(f"/api/v1/users/{bea.pk}/followers?{odd}").status_code == 200


def test_links_are_ones_own(api, ann, bea):
    LinkedAccount.objects.create(user=bea, provider="spotify", external_id="bea")
    assert api(ann).get("/api/v1/auth/links").json() == {"next": None, "previous": None, "results": []}
    assert api(bea).get("/api/v1/auth/links/").json()["results"][0]["provider"] == "spotify"
