"""What was taken for the same play, to its member: page, API and services; and nobody else."""

from __future__ import annotations

import re

import pytest

from listening.models import ListenEvent, MatchState
from listening.selectors.duplicates import taken_for_one
from listening.services.keeping_apart import keep_apart, take_together
from listening.services.rematching import rematch, rematch_outdated
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.jobs import enqueue
from tests.jobs import drain
from tests.listening.test_duplicates import counted, pairs, play, store

pytestmark = pytest.mark.django_db

PAGE = "/listening/duplicates/"
API = "/api/v1/users/me/duplicates"


@pytest.fixture
def pair(ann):
    """A play that Last.fm and ListenBrainz tell of; the duplicate is Last.fm's."""
    store(ann, "lastfm", play(4))
    store(ann, "listenbrainz", play(0))
    return ListenEvent.objects.get(source="lastfm"), ListenEvent.objects.get(source="listenbrainz")


def nothing(*args):
    """A lease that is always kept."""


def test_a_member_says_that_these_were_two_plays_and_takes_it_back(ann, pair):
    by = Actor(user=ann)
    duplicate, _ = pair
    assert keep_apart(duplicate.pk, by=by).duplicate_of_id is None
    assert counted(ann) == [("listenbrainz", 0), ("lastfm", 4)]
    keep_apart(duplicate.pk, by=by)
    assert len(counted(ann)) == 2
    assert take_together(duplicate.pk, by=by).duplicate_of_id == pair[1].pk
    take_together(duplicate.pk, by=by)
    assert counted(ann) == [("listenbrainz", 0)]


def test_what_is_kept_apart_stays_so_whatever_comes(ann, pair):
    keep_apart(pair[0].pk, by=Actor(user=ann))
    store(ann, "spotify_history", play(2, ms=180_000))
    rematch(ann.pk, keep=nothing)
    assert counted(ann) == [("spotify_history", 2), ("lastfm", 4)]


def test_only_a_duplicate_can_be_kept_apart(ann, pair):
    with pytest.raises(Conflict):
        keep_apart(pair[1].pk, by=Actor(user=ann))


def test_of_others_plays_nobody_decides(ann, bea, mo, pair):
    for by in (Actor(user=bea), Actor(user=mo), SITE):
        for act in (keep_apart, take_together):
            with pytest.raises(NotFound):
                act(pair[0].pk, by=by)
    assert len(counted(ann)) == 1


def test_the_page_shows_records_and_why(ann, web, pair):
    page = web(ann).get(PAGE).content.decode()
    assert "Hyperballad" in page
    assert "4 seconds apart" in page
    assert "These were two plays" in page
    assert "Kept apart by you" not in page


def test_the_button_and_its_undo(ann, web, pair):
    client = web(ann)
    page = client.post(f"/listening/plays/{pair[0].pk}/keep-apart/", follow=True).content.decode()
    assert "now counts as a play of its own" in page
    assert len(counted(ann)) == 2
    page = client.post(f"/listening/plays/{pair[0].pk}/take-together/", follow=True).content.decode()
    assert "Taken for one play again." in page
    assert len(counted(ann)) == 1


def test_an_empty_page_says_what_will_appear(ann, web):
    assert "Nothing yet" in web(ann).get(PAGE).content.decode()


def test_strangers_see_and_change_nothing(ann, bea, carl, web, pair):
    assert web(None).get(PAGE).status_code == 302
    for person in (bea, carl):
        assert "Hyperballad" not in web(person).get(PAGE).content.decode()
        for act in ("keep-apart", "take-together"):
            assert web(person).post(f"/listening/plays/{pair[0].pk}/{act}/").status_code == 404
            assert web(None).post(f"/listening/plays/{pair[0].pk}/{act}/").status_code == 302
            assert web(ann).get(f"/listening/plays/{pair[0].pk}/{act}/").status_code == 405
    assert len(counted(ann)) == 1


def test_pages_follow_each_other_without_loss(ann, web):
    store(ann, "lastfm", *(play(at * 300, f"Song {at}") for at in range(70)))
    store(ann, "listenbrainz", *(play(at * 300, f"Song {at}") for at in range(70)))
    seen, address = [], PAGE
    while address:
        page = web(ann).get(address).content.decode()
        seen += re.findall(r'<p class="title"><bdi>(Song \d+)', page)
        older = re.search(r'href="(\?before=[^"]+)" rel="next"', page)
        address = PAGE + older[1] if older else None
    assert seen == [f"Song {at}" for at in reversed(range(70))]


@pytest.mark.parametrize("before", ["x", "%00", "9" * 300])
def test_a_cursor_not_ours_is_refused(ann, web, api, before):
    assert web(ann).get(f"{PAGE}?before={before}").status_code == 400
    assert api(ann).get(f"{API}?cursor={before}").status_code == 400


