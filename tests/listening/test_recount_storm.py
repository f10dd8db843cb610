"""After any storm of writes every statistic is what counting from scratch says, with totals and without."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.cache import caches
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.types import Play
from listening.models import (
    Album,
    Artist,
    ForgottenListen,
    ListenEvent,
    ListenImport,
    ListenTotal,
    Merge,
    TotalsState,
    Track,
)
from listening.services import totals
from listening.services.forgetting import bring_back, forget_listen
from listening.services.keeping_apart import keep_apart, take_together
from listening.services.listens import record_plays
from listening.services.merging import merge_entries, undo_merge
from listening.services.removing import remove_source, undo_import
from listening.services.tags import tag_album
from sidetrack.actors import SITE, Actor
from sidetrack.errors import Conflict, NotFound
from sidetrack.models import User
from sidetrack.services.erasing import leave
from tests.conftest import make_person
from tests.jobs import drain
from tests.listening.recounting import counted_rows, duplicates_from_scratch, expected, orphans, told, utc

pytestmark = [pytest.mark.django_db, pytest.mark.storm]

LONG = os.environ.get("STORM") == "long"
NOW = utc("2025-11-02 06:30")  # the night in which St. John's sets its clocks back
SOURCES = ["lastfm", "spotify_history", "spotify", "listenbrainz", "spotify_account", "lastfm_minutes"]
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Auckland"]
ARTISTS = ["Low", "Slint", "Low feat. Dirty Three", "The Slint"]
ALBUMS = ["Secret Name", "Spiderland", "Secret Name (Deluxe Edition)", "Tweez", None]
TRACKS = ["Starfire", "Breadcrumb Trail", "Starfire (Remastered)", "Two-Step", "Washer", "Nosferatu Man"]
# Around these a play may begin: edges of periods, nights in which clocks change, one long ago.
MOMENTS = [
    NOW - timedelta(hours=1),
    NOW - timedelta(hours=8),
    *(NOW - timedelta(days=n) for n in (1, 2, 7, 30, 60, 90, 365, 730)),
    utc("2025-10-26 00:50"),
    utc("2025-03-30 00:50"),
    utc("2025-10-31 23:50"),
    utc("2024-12-31 23:50"),
    utc("2010-03-14 03:25"),
]

Step = tuple[str, int]
STEPS = [
    *["play"] * 5,
    *["echo"] * 5,
    "apart",
    "together",
    "merge",
    "unmerge",
    "forget",
    "bring back",
    "remove source",
    "undo import",
    "move",
    "build",
    "tag",
    "work",
]


class Storm:
    """Ann has totals, Bea has none; both go through the same weather. Every choice comes from a step's number."""

    def __init__(self, ann: User, bea: User, mo: User) -> None:
        self.people = [ann, bea]
        self.mo = Actor(user=mo)
        self.forgotten: list[tuple[User, int]] = []

    def step(self, name: str, seed: int) -> None:
        dice = random.Random(seed)
        user = dice.choice(self.people)
        try:
            with transaction.atomic():
                self.acts[name](self, user, dice)
        except (NotFound, Conflict):
            pass  # the sentence a person would read

    def play(self, user: User, dice: random.Random) -> None:
        source, listen_import = dice.choice(SOURCES), None
        if dice.random() < 0.5:
            listen_import = ListenImport.objects.create(
                user=user, file_hash=str(dice.random()), format="x", state="done", file_name="x", file_size=1
            )
        plays = []
        for _ in range(dice.randint(1, 12)):
            at = dice.choice(MOMENTS) + timedelta(minutes=2 * dice.randrange(8), seconds=dice.randrange(20))
            plays.append(self._play(dice, at, dice.choice(TRACKS), dice.choice(ARTISTS), dice.choice(ALBUMS), source))
        record_plays(user, plays, source=source, imported_by=listen_import)

    def echo(self, user: User, dice: random.Random) -> None:
        """Another source tells of plays that are known, a little off."""
        known = list(ListenEvent.objects.filter(user=user).select_related("track", "album").order_by("pk"))
        source, plays = dice.choice(SOURCES), []
        for row in dice.sample(known, min(len(known), dice.randint(1, 8))):
            at = row.started_at + timedelta(seconds=dice.choice([0, 1, -2, 30, -45, 100, 170]))
            album = row.album.title if row.album and dice.random() < 0.8 else None
            plays.append(self._play(dice, at, row.track.title, row.track.artist_credit, album, source))
        record_plays(user, plays, source=source)

    def _play(self, dice: random.Random, at: datetime, track: str, artist: str, album: str | None, source: str) -> Play:
        if source in ("lastfm_minutes", "spotify_account"):
            at = at.replace(second=0, microsecond=0)
        elif dice.random() < 0.1:
            at = at.replace(microsecond=999_999)
        ms = None if source.startswith("lastfm") else dice.choice([None, 45_000, 120_000, 200_000])
        said = f"{source} {artist} {track} {at.isoformat()}"
        length = dice.choice([None, 200_000])
        return Play(track, artist, album, at, sha256(said.encode()).hexdigest()[:40], ms_played=ms, duration_ms=length)

    def apart(self, user: User, dice: random.Random) -> None:
        keep_apart(
            self._one_of(ListenEvent.objects.filter(user=user, duplicate_of__isnull=False), dice), by=Actor(user)
        )

    def together(self, user: User, dice: random.Random) -> None:
        take_together(self._one_of(ListenEvent.objects.filter(user=user, kept_apart=True), dice), by=Actor(user))

    def merge(self, user: User, dice: random.Random) -> None:
        kind, model = dice.choice([("artist", Artist), ("album", Album), ("track", Track)])
        standing = list(model._default_manager.filter(merged_into=None).order_by("pk").values_list("pk", flat=True))
        if len(standing) > 1:
            loser, winner = dice.sample(standing, 2)
            merge_entries(kind, loser, winner, by=self.mo, despite_warnings=True)

    def unmerge(self, user: User, dice: random.Random) -> None:
        undo_merge(self._one_of(Merge.objects.exclude(state="undone"), dice), by=self.mo)

    def forget(self, user: User, dice: random.Random) -> None:
        listen = self._one_of(ListenEvent.objects.filter(user=user), dice)
        self.forgotten.append((user, forget_listen(listen, by=Actor(user))))

    def bring_back(self, user: User, dice: random.Random) -> None:
        if self.forgotten:
            owner, play = self.forgotten.pop(dice.randrange(len(self.forgotten)))
            bring_back(play, by=Actor(owner))

    def remove_source(self, user: User, dice: random.Random) -> None:
        remove_source(dice.choice(SOURCES), by=Actor(user))

    def undo_import(self, user: User, dice: random.Random) -> None:
        undo_import(self._one_of(ListenImport.objects.filter(user=user), dice), by=Actor(user))

    def move(self, user: User, dice: random.Random) -> None:
        User.objects.filter(pk=user.pk).update(time_zone=dice.choice(ZONES))

    def build(self, user: User, dice: random.Random) -> None:
        totals.build_totals(self.people[0].pk, anew=dice.random() < 0.3)

    def tag(self, user: User, dice: random.Random) -> None:
        album = Album.objects.filter(pk=self._one_of(Album.objects.filter(merged_into=None), dice)).first()
        if album is not None:
            tag_album(album, genres=[dice.choice(["slowcore", "math rock"])], source=dice.choice("ab"), by=SITE)

    def work(self, user: User, dice: random.Random) -> None:
        totals.ask_for_changed()
        for run in drain():
            assert run.state == "done", run.error

    def _one_of(self, rows: Any, dice: random.Random) -> int:
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        return int(dice.choice(ids)) if ids else 0

    def check(self) -> None:
        """What holds at any moment, whatever jobs have yet to do."""
        for user in self.people:
            user.refresh_from_db()
            assert told(user, NOW) == expected(user, NOW)
            assert totals.differences(user.pk) == []

    def settle(self) -> None:
        """What holds once the jobs are through."""
        self.work(self.people[0], random.Random(0))
        self.check()
        assert orphans() == []
        for user in self.people:
            standing = dict(ListenEvent.objects.filter(user=user).values_list("pk", "duplicate_of"))
            wanted = duplicates_from_scratch(user)
            assert {pk: canonical for pk, canonical in standing.items() if canonical} == wanted
            assert TotalsState.objects.filter(user=user).exists() == (
                user == self.people[0] and bool(counted_rows(user))
            )

    acts: dict[str, Callable[[Storm, User, random.Random], None]] = {
        "play": play,
        "echo": echo,
        "apart": apart,
        "together": together,
        "merge": merge,
        "unmerge": unmerge,
        "forget": forget,
        "bring back": bring_back,
        "remove source": remove_source,
        "undo import": undo_import,
        "move": move,
        "build": build,
        "tag": tag,
        "work": work,
    }


