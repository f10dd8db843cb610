"""One play deleted by its member: it alone goes, it does not come back, and it can be brought back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.types import Play
from listening.models import Artist, ForgottenListen, ListenEvent, ListenImport, Track
from listening.services.caretaking import tidy
from listening.services.forgetting import bring_back, forget_listen
from listening.services.imports import start_import
from listening.services.listens import record_plays
from listening.services.removing import remove_source, undo_import
from sidetrack.actors import SITE, Actor
from sidetrack.errors import NotFound
from sidetrack.models import ServiceToken, User
from tests.jobs import drain
from tests.listening.histories import spotify_file
from tests.listening.plays import play

pytestmark = pytest.mark.django_db
Token = Callable[..., tuple[ServiceToken, str]]


def looped(times: int = 5) -> list[Play]:
    """One track so many times."""
    return [play("Loop", "Band", "Album") for _ in range(times)]


def as_rows(user: User) -> set[tuple[object, ...]]:
    return set(
        ListenEvent.objects.filter(user=user).values_list(
            "source", "source_key", "started_at", "ms_played", "track", "artist", "album", "imported_by", "kept_apart"
        )
    )


def test_deleting_a_play_deletes_exactly_one_of_the_same_track(ann: User, bea: User) -> None:
    plays = looped()
    for person in (ann, bea):
        record_plays(person, plays, source="lastfm")
    gone = ListenEvent.objects.filter(user=ann).order_by("started_at")[2]
    forget_listen(gone.pk, by=Actor(user=ann))
    left = list(ListenEvent.objects.filter(user=ann).order_by("started_at").values_list("source_key", flat=True))
    assert left == [each.source_key for each in plays if each.source_key != gone.source_key]
    assert ListenEvent.objects.filter(user=bea).count() == 5


def test_a_deleted_play_does_not_come_back_with_the_next_sync_or_import(ann: User) -> None:
    plays = looped()
    record_plays(ann, plays, source="lastfm")
    forget_listen(ListenEvent.objects.filter(source_key=plays[1].source_key).get().pk, by=Actor(user=ann))
    again = record_plays(ann, [*plays, play("New", "Band")], source="lastfm")
    assert (again.inserted, again.duplicates) == (1, 5)
    start_import(ContentFile(spotify_file(4), name="history.json"), by=Actor(user=ann))
    drain()
    forget_listen(ListenEvent.objects.filter(source="spotify_history").first().pk, by=Actor(user=ann))
    start_import(ContentFile(spotify_file(4), name="history.json"), by=Actor(user=ann))
    drain()
    assert ListenImport.objects.latest("pk").inserted == 0
    assert ListenEvent.objects.filter(user=ann).count() == 5 + 3


def test_what_one_member_deleted_comes_in_for_another_and_from_another_source(ann: User, bea: User) -> None:
    plays = looped(1)
    record_plays(ann, plays, source="lastfm")
    forget_listen(ListenEvent.objects.get().pk, by=Actor(user=ann))
    assert record_plays(bea, plays, source="lastfm").inserted == 1
    assert record_plays(ann, plays, source="manual").inserted == 1


def test_all_records_of_the_play_go_whichever_was_named(ann: User) -> None:
    for named in ("lastfm", "listenbrainz"):
        record_plays(ann, [play("T", "A")], source="lastfm")
        record_plays(ann, [play("T", "A")], source="listenbrainz")
        counted = ListenEvent.objects.get(source="lastfm")
        ListenEvent.objects.filter(source="listenbrainz").update(duplicate_of=counted)
        assert forget_listen(ListenEvent.objects.get(source=named).pk, by=Actor(user=ann)) == counted.pk
        assert not ListenEvent.objects.exists()
    assert ForgottenListen.objects.count() == 4


def test_a_play_is_brought_back_as_it_was_by_the_id_of_any_of_its_records(ann: User) -> None:
    record_plays(ann, looped(2), source="lastfm")
    start_import(ContentFile(spotify_file(2), name="history.json"), by=Actor(user=ann))
    drain()
    before = as_rows(ann)
    for row in list(ListenEvent.objects.order_by("pk")):
        if ListenEvent.objects.filter(pk=row.pk).exists():
            forget_listen(row.pk, by=Actor(user=ann))
    assert not ListenEvent.objects.exists()
    for listen_id in list(ForgottenListen.objects.values_list("listen_id", flat=True)):
        if ForgottenListen.objects.filter(listen_id=listen_id).exists():
            bring_back(listen_id, by=Actor(user=ann))
    assert as_rows(ann) == before
    assert not ForgottenListen.objects.exists()


def test_a_play_is_brought_back_once(ann: User) -> None:
    record_plays(ann, looped(1), source="lastfm")
    gone = forget_listen(ListenEvent.objects.get().pk, by=Actor(user=ann))
    assert len(bring_back(gone, by=Actor(user=ann))) == 1
    with pytest.raises(NotFound):
        bring_back(gone, by=Actor(user=ann))


def test_after_thirty_days_nothing_of_the_play_is_left_but_its_key(ann: User) -> None:
    plays = looped(1)
    record_plays(ann, plays, source="lastfm")
    gone = forget_listen(ListenEvent.objects.get().pk, by=Actor(user=ann))
    ForgottenListen.objects.update(created_at=timezone.now() - timedelta(days=31))
    with pytest.raises(NotFound):
        bring_back(gone, by=Actor(user=ann))
    assert tidy()["forgotten"] == 1
    left = ForgottenListen.objects.values("kept", "listen_id", "play_id").get()
    assert set(left.values()) == {None}
    assert record_plays(ann, plays, source="lastfm").inserted == 0


def test_a_play_comes_back_as_what_its_music_was_merged_into(ann: User) -> None:
    record_plays(ann, [play("Song", "Band")], source="lastfm")
    record_plays(ann, [play("Song", "Banned")], source="lastfm")
    loser, winner = ListenEvent.objects.order_by("started_at")
    gone = forget_listen(loser.pk, by=Actor(user=ann))
    Track.objects.filter(pk=loser.track_id).update(merged_into=winner.track_id)
    Artist.objects.filter(pk=loser.artist_id).update(merged_into=winner.artist_id)
    (back,) = bring_back(gone, by=Actor(user=ann))
    assert ListenEvent.objects.filter(pk=back, track=winner.track_id, artist=winner.artist_id).exists()


def test_taking_back_an_import_or_a_source_remembers_no_keys(ann: User) -> None:
    listen_import = start_import(ContentFile(spotify_file(3), name="history.json"), by=Actor(user=ann))
    drain()
    undo_import(listen_import.pk, by=Actor(user=ann))
    drain()
    record_plays(ann, looped(2), source="lastfm")
    remove_source("lastfm", by=Actor(user=ann))
    drain()
    assert not ForgottenListen.objects.exists()


def test_nobody_deletes_or_brings_back_anothers_play(
    ann: User, bea: User, mo: User, olga: User, make_token: Token
) -> None:
    record_plays(ann, looped(2), source="lastfm")
    first, second = ListenEvent.objects.values_list("pk", flat=True)
    gone = forget_listen(first, by=Actor(user=ann))
    token = make_token()[0]
    for by in (Actor(user=bea), Actor(user=mo), Actor(user=olga), Actor(user=ann, token=token), Actor(), SITE):
        with pytest.raises(NotFound):
            forget_listen(second, by=by)
        with pytest.raises(NotFound):
            bring_back(gone, by=by)
    assert ListenEvent.objects.get().pk == second


@pytest.mark.parametrize("pk", [0, -1, 2**63, 10**30])
def test_a_play_that_is_not_there_is_not_found(ann: User, pk: int) -> None:
    for act in (forget_listen, bring_back):
        with pytest.raises(NotFound):
            act(pk, by=Actor(user=ann))


def test_who_deleted_nothing_pays_one_cheap_query(ann: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        record_plays(ann, looped(50), source="lastfm")
    about = [each["sql"] for each in asked if "forgottenlisten" in each["sql"]]
    assert len(about) == 1
    assert "LIMIT 1" in about[0]
