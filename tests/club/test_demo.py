"""The demo: the same each time, plausible, and removable without a trace."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from club import demo
from club.demo.albums import albums
from club.demo.people import PEOPLE
from club.models import Nomination, Rating, Vote, Week
from club.phases import phase
from club.services.counting import count
from integrations.models import LinkedAccount
from listening.models import Album, Artist, ListenEvent, Track
from sidetrack.models import AuditEvent, User

TODAY = date(2026, 3, 14)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _club(django_db_setup, django_db_blocker):
    """The demo, loaded once for all tests here; each test rolls back to it."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        before = rows()
        counts = demo.load(today=TODAY)
        yield before, counts
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def loaded(_club, db):
    return _club[1]


def rows():
    """Every row of every model, without what differs by nature: hashes of passwords and the clock of `now`."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in ("sidetrack", "integrations", "listening", "club", "taste"):
            clock = ("password", "updated_at") + (("created_at",) if model._meta.app_label == "listening" else ())
            names = [field.attname for field in model._meta.concrete_fields if field.attname not in clock]
            found[model._meta.label] = sorted(map(repr, model._default_manager.values_list(*names)))
    return found


def phase_now(week):
    return phase(
        now=timezone.now(),
        date_discussion=week.date_discussion,
        nominations_close_at=week.nominations_close_at,
        votes_close_at=week.votes_close_at,
        poll_closed_at=week.poll_closed_at,
        has_nominations=week.nominations.exists(),
        has_votes=week.votes.exists(),
        has_winner=week.winner_album_id is not None,
        discussion_days=7,
    )


def test_the_demo_has_the_size_that_was_promised(loaded):
    assert loaded["weeks"] == Week.objects.count() == 30
    assert User.objects.members().filter(is_demo=True).count() == 25
    assert Counter(User.objects.values_list("role", flat=True))["moderator"] == 2
    assert User.objects.filter(status="pending").count() == 1
    assert 18_000 < loaded["listens"] == ListenEvent.objects.count() < 24_000
    assert loaded["ratings"] == Rating.objects.count() > 350
    assert Rating.objects.exclude(review="").count() > 180
    assert Album.objects.count() == len(albums()) >= 150
    for week in Week.objects.all():
        assert 5 <= week.nominations.count() <= 8


def test_the_newest_week_is_voted_on_and_the_one_before_discussed(loaded):
    for hour in (0, 12, 23):
        with time_machine.travel(NOON.replace(hour=hour), tick=False):
            assert [phase_now(week).value for week in Week.objects.all()] == ["voting", "discussing"] + ["closed"] * 28


def test_nothing_of_the_demo_lies_in_the_future(loaded):
    for model, field in ((ListenEvent, "started_at"), (Vote, "created_at"), (Rating, "created_at")):
        assert not model.objects.filter(**{f"{field}__gte": NOON}).exists()
    assert not Nomination.objects.filter(created_at__gte=NOON).exists()


def test_winners_follow_from_the_votes_but_for_the_one_that_was_overridden(loaded):
    decided = Week.objects.filter(winner_album__isnull=False)
    differing = [week.number for week in decided if count(week).winner_id != week.winner_nomination_id]
    assert differing == [12]
    assert decided.get(number=12).decided_by == "override"
    assert AuditEvent.objects.filter(verb="week.override_winner").exclude(reason="").count() == 1


def test_two_weeks_were_decided_by_the_ladder(loaded):
    ladder = {week.number: count(week).tie_break for week in Week.objects.filter(winner_album__isnull=False)}
    assert {number: step for number, step in ladder.items() if step} == {
        9: "first_place_votes",
        17: "earliest_nomination",
    }


def test_reviews_do_not_repeat_each_other(loaded):
    reviews = list(Rating.objects.exclude(review="").values_list("review", flat=True))
    assert len(set(reviews)) > 0.9 * len(reviews)
    assert not any("{" in review for review in reviews)


def test_the_club_hears_what_has_won(loaded):
    for week in Week.objects.filter(winner_album__isnull=False)[:10]:
        after = ListenEvent.objects.filter(album=week.winner_album, started_at__gte=week.decided_at)
        assert after.filter(started_at__lt=week.decided_at + timedelta(days=11)).values("user").distinct().count() >= 4


def test_people_sleep_at_night(loaded):
    hana = User.objects.get(username="hana")
    hours = Counter(
        moment.astimezone(hana.zone).hour
        for moment in ListenEvent.objects.filter(user=hana).values_list("started_at", flat=True)
    )
    assert sum(hours[hour] for hour in (2, 3, 4)) == 0 < hours[20]


def test_loading_twice_changes_nothing(loaded):
    before = rows()
    assert demo.load(today=TODAY) == {}
    assert rows() == before


def test_removing_leaves_an_empty_site_and_the_same_day_gives_the_same_rows(_club, loaded):
    first = plain()
    for said in ("Demo removed: ", "There is no demo here."):
        out = StringIO()
        call_command("demo", "remove", stdout=out)
        assert out.getvalue().startswith(said)
        assert rows() == _club[0]
    demo.load(today=TODAY)
    assert plain() == first


def plain():
    """What a visitor can tell apart: rows without keys."""
    return {
        "nominations": list(Nomination.objects.values_list("week__number", "user__username", "album__title", "pitch")),
        "votes": sorted(Vote.objects.values_list("week__number", "user__username", "rank", "nomination__album__title")),
        "ratings": list(Rating.objects.values_list("user__username", "halves", "review", "created_at")),
        "listens": sorted(ListenEvent.objects.values_list("started_at", "user__username", "track__title", "ms_played")),
        "weeks": list(Week.objects.values_list("number", "label", "winner_album__title", "updated_at")),
        "accounts": sorted(LinkedAccount.objects.values_list("user__username", "external_id")),
    }


def test_what_is_real_stays(loaded, ann):
    album = Album.objects.get(title="Kid A")
    track = Track.objects.get(title="Idioteque")
    artist = Artist.objects.get(name="Radiohead")
    ListenEvent.objects.create(
        user=ann, track=track, artist=artist, album=album, started_at=NOON, source="manual", source_key="1"
    )
    week = Week.objects.create(number=31, label="ours", date_discussion=NOON)
    Nomination.objects.create(week=week, user=ann, album=Album.objects.get(title="Dummy"))
    demo.remove()
    assert set(Album.objects.values_list("title", flat=True)) == {"Kid A", "Dummy"}
    assert set(Track.objects.values_list("albums__title", flat=True)) == {"Kid A", "Dummy"}  # they stay whole
    assert set(Artist.objects.values_list("name", flat=True)) == {"Radiohead", "Portishead"}
    assert list(User.objects.all()) == [ann]
    assert ann.listens.count() == week.nominations.count() == 1
    assert not Album.objects.filter(album_tags__source="demo").exists()


def test_a_real_rating_of_a_demo_week_stops_the_removal_until_forced(loaded, ann):
    week = Week.objects.filter(winner_album__isnull=False)[0]
    Rating.objects.create(week=week, user=ann, album=week.winner_album, halves=9)
    with pytest.raises(CommandError, match=r"ratings by real members in demo weeks \(1\).*--force"):
        call_command("demo", "remove", stdout=StringIO())
    assert Week.objects.count() == 30
    call_command("demo", "remove", "--force", stdout=StringIO())
    assert not Week.objects.exists()
    assert list(User.objects.all()) == [ann]


def test_a_demo_member_in_a_real_week_stops_it_too(loaded, ann):
    week = Week.objects.create(number=31, label="ours", date_discussion=NOON)
    hana = User.objects.get(username="hana")
    nomination = Nomination.objects.create(week=week, user=hana, album=Album.objects.get(title="Dummy"))
    Vote.objects.create(week=week, user=ann, nomination=nomination, rank=1)
    with pytest.raises(CommandError, match=r"nominations by demo members in real weeks \(1\)"):
        call_command("demo", "remove", stdout=StringIO())
    demo.remove(force=True)
    week.refresh_from_db()
    assert (week.version, week.nominations.count()) == (2, 0)


def test_the_demo_needs_an_empty_club(loaded, ann):
    User.objects.filter(is_demo=True).update(is_demo=False)
    with pytest.raises(CommandError, match="weeks of its own"):
        call_command("demo", "load", stdout=StringIO())


def test_logins_open_the_door(loaded):
    out = StringIO()
    call_command("demo", "logins", "--json", stdout=out)
    logins = json.loads(out.getvalue())
    assert [what for _, _, what in logins] == ["owner", "moderator", "member", "waiting to be admitted"]
    for username, password, _ in logins:
        person = authenticate(username=username, password=password)
        assert person is not None
        assert person.is_demo
    assert User.objects.get(username="hana").has_usable_password() is False


def test_names_and_ids_of_the_cast_are_valid(loaded):
    assert len({person.username for person in PEOPLE}) == len(PEOPLE)
    for person in User.objects.all():
        person.full_clean(exclude=["password", "email"])
