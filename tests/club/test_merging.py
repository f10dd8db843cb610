"""Albums that become one while the club lives: conflicts are refused, votes and ratings never orphaned."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from club.models import Nomination, Rating, Vote, Week
from club.selectors.state import read_week
from club.selectors.week import week_detail
from club.services import rights
from club.services.nominations import nominate
from club.services.polls import close_poll, override_winner
from club.services.ratings import rate
from club.services.votes import cast_vote
from club.services.weeks import create_week
from listening.models import Album, AlbumTag, Artist, ListenEvent, Merge, MergeChange, Track
from listening.services.catalogue import AlbumRef, ensure_album, tag_album
from listening.services.listens import record_plays
from listening.services.merging import merge_entries, pair_of, preview, run_merge, undo_merge
from sidetrack.actors import SITE
from sidetrack.errors import Conflict, Invalid
from tests.club.conftest import MONDAY, as_
from tests.conftest import make_person
from tests.listening.merging import heard, merge, orphans, snapshot, undo
from tests.listening.plays import play
from tests.threads import together

pytestmark = pytest.mark.django_db


def ratings() -> list[tuple[str, int, int]]:
    return sorted(Rating.objects.values_list("user__username", "album", "halves"))


def test_both_nominated_in_a_week_whose_poll_is_open_is_refused(ann, bea, mo, week, albums, put_forward):
    put_forward(ann, 0)
    put_forward(bea, 1)
    before = snapshot()
    with pytest.raises(Conflict, match="Both are nominated in week 3"):
        merge(albums[1], albums[0])
    assert snapshot() == before
    assert not Merge.objects.exists()
    close_poll(week, by=as_(mo))
    merge(albums[1], albums[0])
    assert set(Nomination.objects.values_list("album", flat=True)) == {albums[0].pk}


def test_one_member_who_nominated_both_is_a_conflict_for_ever(ann, mo, week, albums, put_forward):
    put_forward(ann, 0)
    put_forward(ann, 1)
    close_poll(week, by=as_(mo))
    with pytest.raises(Conflict, match="One member nominated both in week 3"):
        merge(albums[1], albums[0])
    assert Nomination.objects.count() == 2


def test_the_votes_of_an_open_poll_stay_with_their_nomination(ann, bea, mo, week, albums, put_forward, vote):
    nomination = put_forward(ann, 1)
    vote(bea, 1, nomination)
    version = Week.objects.get().version
    merged = merge(albums[1], albums[0])
    assert Vote.objects.get().nomination.album == albums[0]
    assert Week.objects.get().version > version
    detail = week_detail(read_week(bea, number=3))
    assert detail["nominations"][0]["album"]["title"] == "Loveless"
    cast_vote(week, by=as_(mo), rank=1, album=AlbumRef(id=albums[1].pk))
    undo(merged)
    assert close_poll(week, by=as_(mo)).winner_album == albums[1]
    assert orphans() == []


def test_who_nominates_or_names_an_alias_means_what_it_is_now(ann, bea, mo, week, albums):
    merge(albums[1], albums[0])
    nominate(week, by=as_(ann), album=AlbumRef(id=albums[1].pk))
    nominate(week, by=as_(bea), album=AlbumRef(title="Blue", artist="Joni Mitchell"))
    assert set(Nomination.objects.values_list("album", flat=True)) == {albums[0].pk}
    won = override_winner(week, by=as_(mo), reason="Because.", album_id=albums[1].pk)
    assert won.winner_album == albums[0]
    assert orphans() == []


@pytest.mark.parametrize("winner_stays", [True, False])
def test_one_rating_of_each_member_stays_that_of_the_weeks_winner(won, ann, bea, mo, albums, give, winner_stays):
    """Ann rated Loveless, then Blue after an override: of the two the rating of the current winner stays."""
    give(ann, "4.5", review="Loud.")
    give(bea, "3.0")
    override_winner(won, by=as_(mo), reason="A mistake.", album_id=albums[1].pk)
    give(ann, "2.0", review="Sad.")
    before, kept_before = snapshot(), ratings()
    pair = (albums[0], albums[1]) if winner_stays else (albums[1], albums[0])
    found = preview(pair_of("album", pair[0].pk, pair[1].pk))
    assert any("1 rating: a member rated both" in sentence for sentence in found.will)
    assert any("1 rating given to a winner that was overridden" in sentence for sentence in found.will)
    merged = merge(*pair)
    assert ratings() == [("ann", pair[1].pk, 4), ("bea", pair[1].pk, 6)]
    assert Rating.objects.get(user=ann).review == "Sad."
    assert orphans() == []
    undo(merged)
    assert ratings() == kept_before
    assert snapshot() == before


def test_without_a_winner_among_them_the_later_rating_stays(ann, mo, won, albums, give):
    give(ann, "4.5")
    override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    give(ann, "2.0")
    override_winner(won, by=as_(mo), reason="x", album_id=albums[2].pk)
    merge(albums[1], albums[0])
    assert ratings() == [("ann", albums[0].pk, 4)]


def test_what_changed_since_the_merge_is_left_alone_by_its_undoing(mo, won, albums):
    merged = merge(albums[0], albums[1])
    override_winner(won, by=as_(mo), reason="Something else.", album_id=albums[2].pk)
    undo(merged)
    assert Week.objects.get().winner_album == albums[2]
    assert Nomination.objects.filter(album=albums[0]).count() == 1
    assert orphans() == []


def test_a_rating_set_aside_goes_with_the_words_of_its_author(ann, mo, won, albums, give):
    give(ann, "4.5", review="Loud.")
    override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    give(ann, "2.0")
    merged = merge(albums[0], albums[1])
    while rights.erase(ann, keep_words=False):
        pass
    assert "Loud." not in str(list(MergeChange.objects.values()))
    undo(merged)
    assert not Rating.objects.exists()


def test_a_copy_of_ones_data_holds_the_rating_until_it_stands_again(ann, mo, won, albums, give):
    give(ann, "4.5", review="Loud.")
    override_winner(won, by=as_(mo), reason="x", album_id=albums[1].pk)
    give(ann, "2.0")
    merged = merge(albums[0], albums[1])
    copy = {section.name: list(section.rows()) for section in rights.export(ann)}
    assert [row["rating"] for row in copy["ratings.jsonl"]] == ["2.0"]
    [aside] = copy["ratings_set_aside.jsonl"]
    assert (aside["week"], aside["album"], aside["rating"], aside["review"]) == (3, albums[0].title, "4.5", "Loud.")
    undo(merged)
    copy = {section.name: list(section.rows()) for section in rights.export(ann)}
    assert sorted(row["rating"] for row in copy["ratings.jsonl"]) == ["2.0", "4.5"]
    assert copy["ratings_set_aside.jsonl"] == []


def test_the_page_of_a_merged_album_tells_its_whole_past(ann, bea, mo, won, albums, web):
    merge(albums[0], albums[1])
    text = web(ann).get(f"/albums/{albums[0].pk}/", follow=True).content.decode()
    assert "Won week 3" in text
    assert "Blue" in text


# --- whatever is merged and undone, in whatever order


def catalogue(dice: random.Random, people: list[Any]) -> None:
    """A small catalogue in which much collides, with listens, weeks, ratings and tags."""
    for number in range(4):
        week = create_week(number=number + 1, date_discussion=MONDAY + timedelta(days=7 * number), by=SITE)[0]
        for person in people:
            title, artist = f"Album {dice.randrange(3)}", f"Artist {dice.randrange(3)}"
            year = dice.choice([None, 1990, 1991])
            album = ensure_album(AlbumRef(title=title, artist=artist, year=year), by=SITE, source="test")[0]
            genres = dice.sample(["pop", "rock", "jazz"], 2)
            tag_album(album, genres=genres, source="moderator", by=SITE)
            nominate(week, by=as_(person), album=AlbumRef(id=album.pk))
        if number:
            for album in dice.sample(list(Album.objects.order_by("pk")), 2):
                override_winner(week, by=SITE, reason="x", album_id=album.pk)
                for person in people:
                    rate(week, by=as_(person), rating=dice.choice(["1.0", "2.5", "5.0"]))
    for person in people:
        for _ in range(6):
            credit = " & ".join(f"Artist {dice.randrange(3)}" for _ in range(dice.randrange(1, 3)))
            heard(person, f"Song {dice.randrange(3)}", credit, f"Album {dice.randrange(3)}")


def act(dice: random.Random, merged: list[Merge]) -> None:
    """One random merge or undo; what is refused changes nothing."""
    before = snapshot()
    try:
        if merged and dice.random() < 0.4:
            one = dice.choice(merged)
            undo(one)
            merged.remove(one)
        else:
            model: Any = dice.choice([Artist, Album, Track])
            one, other = dice.sample(list(model.objects.order_by("pk")), 2)
            merged.append(merge(one, other, despite_warnings=True))
    except Conflict:
        assert snapshot() == before
    assert orphans() == []
    doubled = Rating.objects.values_list("user", "week", "album")
    assert len(set(doubled)) == len(doubled)


@settings(
    max_examples=40 if os.environ.get("STORM") == "long" else 8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_whatever_was_merged_and_undone_in_whatever_order_undoing_the_rest_restores_all(ann, bea, seed):
    dice = random.Random(seed)
    with transaction.atomic():
        catalogue(dice, [ann, bea])
        before, merged = snapshot(), list[Merge]()
        for _ in range(8):
            act(dice, merged)
        for one in reversed(merged):
            undo(one)
        assert snapshot() == before
        transaction.set_rollback(True)


# --- while everybody is busy


def named(name: tuple[str, str]) -> AlbumRef:
    return AlbumRef(title=name[0], artist=name[1])


@pytest.mark.storm
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(10 if os.environ.get("STORM") == "long" else 2))
def test_merge_undo_and_merge_again_beside_listeners_and_an_open_poll(seed):
    """Nothing points at an alias when the jobs are through, no listen and no vote is lost, nobody waits for ever."""
    people = [make_person(f"member{n}") for n in range(4)]
    names = [("Blue", "Joni Mitchell"), ("Blue", "Joni M")]
    one, other = (ensure_album(named(name), by=SITE, source="test")[0] for name in names)
    artists = [Artist.objects.get(folded=album.folded_artist) for album in (one, other)]
    weeks = [create_week(number=n, date_discussion=MONDAY + timedelta(days=n), by=SITE)[0] for n in (1, 2)]
    override_winner(weeks[1], by=SITE, reason="x", album_id=one.pk)

    def listen(person, name):
        for n in range(12):
            title, artist = names[(name + n) % 2]
            record_plays(person, [play(f"Song {n % 5}", artist, title) for _ in range(5)], source="manual")
        return True

    def club(person, which):
        dice = random.Random(seed + person.pk)
        ways = [
            lambda: nominate(weeks[0], by=as_(person), album=named(dice.choice(names))),
            lambda: nominate(weeks[0], by=as_(person), album=AlbumRef(id=(one, other)[which].pk)),
            lambda: cast_vote(weeks[0], by=as_(person), rank=1, album=named(dice.choice(names))),
            lambda: rate(weeks[1], by=as_(person), rating="4.0"),
            lambda: override_winner(weeks[1], by=SITE, reason="x", album_id=(one, other)[which].pk),
        ]
        for _ in range(12):
            with suppress(Conflict, Invalid):  # there may be nothing yet to vote for
                dice.choice(ways)()
        return True

    def moderate(kind, loser, winner):
        standing, undone = None, 0
        for _ in range(8):
            with suppress(Conflict):  # both nominated by now, or the other merge builds on this one
                if standing is None:
                    standing = merge_entries(kind, loser.pk, winner.pk, by=SITE)
                else:
                    undo_merge(standing.pk, by=SITE)
                    standing, undone = None, undone + 1
            for pk in Merge.objects.filter(kind=kind).values_list("pk", flat=True):
                run_merge(pk)
        return undone

    acts = [lambda person=person, n=n: listen(person, n) for n, person in enumerate(people[:2])]
    acts += [lambda person=person, n=n: club(person, n % 2) for n, person in enumerate(people)]
    acts += [lambda: moderate("artist", *artists), lambda: moderate("album", one, other)]
    outcomes = together(acts)
    assert not [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert sum(outcomes[-2:])
    assert orphans() == []
    for merged in Merge.objects.filter(state=Merge.State.DONE).order_by("-pk"):
        undo(merged)
    assert orphans() == []
    assert ListenEvent.objects.count() == 2 * 12 * 5
    for listen_event in ListenEvent.objects.select_related("album"):
        assert listen_event.artist in artists
    for nomination in Nomination.objects.all():
        assert nomination.album in (one, other)
    assert not AlbumTag.objects.filter(album__merged_into__isnull=False).exists()
    Nomination.objects.all().delete()
    merge(*artists)
    merge(one, other)
    assert set(ListenEvent.objects.values_list("artist", "album")) == {(artists[1].pk, other.pk)}
    assert orphans() == []
