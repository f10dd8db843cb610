"""The club under many hands at once: no deadlock, no lost version, nothing decided twice."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from club.models import Nomination, Rating, Vote, Week
from club.past import PastWeek
from club.selectors.state import read_week
from club.selectors.week import week_detail
from club.services.counting import count
from club.services.nominations import nominate, withdraw_nomination
from club.services.past import bring_past_week
from club.services.polls import close_poll, decide_due_polls, override_winner, redecide, reopen
from club.services.ratings import delete_rating, hide_review, rate, restore_review
from club.services.votes import cast_vote, withdraw_vote
from club.services.weeks import change_week, create_week
from integrations.services.people import PersonRef, person_for
from listening.models import Album, Artist, ListenEvent, Tag
from listening.services.catalogue import AlbumRef, ensure_album
from listening.services.listens import record_plays
from listening.services.repairing import add_tags, refresh_album, rename_artist, rename_tag, repair_album
from sidetrack.actors import SITE, Actor
from sidetrack.errors import SidetrackError
from sidetrack.models import AuditEvent
from sidetrack.services.people import ban, change_settings, rename, unban
from tests.conftest import make_person
from tests.listening.plays import play
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 300 if os.environ.get("STORM") == "long" else 12


def test_every_week_of_the_past_is_a_transaction_of_its_own(tmp_path):
    rows = "".join(f"{n},2020-01-0{n},Album {n},Artist {n}\n" for n in range(1, 6))
    (tmp_path / "weeks.csv").write_text(f"number,date_discussion,album,artist\n{rows}")
    with CaptureQueriesContext(connection) as counted:
        call_command("import_weeks", tmp_path / "weeks.csv")
    assert sum(query["sql"] == "COMMIT" for query in counted.captured_queries) == 5


def test_a_dry_run_commits_nothing(tmp_path):
    (tmp_path / "weeks.csv").write_text("number,date_discussion,album,artist\n1,2020-01-01,Blue,Joni Mitchell\n")
    call_command("import_weeks", tmp_path / "weeks.csv", "--dry-run")
    assert (Week.objects.count(), Album.objects.count()) == (0, 0)


class Evening:
    """Everything a club may do, at random, on two weeks and few albums so that all hands meet."""

    def __init__(self, people, mods, seed):
        self.people, self.mods, self.dice = people, mods, random.Random(seed)
        soon = timezone.now() + timedelta(days=1)
        self.weeks = [create_week(number=n, date_discussion=soon, by=SITE)[0] for n in (101, 102)]
        self.won = create_week(number=103, date_discussion=soon, by=SITE)[0]
        made = nominate(self.won, by=Actor(user=people[0]), album=self.album()).nomination
        override_winner(self.won, by=Actor(user=mods[0]), reason="x", nomination_id=made.pk)

    def album(self):
        n = self.dice.randrange(6)
        return AlbumRef(title=f"Album {n}", artist=f"Artist {n % 3}", year=self.dice.choice([None, 1971 + n]))

    def act(self):
        dice = self.dice
        week, person, mod = dice.choice(self.weeks), dice.choice(self.people), dice.choice(self.mods)
        by, judge, ref = Actor(user=person), Actor(user=mod), self.album()
        name, tags = f"Name {dice.randrange(5)}", {"genres": dice.sample(["a", "b", "c", "d"], 3), "decade": "1970s"}
        plays = [play(f"Song {n}", f"Artist {n % 5}", f"Album {n % 7}") for n in dice.sample(range(30), 12)]
        past = PastWeek(dice.randrange(1, 9), timezone.now() - timedelta(days=9), ref.title, ref.artist)
        seen = PastWeek(**{**vars(past), "nominator_discord_id": str(dice.randrange(3)), "nominator": name})
        of = partial(dice.choice, range(100))
        return dice.choice(
            [
                lambda: nominate(week, by=by, album=ref, pitch=name, tags=tags),
                lambda: nominate(week, by=by, album=ref, tags=tags),
                lambda: cast_vote(week, by=by, rank=1, album=ref),
                lambda: cast_vote(week, by=by, rank=2, album=ref),
                lambda: withdraw_vote(week, by=by, rank=1),
                lambda: withdraw_nomination(week, one_of(Nomination, of()), by=judge),
                lambda: close_poll(week, by=judge),
                lambda: reopen(week, by=judge, reason="more"),
                lambda: redecide(week, by=judge, reason="again"),
                lambda: override_winner(week, by=judge, reason="so", album_id=one_of(Album, of())),
                lambda: change_week(week, {"label": name}, by=SITE),
                lambda: decide_due_polls(),
                lambda: rate(self.won, by=by, rating="4.5", review=name),
                lambda: delete_rating(self.won, by=by),
                lambda: hide_review(one_of(Rating, of()), by=judge),
                lambda: restore_review(one_of(Rating, of()), by=judge),
                lambda: bring_past_week(past, by=SITE),
                lambda: bring_past_week(seen, by=SITE),
                lambda: person_for(PersonRef(discord_id=str(dice.randrange(4)), display_name=name)),
                lambda: ensure_album(ref, by=judge, source="x"),
                lambda: record_plays(person, plays, source="spotify"),
                lambda: record_plays(mod, plays[::-1], source="lastfm"),
                lambda: rename(person, by=judge, display_name=name),
                lambda: rename(mod, by=Actor(user=self.mods[0]), display_name=name),
                lambda: change_settings(by=by, hide_name_on_reviews=bool(of() % 2)),
                lambda: ban(person, by=judge, reason="x"),
                lambda: unban(person, by=judge),
                lambda: repair_album(
                    nth(Album, of()), by=judge, year=1970 + of() % 9, cover_url="https://x.test/a.jpg"
                ),
                lambda: rename_artist(nth(Artist, of()), f"Artist {of() % 9}", by=judge),
                lambda: rename_tag(nth(Tag.objects.filter(kind="genre"), of()), dice.choice("abcde"), by=judge),
                lambda: add_tags(nth(Album, of()), genres=["d", "a"], decade="", country="GB", by=judge),
                lambda: refresh_album(one_of(Album, of())),
            ]
        )


def nth(rows, n):
    rows = list(getattr(rows, "objects", rows).order_by("pk")[:50])
    if not rows:
        raise SidetrackError("Nothing there yet.")
    return rows[n % len(rows)]


def one_of(model, n):
    return nth(model, n).pk


@pytest.mark.storm
def test_an_evening_of_everything_ends_without_a_deadlock():
    people = [make_person(f"person{n}") for n in range(4)]
    mods = [make_person(f"mod{n}", role="owner" if n == 0 else "moderator") for n in range(2)]
    evening = Evening(people, mods, seed=ROUNDS)
    for _ in range(ROUNDS):
        done = together([evening.act() for _ in range(8)])
        bad = [each for each in done if isinstance(each, Exception) and not isinstance(each, SidetrackError)]
        assert not bad, [(repr(each), each.__cause__) for each in bad]
    for week in Week.objects.all():
        assert_whole(week)
    assert ListenEvent.objects.values("user", "source", "source_key").distinct().count() == ListenEvent.objects.count()


def assert_whole(week):
    """What the week answers equals a recount from its rows."""
    shown = week_detail(read_week(None, week.pk))
    assert len(shown["nominations"]) == Nomination.objects.filter(week=week).count()
    assert shown["poll"]["total_points"] == count(week).total_points
    voters = Vote.objects.filter(week=week).values("user").distinct().count()
    assert shown["poll"]["total_voters"] == voters
    if week.winner_nomination_id:
        assert Nomination.objects.get(pk=week.winner_nomination_id).album_id == week.winner_album_id
    decided = AuditEvent.objects.filter(verb="week.close_poll", object_id=str(week.pk)).count()
    reopened = AuditEvent.objects.filter(verb="week.reopen", object_id=str(week.pk)).count()
    assert decided <= reopened + 1
