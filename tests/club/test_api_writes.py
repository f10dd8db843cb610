"""The doors of the API: status, shape, who is refused. The rules behind them are tested with the services."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from club.models import Nomination, Rating, Vote, Week
from club.services.polls import close_poll
from integrations.models import LinkedAccount
from sidetrack.models import AuditEvent, User
from tests.club.conftest import as_

WEEKS = "/api/v1/club/weeks"
WEEK_3 = {"number": 3, "date_discussion": "2025-11-24T20:00:00Z"}
BLUE = {"title": "Blue", "artist": "Joni Mitchell", "year": 1971}
DISCORD_ANN = {"discord_id": "101", "display_name": "Ann D"}
DISCORD_BEA = {"discord_id": "102", "display_name": "Bea D"}


@pytest.fixture
def moderating_bot(make_token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('club:write', 'moderate')[1]}")
    return client


def at(week, *rest) -> str:
    return "/".join([WEEKS, str(week.pk), *map(str, rest)])


def rows():
    return [model.objects.count() for model in (User, Week, Nomination, Vote, Rating, LinkedAccount)]


def refusal(answer):
    errors = answer.json()["errors"]
    return answer.status_code, errors[0]["attr"]


def test_a_bot_runs_a_week_and_a_second_run_changes_nothing(bot):
    def run():
        said = [bot.post(WEEKS, WEEK_3 | {"external": {"category_id": "11", "thread_id": "22"}})]
        week = f"{WEEKS}/{said[0].json()['id']}"
        for who, album in ((DISCORD_ANN, BLUE), (DISCORD_BEA, {"title": "Kid A", "artist": "Radiohead"})):
            said.append(bot.post(f"{week}/nominations", {"user": who, "album": album, "pitch": "Hear it."}))
        said.append(bot.post(f"{week}/votes", {"user": DISCORD_ANN, "rank": 1, "album": BLUE}))
        said.append(bot.post(f"{week}/votes", {"user": DISCORD_BEA, "rank": 1, "nomination_id": said[1].json()["id"]}))
        said.append(bot.post(f"{week}/votes", {"user": DISCORD_BEA, "rank": 2, "nomination_id": said[2].json()["id"]}))
        return said, week

    first, week = run()
    assert {answer.status_code for answer in first} == {201}
    before = bot.get(week).json()
    again, _ = run()
    assert {answer.status_code for answer in again} == {200}
    assert bot.get(week).json() == before
    assert Week.objects.get().version == 6
    assert bot.patch(week, {"close_poll": True}).json()["winner"]["title"] == "Blue"
    ratings = [bot.post(f"{week}/ratings", {"user": DISCORD_BEA, "rating": "4.5", "review": "Yes."}) for _ in range(2)]
    assert [answer.status_code for answer in ratings] == [201, 200]
    assert ratings[0].json() == ratings[1].json()
    summary = bot.get(f"{week}/votes/summary").json()
    assert [(row["position"], row["points"], row["album"]["title"]) for row in summary["ranking"]] == [
        (1, 4, "Blue"),
        (2, 1, "Kid A"),
    ]
    assert rows() == [2, 1, 2, 3, 1, 2]


def test_a_week_answers_with_what_the_contract_names(bot):
    answer = bot.post(f"{WEEKS}/", WEEK_3 | {"external": {"thread_id": "22"}})
    week = answer.json()
    assert answer.status_code == 201
    assert week["label"] == "WEEK 003 [2025-11-24]"
    assert week["date_discussion"] == "2025-11-24T20:00:00Z"
    assert week["phase"] == "nominating"
    assert week["winner"] is None
    assert week["external"] == {"thread_id": "22"}
    assert bot.post(WEEKS, WEEK_3).status_code == 200
    clash = bot.post(WEEKS, WEEK_3 | {"date_discussion": "2025-11-25T20:00:00Z"})
    assert refusal(clash) == (409, "number")


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"number": 0}, "number"),
        ({"number": -1}, "number"),
        ({"number": 2**31}, "number"),
        ({"number": 2**64}, "number"),
        ({"number": True}, "number"),
        ({"number": 1.5}, "number"),
        ({"number": [3]}, "number"),
        ({"number": None}, "number"),
        ({"date_discussion": "soon"}, "date_discussion"),
        ({"date_discussion": 5}, "date_discussion"),
        ({"date_discussion": "1970-01-01T00:00:00Z"}, "date_discussion"),
        ({"date_discussion": "0001-01-01T00:00:00+23:59"}, "date_discussion"),
        ({"date_discussion": "9999-12-31T23:59:59-23:59"}, "date_discussion"),
        ({"date_discussion": None}, "date_discussion"),
        ({"label": "x" * 121}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"label": {"a": 1}}, "label"),
        ({"label": 5}, "label"),
        ({"external": "9"}, "external"),
        ({"external": {"thread_id": "9a"}}, "external.thread_id"),
        ({"external": {"thread_id": "9" * 21}}, "external.thread_id"),
        ({"external": {"guild": "9"}}, "external.guild"),
        ({"nominations_close_at": "2025-11-25T00:00:00Z", "votes_close_at": "2025-11-24T00:00:00Z"},
         "nominations_close_at"),
    ],
)  # fmt: skip
def test_a_wrong_week_is_refused_by_the_name_of_the_field(bot, change, attr):
    for answer in (bot.post(WEEKS, WEEK_3 | change),):
        assert refusal(answer) == (400, attr)
    assert not Week.objects.exists()


def test_the_same_holds_for_changes(bot, week):
    for change in (
        {"number": 0},
        {"label": "a\x00b"},
        {"date_discussion": "1970-01-01"},
        {"winner_nomination_id": 2**63},
    ):
        assert refusal(bot.patch(at(week), change)) == (400, next(iter(change)))
    assert Week.objects.get().version == week.version


@pytest.mark.parametrize(
    ("path", "body", "attr"),
    [
        ("", WEEK_3 | {"label": "\ud800"}, "label"),
        ("", WEEK_3 | {"external": {"\ud800": "1"}}, "external"),
        ("", WEEK_3 | {"date_discussion": "\ud800"}, "date_discussion"),
        ("/{}/nominations", {"user": DISCORD_ANN, "album": BLUE, "pitch": "\ud800"}, "pitch"),
        ("/{}/nominations", {"user": DISCORD_ANN, "album": BLUE | {"title": "\ud800"}}, "album.title"),
        ("/{}/nominations", {"user": DISCORD_ANN, "album": BLUE, "tags": {"genres": ["\ud800"]}}, "tags.genres.0"),
        ("/{}/nominations", {"user": DISCORD_ANN | {"display_name": "\ud800"}, "album": BLUE}, "user.display_name"),
        ("/{}/ratings", {"user": DISCORD_ANN, "rating": "\ud800"}, "rating"),
        ("/{}/ratings", {"user": DISCORD_ANN, "rating": "4.0", "review": "\ud800"}, "review"),
    ],
)
def test_half_a_character_is_refused_by_the_name_of_the_field(bot, week, path, body, attr):
    raw = json.dumps(body).encode()
    answer = bot.generic("POST", WEEKS + path.format(week.pk), raw, content_type="application/json")
    assert refusal(answer) == (400, attr)


@pytest.mark.parametrize("body", ["[]", "null", "3", '"x"', "{", "NaN", '{"number": NaN}', "[" * 5000, "\xff"])
def test_a_body_that_is_no_object_is_refused(bot, week, body):
    for path in (WEEKS, at(week, "nominations"), at(week, "votes"), at(week, "votes", "withdraw"), at(week, "ratings")):
        answer = bot.generic("POST", path, body.encode("latin-1"), content_type="application/json")
        assert answer.status_code == 400, path
    answer = bot.generic("PATCH", at(week), body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400


def test_a_change_answers_with_the_week(bot, week):
    answer = bot.patch(at(week), {"votes_close_at": "2099-01-01T00:00:00Z", "external": {"poll_id": "7"}})
    assert answer.status_code == 200
    assert answer.json()["votes_close_at"] == "2099-01-01T00:00:00Z"
    assert answer.json()["external"] == {"poll_id": "7"}
    assert bot.patch(at(week), {"votes_close_at": None}).json()["votes_close_at"] is None


def test_closing_and_naming_another_winner_than_the_votes(bot, moderating_bot, week, ann, bea, mo, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, blue)
    assert bot.patch(at(week), {"winner_nomination_id": loveless.pk}).status_code == 403
    assert bot.patch(at(week), {"winner_nomination_id": blue.pk}).json()["winner"]["title"] == "Blue"
    closed = bot.patch(at(week), {"close_poll": True})
    assert closed.json()["winner_nomination_id"] == blue.pk
    other = moderating_bot.patch(at(week), {"winner_nomination_id": loveless.pk, "user": {"id": mo.pk}})
    assert other.json()["winner"]["title"] == "Loveless"
    assert AuditEvent.objects.get(verb="week.override_winner").actor == mo


def test_a_refused_decision_undoes_the_rest_of_the_change(bot, week, ann, bea, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, blue)
    assert bot.patch(at(week), {"label": "New", "winner_nomination_id": loveless.pk}).status_code == 403
    assert Week.objects.get().label == week.label


def test_a_nomination_answers_created_then_updated_with_warnings(bot, week):
    body = {"user": DISCORD_ANN, "album": BLUE, "pitch": "<i>Sad</i>", "pitch_track_url": "https://example.com/x",
            "tags": {"genres": ["folk"], "decade": "1970s", "country": "CA"},
            "message": {"channel_id": "5", "message_id": "6"}}  # fmt: skip
    created = bot.post(at(week, "nominations"), body)
    assert created.status_code == 201
    assert created.json()["album"]["title"] == "Blue"
    assert created.json()["nominator"]["name"] == "Ann D"
    assert created.json()["pitch"] == "<i>Sad</i>"
    assert created.json()["tags"] == {"genres": ["folk"], "decade": "1970s", "country": "CA"}
    assert created.json()["warnings"] == []
    updated = bot.post(at(week, "nominations") + "/", body | {"pitch": "Sadder"})
    assert (updated.status_code, updated.json()["pitch"]) == (200, "Sadder")
    assert updated.json()["id"] == created.json()["id"]
    assert [row["id"] for row in bot.get(at(week, "nominations")).json()["results"]] == [created.json()["id"]]


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"user": None}, "user"),
        ({"user": {}}, "user"),
        ({"user": {"id": 2**64}}, "user.id"),
        ({"user": {"id": 999999}}, "user.id"),
        ({"user": {"discord_id": "x"}}, "user.discord_id"),
        ({"user": "ann"}, "user"),
        ({"album": None}, "album"),
        ({"album": {}}, "album"),
        ({"album": []}, "album"),
        ({"album": {"id": 999999}}, "album.id"),
        ({"album": {"id": 2**63}}, "album.id"),
        ({"album": {"title": "Blue"}}, "album.artist"),
        ({"album": BLUE | {"year": 99999}}, "album.year"),
        ({"album": BLUE | {"cover_url": "javascript:x"}}, "album.cover_url"),
        ({"pitch": 5}, "pitch"),
        ({"pitch": "x" * 4001}, "pitch"),
        ({"pitch": "\x00"}, "pitch"),
        ({"pitch_track_url": "javascript:alert(1)"}, "pitch_track_url"),
        ({"pitch_track_url": "https://[::1"}, "pitch_track_url"),
        ({"tags": []}, "tags"),
        ({"tags": {"genres": "folk"}}, "tags.genres"),
        ({"tags": {"genres": ["x"] * 11}}, "tags.genres"),
        ({"tags": {"decade": "soon"}}, "tags.decade"),
        ({"tags": {"country": "ZZZ"}}, "tags.country"),
        ({"message": {"message_id": "x"}}, "message.message_id"),
        ({"message": "5"}, "message"),
    ],
)
def test_a_wrong_nomination_is_refused_and_nothing_is_stored(bot, week, change, attr):
    before = rows()
    answer = bot.post(at(week, "nominations"), {"user": DISCORD_ANN, "album": BLUE} | change)
    assert refusal(answer) == (400, attr)
    assert rows() == before


def test_a_nomination_refused_for_its_time_leaves_no_person_and_no_album(bot, week, mo):
    close_poll(week, by=as_(mo))
    before = rows()
    assert bot.post(at(week, "nominations"), {"user": DISCORD_ANN, "album": BLUE}).status_code == 409
    assert rows() == before


def test_withdrawing_through_the_api(bot, api, week, ann, bea, put_forward):
    first, second, third = (put_forward(ann, which) for which in range(3))
    assert api(bea).delete(at(week, "nominations", first.pk)).status_code == 403
    assert api(ann).delete(at(week, "nominations", first.pk)).status_code == 204
    assert api(ann).delete(at(week, "nominations", first.pk)).status_code == 404
    assert bot.delete(at(week, "nominations", second.pk), {"user": {"id": bea.pk}}).status_code == 403
    assert bot.delete(at(week, "nominations", second.pk), {"user": {"id": ann.pk}}).status_code == 204
    assert bot.delete(at(week, "nominations", third.pk)).status_code == 204
    assert AuditEvent.objects.filter(verb="nomination.withdraw", actor=ann).count() == 3


def test_votes_are_set_moved_and_taken_back(bot, week, ann, bea, put_forward):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    user = {"id": bea.pk}
    first = bot.post(at(week, "votes"), {"user": user, "rank": 1, "nomination_id": loveless.pk})
    assert first.status_code == 201
    assert (first.json()["rank"], first.json()["nomination_id"]) == (1, loveless.pk)
    assert bot.post(at(week, "votes"), {"user": user, "rank": 1, "nomination_id": blue.pk}).status_code == 200
    assert bot.post(at(week, "votes"), {"user": user, "rank": 2, "nomination_id": blue.pk}).status_code == 201
    assert list(Vote.objects.values_list("rank", "nomination_id")) == [(2, blue.pk)]
    for withdrawn in (True, False):
        answer = bot.post(at(week, "votes", "withdraw"), {"user": user, "rank": 2})
        assert (answer.status_code, answer.json()["withdrawn"]) == (200, withdrawn)
    assert not Vote.objects.exists()


def test_a_voters_answer_says_nothing_of_their_other_vote(bot, week, ann, bea, put_forward, vote):
    loveless, blue = put_forward(ann, 0), put_forward(ann, 1)
    vote(bea, 1, blue)
    answer = bot.post(at(week, "votes"), {"user": {"id": bea.pk}, "rank": 2, "nomination_id": loveless.pk})
    assert answer.json().keys() == {"week_id", "user_id", "rank", "nomination_id", "created_at", "updated_at"}


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"rank": 0}, "rank"),
        ({"rank": 3}, "rank"),
        ({"rank": "first"}, "rank"),
        ({"rank": None}, "rank"),
        ({"rank": True}, "rank"),
        ({"nomination_id": 999999}, "nomination_id"),
        ({"nomination_id": 2**63}, "nomination_id"),
        ({"nomination_id": None}, "nomination_id"),
        ({"nomination_id": "x"}, "nomination_id"),
        ({"album": BLUE}, "nomination_id"),
        ({"nomination_id": None, "album": BLUE}, "album"),
        ({"nomination_id": None, "album": "Blue"}, "album"),
        ({"user": None}, "user"),
    ],
)
def test_a_wrong_vote_is_refused_and_nothing_is_stored(bot, week, ann, put_forward, change, attr):
    nomination = put_forward(ann, 0)
    before = rows()
    body = {"user": DISCORD_BEA, "rank": 1, "nomination_id": nomination.pk} | change
    assert refusal(bot.post(at(week, "votes"), body)) == (400, attr)
    assert rows() == before


def test_a_vote_after_the_close_is_a_conflict(bot, won):
    body = {"user": DISCORD_BEA, "rank": 1, "nomination_id": won.winner_nomination_id}
    assert bot.post(at(won, "votes"), body).status_code == 409
    assert bot.post(at(won, "votes", "withdraw"), {"user": DISCORD_BEA, "rank": 1}).status_code == 409


@pytest.mark.parametrize("rating", [4.25, "4,5", 0, "0.5", 5.5, "NaN", True, None, [], {}, "", 10**30])
def test_a_wrong_rating_is_refused_and_nothing_is_stored(bot, won, rating):
    before = rows()
    assert refusal(bot.post(at(won, "ratings"), {"user": DISCORD_ANN, "rating": rating})) == (400, "rating")
    assert rows() == before


def test_numbers_json_does_not_know_are_refused(bot, won):
    for raw in (b'{"user": {"discord_id": "101"}, "rating": 1e999}', b'{"user": {"discord_id": "101"}, "rating": NaN}'):
        answer = bot.generic("POST", at(won, "ratings"), raw, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.parametrize("rating", ["4.5", 4.5, "4.50"])
def test_a_rating_is_taken_as_text_or_number(bot, won, rating):
    answer = bot.post(at(won, "ratings"), {"user": DISCORD_ANN, "rating": rating})
    assert (answer.status_code, answer.json()["rating"]) == (201, "4.5")


def test_there_is_no_rating_before_a_winner(bot, week):
    before = rows()
    assert bot.post(at(week, "ratings"), {"user": DISCORD_ANN, "rating": "4.5"}).status_code == 409
    assert rows() == before


def test_a_member_rates_in_their_session_and_takes_it_back(api, won, ann, bea):
    mine = api(ann).post(at(won, "ratings"), {"rating": "4.5", "favorite_track": "Sometimes", "review": "Oh."})
    assert mine.status_code == 201
    assert mine.json()["user_id"] == ann.pk
    other = api(ann).post(at(won, "ratings"), {"rating": "1.0", "user": {"id": bea.pk}})
    assert other.status_code == 403
    assert api(bea).delete(at(won, "ratings")).status_code == 204
    assert Rating.objects.count() == 1
    assert api(ann).delete(at(won, "ratings")).status_code == 204
    assert not Rating.objects.exists()


def writes(week, nomination, rating, album):
    """Every write: method, address, a body that is right."""
    return [
        ("post", WEEKS, {"number": 77, "date_discussion": "2026-01-01T00:00:00Z"}, "runs"),
        ("patch", at(week), {"label": "Mine"}, "runs"),
        ("patch", at(week), {"close_poll": True}, "runs"),
        ("post", at(week, "nominations"), {"album": BLUE}, "member"),
        ("delete", at(week, "nominations", nomination.pk), {}, "member"),
        ("post", at(week, "votes"), {"rank": 1, "nomination_id": nomination.pk}, "member"),
        ("post", at(week, "votes", "withdraw"), {"rank": 1}, "member"),
        ("post", at(week, "ratings"), {"rating": "4.0"}, "member"),
        ("delete", at(week, "ratings"), {}, "member"),
        ("post", f"/api/v1/admin/weeks/{week.pk}/override-winner", {"album_id": album.pk, "reason": "x"}, "moderator"),
        ("delete", f"/api/v1/admin/reviews/{rating.pk}", {"reason": "x"}, "moderator"),
        ("post", f"/api/v1/admin/reviews/{rating.pk}/restore", {}, "moderator"),
    ]


@pytest.fixture
def every_write(won, ann, give, albums):
    rating = give(ann, "4.5", review="Oh.")
    return writes(won, Nomination.objects.first(), rating, albums[2])


def state():
    return [list(model.objects.order_by("pk").values()) for model in (Week, Nomination, Vote, Rating)]


def test_visitors_are_told_to_sign_in(api, every_write):
    before = state()
    for method, path, body, _ in every_write:
        assert getattr(api(None), method)(path, body).status_code == 401, path
    assert state() == before


def test_strangers_and_the_banned_are_refused_everywhere(api, every_write, carl, bea):
    User.objects.filter(pk=bea.pk).update(status="banned")
    before = state()
    for person in (carl, User.objects.get(pk=bea.pk)):
        for method, path, body, _ in every_write:
            assert getattr(api(person), method)(path, body).status_code in (401, 403), path
    assert state() == before


def test_a_closed_club_is_not_there_for_strangers(api, every_write, carl, settings):
    settings.CLUB_PUBLIC = False
    for method, path, body, _ in every_write:
        assert getattr(api(carl), method)(path, body).status_code == 404, path


def test_members_neither_run_the_club_nor_moderate(api, every_write, bea):
    before = state()
    for method, path, body, needs in every_write:
        if needs != "member":
            assert getattr(api(bea), method)(path, body).status_code == 403, path
    assert state() == before


def test_a_token_without_the_scope_is_refused(every_write, make_token, mo):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token('listens:write')[1]}")
    before = state()
    for method, path, body, _ in every_write:
        assert getattr(client, method)(path, body | {"user": {"id": mo.pk}}).status_code == 403, path
    assert state() == before


def test_the_bot_does_not_moderate_even_for_a_moderator(bot, every_write, mo):
    before = state()
    for method, path, body, needs in every_write:
        if needs == "moderator":
            assert getattr(bot, method)(path, body | {"user": {"id": mo.pk}}).status_code == 403, path
    assert state() == before


def test_a_session_without_the_csrf_token_writes_nothing(every_write, mo):
    client = APIClient(enforce_csrf_checks=True)
    client.login(username="mo", password="correct horse battery staple")
    before = state()
    for method, path, body, _ in every_write:
        assert getattr(client, method)(path, body).status_code == 403, path
    assert state() == before


@pytest.mark.parametrize(
    "pk", [0, 999999, 2**63 - 1, 2**63, 10**19 - 1, 10**19, "9" * 5000], ids=lambda pk: str(pk)[:20]
)
def test_addresses_of_nothing_are_not_found(bot, moderating_bot, mo, week, pk):
    me = {"user": {"id": mo.pk}}
    asked = [
        bot.patch(f"{WEEKS}/{pk}", {"label": "x"}),
        bot.post(f"{WEEKS}/{pk}/nominations", me | {"album": BLUE}),
        bot.post(f"{WEEKS}/{pk}/votes", me | {"rank": 1, "nomination_id": 1}),
        bot.post(f"{WEEKS}/{pk}/votes/withdraw", me | {"rank": 1}),
        bot.post(f"{WEEKS}/{pk}/ratings", me | {"rating": "4.0"}),
        bot.delete(at(week, "nominations", pk)),
        bot.delete(at(week, "nominations", pk), me),
        moderating_bot.post(f"/api/v1/admin/weeks/{pk}/override-winner", me | {"album_id": 1, "reason": "x"}),
        moderating_bot.delete(f"/api/v1/admin/reviews/{pk}", me),
        moderating_bot.post(f"/api/v1/admin/reviews/{pk}/restore", me),
    ]
    assert {answer.status_code for answer in asked} == {404}


def test_a_moderator_overrides_with_a_reason(api, won, mo, albums):
    path = f"/api/v1/admin/weeks/{won.pk}/override-winner"
    for body, attr in (
        ({"album_id": albums[2].pk}, "reason"),
        ({"album_id": albums[2].pk, "reason": " "}, "reason"),
        ({"reason": "x"}, "nomination_id"),
        ({"album_id": 999999, "reason": "x"}, "album_id"),
        ({"nomination_id": 999999, "reason": "x"}, "nomination_id"),
        ({"nomination_id": [], "reason": "x"}, "nomination_id"),
    ):
        assert refusal(api(mo).post(path, body)) == (400, attr)
    answer = api(mo).post(path, {"album_id": albums[2].pk, "reason": "The bot was wrong."})
    assert (answer.status_code, answer.json()["winner"]["title"]) == (200, "Kid A")
    assert answer.json()["decided_by"] == "override"


def test_a_moderating_client_may_name_who_moderates_and_both_are_kept(moderating_bot, won, ann, bea, give):
    rating = give(ann, "4.5", review="Rude.")
    path = f"/api/v1/admin/reviews/{rating.pk}"
    assert refusal(moderating_bot.delete(path, {"user": {"id": 0}, "reason": "Rude."})) == (400, "user.id")
    assert moderating_bot.delete(path, {"user": {"id": bea.pk}, "reason": "Rude."}).status_code == 204
    row = AuditEvent.objects.get(verb="review.hide")
    assert (row.actor, row.reason) == (bea, "Rude.")
    assert row.token is not None
    restored = moderating_bot.post(f"{path}/restore", {"user": {"id": bea.pk}})
    assert (restored.status_code, restored.json()["hidden"]) == (200, False)


def test_a_moderator_hides_twice_and_restores(api, won, ann, mo, give):
    path = f"/api/v1/admin/reviews/{give(ann, '4.5', review='Rude.').pk}"
    assert [api(mo).delete(path).status_code for _ in range(2)] == [204, 204]
    assert Rating.objects.get().hidden_at is not None
    assert api(mo).post(f"{path}/restore").json()["review"] == "Rude."
    assert Rating.objects.get().hidden_at is None
