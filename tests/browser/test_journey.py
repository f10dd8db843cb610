"""A member nominates, votes, rates and uploads; a moderator puts things right. All by clicking."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connections
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from listening.models import ListenEvent
from listening.services.catalogue import AlbumRef, ensure_album
from sidetrack.actors import SITE
from sidetrack.models import AuditEvent
from tests.jobs import drain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = 600


@pytest.fixture
def club(ann, bea, mo):
    """Week 5 is open with a nomination by Bea; week 4 was won by Dummy, which Bea has reviewed."""
    now = timezone.now()
    dummy, _ = ensure_album(AlbumRef(title="Dummy", artist="Portishead", year=1994), by=SITE, source="test")
    third, _ = ensure_album(AlbumRef(title="Third", artist="Portishead", year=2008), by=SITE, source="test")
    week = Week.objects.create(number=5, label="WEEK 005", date_discussion=now + timedelta(days=6))
    Nomination.objects.create(week=week, user=bea, album=third, pitch="Machine Gun, in the dark.")
    won = Week.objects.create(number=4, label="WEEK 004", date_discussion=now - timedelta(days=1))
    nomination = Nomination.objects.create(week=won, user=bea, album=dummy)
    Week.objects.filter(pk=won.pk).update(
        poll_closed_at=now, decided_at=now, decided_by="votes", winner_album=dummy, winner_nomination=nomination
    )
    Rating.objects.create(week=won, user=bea, album=dummy, halves=9, review="Nobody loves me, it's true.")
    return week, won


def history(folder):
    """A made-up Spotify extended history of ROWS plays."""
    start = datetime(2024, 3, 1, 12, tzinfo=UTC)
    rows = [
        {
            "ts": (start + timedelta(minutes=4 * row)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "platform": "linux",
            "ms_played": 200_000,
            "conn_country": "GB",
            "ip_addr": "192.0.2.7",
            "master_metadata_track_name": f"Track {row % 40}",
            "master_metadata_album_artist_name": f"Artist {row % 7}",
            "master_metadata_album_album_name": f"Record {row % 7}",
            "spotify_track_uri": None,
            "episode_name": None,
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "offline_timestamp": None,
            "incognito_mode": False,
        }
        for row in range(ROWS)
    ]
    path = folder / "Streaming_History_Audio_2024_1.json"
    path.write_text(json.dumps(rows))
    return path


def work():
    """A worker for as long as there is work."""

    def run():
        try:
            drain()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_a_member_nominates_votes_and_rates(open_page, sign_in, club, ann):
    week, won = club
    page = open_page()
    sign_in(page, "ann")
    page.goto("/weeks/5/")
    page.get_by_role("link", name=re.compile("nominate|put", re.IGNORECASE)).first.click()
    page.fill("[name=title]", "Ágætis byrjun")
    page.fill("[name=artist]", "Sigur Rós")
    page.fill("[name=pitch]", "Forty below, <b>windows open</b>.")
    page.get_by_role("button", name="Nominate", exact=True).click()
    page.wait_for_url("**/weeks/5/**")
    nomination = Nomination.objects.get(week=week, user=ann)
    card = page.locator(f"#nomination-{nomination.pk}")
    assert "Ágætis byrjun" in card.inner_text()
    assert "<b>windows open</b>" in card.inner_text()
    page.click(f"#first-{nomination.pk}")
    page.wait_for_selector(f"#first-{nomination.pk}[aria-pressed=true]")
    third = Nomination.objects.exclude(pk=nomination.pk).get(week=week)
    page.click(f"#second-{third.pk}")
    page.wait_for_selector(f"#second-{third.pk}[aria-pressed=true]")
    ballot = dict(Vote.objects.filter(week=week, user=ann).values_list("rank", "nomination_id"))
    assert ballot == {1: nomination.pk, 2: third.pk}
    page.goto("/weeks/4/")
    page.locator("#rate label").filter(has=page.locator("[value='4.5']")).click()
    page.get_by_text("Say more").click()
    page.fill("#rate [name=review]", "I came in sceptical.")
    page.get_by_role("button", name="Save my rating").click()
    page.get_by_role("button", name="Change my rating").wait_for()
    rating = Rating.objects.get(week=won, user=ann)
    assert (rating.halves, rating.review) == (9, "I came in sceptical.")
    assert "I came in sceptical." in page.locator("#ratings").inner_text()
    assert page.complaints == []


def test_a_member_uploads_a_history_and_watches_it_finish(open_page, sign_in, ann, tmp_path):
    page = open_page()
    sign_in(page, "ann")
    for inserted in (ROWS, 0):
        page.goto("/imports/")
        page.set_input_files("[name=file]", history(tmp_path))
        page.get_by_role("button", name="Upload and import").click()
        page.wait_for_url(re.compile(r"/imports/\d+/"))
        page.wait_for_selector("progress")
        worker = work()
        page.get_by_text("Done.").wait_for()
        worker.join()
        shown = page.locator("#import").inner_text()
        assert f"New listens\t{inserted}" in shown
        assert f"Known already\t{ROWS - inserted}" in shown
    assert ListenEvent.objects.filter(user=ann).count() == ROWS
    page.goto("/people/ann/?period=all")
    assert "Artist 3" in page.locator("main").inner_text()
    assert page.complaints == []


def test_a_moderator_overrides_a_winner_and_hides_a_review(open_page, sign_in, club, mo):
    week, won = club
    page = open_page()
    sign_in(page, "mo")
    page.goto(f"/admin/club/week/{week.pk}/change/")
    page.get_by_role("link", name="Override the winner").click()
    page.select_option("[name=nomination_id]", index=1)
    page.fill("[name=reason]", "The vote was for the other one.")
    page.get_by_role("button", name="Override the winner").click()
    page.wait_for_url(re.compile(rf"/week/{week.pk}/change"))
    week.refresh_from_db()
    assert (week.decided_by, week.winner_album.title) == ("override", "Third")
    event = AuditEvent.objects.get(object_type="club.week", object_id=str(week.pk), actor=mo)
    assert event.reason == "The vote was for the other one."
    review = Rating.objects.get(week=won)
    page.goto(f"/admin/club/rating/{review.pk}/change/")
    page.get_by_role("link", name=re.compile("hide", re.IGNORECASE)).click()
    page.fill("[name=reason]", "Asked by its author.")
    page.get_by_role("button", name=re.compile("hide", re.IGNORECASE)).click()
    page.wait_for_url(re.compile(rf"/rating/{review.pk}/change"))
    review.refresh_from_db()
    assert review.hidden_at is not None
    visitor = open_page()
    visitor.goto("/weeks/4/")
    assert "Nobody loves me" not in visitor.locator("body").inner_text()
    visitor.goto("/weeks/5/")
    assert "Third" in visitor.locator("h1").inner_text()
    assert visitor.complaints == []