@pytest.mark.parametrize("number", [2, 25])
def test_the_page_costs_the_same_for_few_and_many(ann, number, django_assert_num_queries):
    store(ann, "lastfm", *(play(at * 300, f"Song {at}") for at in range(number)))
    store(ann, "listenbrainz", *(play(at * 300, f"Song {at}") for at in range(number)))
    with django_assert_num_queries(2):
        assert len(taken_for_one(ann, 50)[0]) == number


def test_the_api_lists_and_decides(ann, api, pair):
    client = api(ann)
    (found,) = client.get(API).json()["results"]
    assert (found["counts"]["id"], found["others"][0]["id"]) == (pair[1].pk, pair[0].pk)
    assert found["others"][0]["why"] == "4 seconds apart"
    answer = client.post(f"/api/v1/listens/{pair[0].pk}/keep-apart")
    assert answer.json() == {"id": pair[0].pk, "kept_apart": True, "duplicate_of": None}
    assert client.get(API).json()["results"] == []
    assert client.post(f"/api/v1/listens/{pair[1].pk}/keep-apart").status_code == 409
    answer = client.post(f"/api/v1/listens/{pair[0].pk}/take-together")
    assert answer.json() == {"id": pair[0].pk, "kept_apart": False, "duplicate_of": pair[1].pk}


def test_the_api_pages(ann, api):
    store(ann, "lastfm", *(play(at * 300, f"Song {at}") for at in range(3)))
    store(ann, "listenbrainz", *(play(at * 300, f"Song {at}") for at in range(3)))
    first = api(ann).get(f"{API}?limit=2").json()
    second = api(ann).get(first["next"]).json()
    assert [len(first["results"]), len(second["results"]), second["next"]] == [2, 1, None]
    assert api(ann).get(f"{API}?limit=0").status_code == 400


def test_the_api_is_for_oneself(api, bot, bea, carl, pair):
    assert api(None).get(API).status_code == 401
    assert bot.get(API).status_code == 403
    assert api(bea).get(API).json()["results"] == []
    for act in ("keep-apart", "take-together"):
        address = f"/api/v1/listens/{pair[0].pk}/{act}"
        assert api(None).post(address).status_code == 401
        assert bot.post(address).status_code == 403
        assert api(bea).post(address).status_code == api(carl).post(address).status_code == 404


def test_a_new_rule_matches_everybody_anew_once(ann, bea, pair):
    store(bea, "lastfm", play(0))
    ListenEvent.objects.update(duplicate_of=None)
    assert rematch_outdated(keep=nothing) == {"members": 2, "changed": 1}
    assert counted(ann) == [("listenbrainz", 0)]
    assert MatchState.objects.count() == 2
    assert rematch_outdated(keep=nothing) == {"members": 0, "changed": 0}
    MatchState.objects.filter(user=ann).update(version=0)
    assert rematch_outdated(keep=nothing) == {"members": 1, "changed": 0}


def test_a_history_is_matched_in_chunks(ann, monkeypatch):
    monkeypatch.setattr("listening.services.rematching.CHUNK", 7)
    store(ann, "lastfm", *(play(at * 190) for at in range(40)))
    store(ann, "listenbrainz", *(play(at * 190 + 3) for at in range(40)))
    before = pairs(ann)
    ListenEvent.objects.update(duplicate_of=None)
    assert rematch(ann.pk, keep=nothing) == 40
    assert pairs(ann) == before


def test_a_run_that_is_killed_leaves_whole_chunks_and_goes_on(ann, monkeypatch):
    monkeypatch.setattr("listening.services.rematching.CHUNK", 10)
    store(ann, "lastfm", *(play(at * 300, f"Song {at}") for at in range(40)))
    store(ann, "listenbrainz", *(play(at * 300, f"Song {at}") for at in range(40)))
    ListenEvent.objects.update(duplicate_of=None)
    kept = []

    def killed():
        kept.append(1)
        if len(kept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rematch(ann.pk, keep=killed)
    assert 40 < len(counted(ann)) < 80
    assert not MatchState.objects.exists()
    rematch_outdated(keep=nothing)
    assert len(counted(ann)) == 40


def test_the_job_matches_one_member_in_any_case(ann, pair):
    rematch(ann.pk, keep=nothing)
    ListenEvent.objects.update(duplicate_of=None)
    enqueue("match_listens", {"user_id": ann.pk})
    (run,) = [run for run in drain() if run.job.name == "match_listens"]
    assert (run.state, run.counts) == ("done", {"members": 1, "changed": 1})


def test_the_job_ends_quietly_for_who_is_gone(db):
    assert rematch(999_999, keep=nothing) == 0