@pytest.fixture
def storm(ann: User, bea: User, mo: User, monkeypatch: pytest.MonkeyPatch) -> Storm:
    monkeypatch.setattr(totals, "LINE", 2)
    reaches = totals._reaches
    monkeypatch.setattr(totals, "_reaches", lambda pk, plays: pk == ann.pk and reaches(pk, plays))
    monkeypatch.setattr(totals.logger, "error", _never)
    return Storm(ann, bea, mo)


def _never(*said: Any) -> None:
    raise AssertionError(f"Totals were wrong: {said}")


@settings(max_examples=200 if LONG else 4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=not LONG)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2**20)), min_size=20, max_size=80),
    aside=st.sampled_from([0, 20]),
)
def test_every_statistic_equals_a_recount_after_a_storm(storm: Storm, steps: list[Step], aside: int) -> None:
    for cache in caches.all():
        cache.clear()
    with transaction.atomic():
        storm.forgotten.clear()
        totals._SET_ASIDE_FROM, usual = aside, totals._SET_ASIDE_FROM
        try:
            for name, seed in [("play", 1), ("play", 2), ("play", 3), ("echo", 4), ("build", 5), *steps]:
                storm.step(name, seed)
            storm.check()
            storm.settle()
        finally:
            totals._SET_ASIDE_FROM = usual
        transaction.set_rollback(True)


@pytest.mark.parametrize("seed", range(20 if LONG else 1))
def test_after_every_single_step_too(storm: Storm, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60 if LONG else 15):
        storm.step(dice.choice(STEPS), dice.randrange(2**20))
        storm.check()
    storm.settle()


def test_a_member_who_leaves_in_the_storm_takes_their_statistics_along(storm: Storm) -> None:
    zoe = make_person("zoe")
    storm.people.append(zoe)
    dice = random.Random(9)
    for _ in range(40):
        storm.step(dice.choice(["play", "echo", "merge", "unmerge", "forget"]), dice.randrange(2**20))
    assert ListenEvent.objects.filter(user=zoe).exists()
    leave(by=Actor(user=zoe), confirm="zoe", password="correct horse battery staple")
    storm.people.remove(zoe)
    storm.forgotten = [each for each in storm.forgotten if each[0] != zoe]
    for _ in range(10):
        storm.step(dice.choice(STEPS), dice.randrange(2**20))
    storm.settle()
    for model in (ListenEvent, ListenTotal, TotalsState, ForgottenListen, ListenImport):
        assert not model._default_manager.filter(user=zoe).exists()
