"""Fifty equal posts at the same moment leave one row, and nobody sees a 500."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from club.models import Nomination, Rating, Vote, Week
from integrations.models import LinkedAccount
from listening.models import Album
from sidetrack.models import User

THREADS = 50
ANN = {"discord_id": "700000000000000001", "display_name": "Ann"}
ALBUM = {"title": "Kid A", "artist": "Radiohead", "year": 2000, "spotify_id": "6GjwtEZcfenmOf6l18N7T7"}


@pytest.fixture
def storm(site, make_token):
    """Post the same thing fifty times at once; counts the answers by status."""
    header = {"Authorization": f"Bearer {make_token('club:write')[1]}"}

    def post(path, body):
        gate = Barrier(THREADS)

        def one(_):
            with requests.Session() as session:
                gate.wait()
                return session.post(f"{site}/api/v1{path}", json=body, headers=header, timeout=120)

        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(one, range(THREADS)))
        assert not [answer.text[:500] for answer in answers if answer.status_code >= 400]
        return Counter(answer.status_code for answer in answers)

    post.patch = lambda path, body: requests.patch(f"{site}/api/v1{path}", json=body, headers=header, timeout=60)
    return post


def test_fifty_equal_posts_of_week_nomination_vote_and_rating_are_one_of_each(storm):
    week_body = {"number": 1, "date_discussion": "2026-11-30T19:00:00Z", "external": {"thread_id": "81384788765712"}}
    assert storm("/club/weeks", week_body) == {201: 1, 200: THREADS - 1}
    week = Week.objects.get()
    path = f"/club/weeks/{week.pk}"
    tags = {"genres": ["art rock", "electronic"], "decade": "2000s", "country": "GB"}
    message = {"channel_id": "813847887657", "message_id": "813847887658"}
    nomination = {"user": ANN, "album": ALBUM, "pitch": "Please.", "tags": tags, "message": message}
    assert storm(f"{path}/nominations", nomination) == {201: 1, 200: THREADS - 1}
    assert (Album.objects.count(), User.objects.count(), LinkedAccount.objects.count()) == (1, 1, 1)
    vote = {"user": ANN, "rank": 1, "nomination_id": Nomination.objects.get().pk}
    assert storm(f"{path}/votes", vote) == {201: 1, 200: THREADS - 1}
    assert storm(f"{path}/votes", {"user": ANN, "rank": 1, "album": ALBUM}) == {200: THREADS}
    assert storm.patch(path, {"close_poll": True}).json()["winner"]["title"] == "Kid A"
    rating = {"user": ANN, "rating": "4.5", "favorite_track": "Idioteque", "review": "Still cold."}
    assert storm(f"{path}/ratings", rating) == {201: 1, 200: THREADS - 1}
    assert (Vote.objects.count(), Rating.objects.count(), Nomination.objects.count()) == (1, 1, 1)
    before = Week.objects.values_list("version", "updated_at").get()
    storm(f"{path}/ratings", rating)
    assert Week.objects.values_list("version", "updated_at").get() == before


def test_fifty_equal_first_posts_of_an_unknown_voter_make_one_person(storm):
    storm("/club/weeks", {"number": 1, "date_discussion": "2026-11-30T19:00:00Z"})
    path = f"/club/weeks/{Week.objects.get().pk}"
    for title in ("Dummy", "Third"):
        body = {"user": ANN, "album": {"title": title, "artist": "Portishead"}}
        assert storm(f"{path}/nominations", body) == {201: 1, 200: THREADS - 1}
    assert User.objects.count() == 1
    assert Nomination.objects.count() == 2
